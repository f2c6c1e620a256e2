"""How right letters are read here: alerts (of a silent trial, too) beside what the team said of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from rapport.gate.door import Door
from rapport.listening.edition import edition
from rapport.pillars.conversations import moment
from rapport.pillars.conversations.rules import alerts as rules
from rapport.pillars.conversations.shapes.alerts import AlertTask, Verdict, read_alert, read_verdict
from rapport.pillars.conversations.shapes.codes import KIND, instant
from rapport.pillars.conversations.shapes.letters import read_message

#: Most alerts, verdicts or letters that are looked at.
MOST = 20_000
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Scores:
    """Counts of some days.

    alerts     of the alert channel, `trial` of them written down in a silent trial; `wrong`: called misread
    looks      letters that only asked to be read first
    misread, missed  letters of which somebody said so; `mended`: read without what was called wrong by the
               rules of now; `found_now`: a danger or feeling is found now where it was missed
    levels     alerts by level; `rules` and `wrong_rules`: findings by rule
    cut        there was more than `MOST`
    """

    days: int
    edition: str
    letters: int
    alerts: int
    trial: int
    looks: int
    wrong: int
    misread: int
    missed: int
    mended: int
    found_now: int
    levels: Mapping[str, int]
    rules: Mapping[str, int]
    wrong_rules: Mapping[str, int]
    cut: bool

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return asdict(self)


def scores(door: Door, *, days: int) -> Scores:
    """The counts of the last days. `door` is of who runs the machine: no words leave it."""
    since = instant(moment.now() - timedelta(days=days))
    found, cut = _all(door, "Task", ("code", f"{KIND}|alert"), ("authored-on", f"ge{since}"))
    told, more = _all(door, "Communication", ("category", f"{KIND}|verdict"), ("sent", f"ge{since}"))
    alerts, verdicts = [read_alert(body) for body in found], [read_verdict(body) for body in told]
    letters = door.counts("Communication", [("category", f"{KIND}|message"), ("sent", f"ge{since}")])[0]
    return _counted(door, days, letters, alerts, verdicts, cut or more)


def _counted(
    door: Door, days: int, letters: int, alerts: list[AlertTask], verdicts: list[Verdict], cut: bool
) -> Scores:
    stat = [one for one in alerts if one.stat]
    wrong = {(one.letter, rule) for one in verdicts if one.verdict == "misread" for rule in one.rules}
    misread = {one.letter: one for one in verdicts if one.verdict == "misread"}
    missed = {one.letter: one for one in verdicts if one.verdict == "missed"}
    now = _read_again(door, {*misread, *missed})
    return Scores(
        days=days,
        edition=edition(),
        letters=letters,
        alerts=len(stat),
        trial=sum(one.state == "trial" for one in stat),
        looks=len(alerts) - len(stat),
        wrong=sum(any((one.letter, each.rule) in wrong for each in one.found) for one in stat),
        misread=len(misread),
        missed=len(missed),
        mended=sum(not set(one.rules) & now.get(ref, set(one.rules)) for ref, one in misread.items()),
        found_now=sum(bool(now.get(ref, set()) - set(one.rules)) for ref, one in missed.items()),
        levels=dict(
            Counter(min((each.level for each in one.found), key=_grave) for one in stat if one.found)
        ),
        rules=dict(Counter(each.rule for one in alerts for each in one.found)),
        wrong_rules=dict(Counter(rule for _letter, rule in wrong)),
        cut=cut,
    )


def _grave(level: str) -> int:
    return rules.LEVELS.index(level) if level in rules.LEVELS else len(rules.LEVELS)


def _read_again(door: Door, letters: set[str]) -> dict[str, set[str]]:
    """What the rules of now find in these letters, by reference."""
    found = {}
    for ref, record in door.many(letters).items():
        message = read_message(record.json)
        heard = rules.hear(message.text, message.language)
        flags = {flag.rule for flag in heard.red_flags}
        found[ref] = flags | {f"feeling.{one.label}" for one in heard.feelings}
    return found


def _all(door: Door, rtype: str, *pairs: tuple[str, str]) -> tuple[list[dict[str, Any]], bool]:
    """Every resource that fits, in bounded pages, and whether there were more than `MOST`."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while len(found) < MOST:
        query = [*pairs, ("_count", str(_PAGE)), *([("_cursor", cursor)] if cursor else [])]
        page = door.search(rtype, query)
        found += [record.json for record in page.matches]
        cursor = page.next or ""
        if not cursor:
            return found, False
    return found, True
