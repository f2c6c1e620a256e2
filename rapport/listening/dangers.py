"""Red flags: which dangers a text speaks of, and how."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rapport.listening.context import PRESENT, Contexts, Reading
from rapport.listening.heard import Channel, Level, RedFlag, Span, Status
from rapport.listening.packs import Found, Rule
from rapport.listening.words import Words

RANK: Mapping[str, int] = {"emergency": 2, "urgent": 1, "self_harm": 3, "none": 0}
_REASONS: Mapping[Status, str] = {
    "present": "",
    "negated": "reads as denied",
    "past": "reads as past",
    "settled": "reads as settled",
    "other person": "reads as somebody else's",
    "hypothetical": "reads as a question about what could be",
    "read or quoted": "reads as quoted, or as the name of something",
    "figurative": "reads as a figure of speech",
}

_ONESELF = frozenset(("i", "myself", "yo", "je", "j"))
_NO_DENIAL = frozenset(
    (
        *("stop", "close", "closer", "reason", "reasons", "today", "yet", "without", "manage", "managed"),
        *("resist", "longer", "trust", "promise", "dejar", "razon", "cerca", "hoy", "arreter", "raison"),
    )
)
DENIAL = 4
# what might be over, or might never be, is still looked at when it is about harming oneself
_NEVER_LOWERS_HARM: frozenset[Status] = frozenset({"settled", "hypothetical"})


def red_flags(words: Words, found: Iterable[Found], contexts: Contexts) -> list[RedFlag]:
    """The red flags of a text: for each rule and status the first one, alerts before second looks."""
    flags: dict[tuple[str, Status], RedFlag] = {}
    for each in found:
        rule: Rule = each.means
        whole = rule.level == "self_harm"
        reading = contexts.judge_match(each.first, each.last, each.match.stretches, whole)
        if whole and _stands(words, each, reading.status):
            reading = PRESENT
        flag = _flag(words, each, rule, reading)
        key = (flag.kind, flag.status)
        other = flags.get(key)
        if other is None or _weight(flag) > _weight(other):
            flags[key] = flag
    return sorted(flags.values(), key=lambda flag: (flag.span.start, flag.rule))


def _stands(words: Words, found: Found, status: Status) -> bool:
    """Whether words of harm to oneself stand, though their context seems to lower them.

    A wish of one's own in a sentence about somebody's death stands; so does what sounds like a denial
    and is none ("can't stop thinking of it", "never been this close", "did not do it today").
    """
    if status == "other person":
        return not _ONESELF.isdisjoint(words.norms[max(0, found.first - 1) : found.last + 1])
    near = words.norms[max(0, found.first - DENIAL) : found.last + DENIAL]
    return status == "negated" and not _NO_DENIAL.isdisjoint(near)


def _flag(words: Words, found: Found, rule: Rule, reading: Reading) -> RedFlag:
    status: Status = reading.status
    channel: Channel = rule.channel
    why = rule.why
    if status != "present":
        channel = "second_look"
        why = f"{why}; {_REASONS[status]} ({reading.because})"
        if reading.turned or (rule.level == "self_harm" and status in _NEVER_LOWERS_HARM):
            why = f"{why}, but this is shown all the same"
            status = "present"
    span = Span.of(words.text, words.starts[found.first], words.ends[found.last])
    return RedFlag(rule.level, channel, rule.kind, status, span, rule.id, why)


def _weight(flag: RedFlag) -> tuple[bool, int]:
    return (flag.channel == "alert", RANK[flag.level])


def highest(flags: Iterable[RedFlag]) -> Level | None:
    """The highest present level of the alert channel."""
    levels = [flag.level for flag in flags if flag.status == "present" and flag.channel == "alert"]
    return max(levels, key=lambda level: RANK[level], default=None)
