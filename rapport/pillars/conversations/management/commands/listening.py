"""`rapport listening`: how right our software reads this site's own letters."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from rapport.people.terminal import Terminal, door
from rapport.pillars.conversations.reading.scores import Scores, scores


class Command(Terminal):
    """Score the reading of this site's own letters against what its people said of it."""

    help = "Score the reading of this site's own letters against what its people said of it."

    def add_words(self, parser: ArgumentParser) -> None:
        """One verb."""
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        evaluate = verbs.add_parser(
            "evaluate", help="alerts, also those of a silent trial, and verdicts on them"
        )
        evaluate.add_argument("--days", type=int, default=28, help="so many days back (28)")
        evaluate.add_argument("--json", action="store_true", default=False, help="print the result as JSON")

    def act(self, options: dict[str, Any]) -> tuple[Any, str]:
        """Count, and read again what people judged."""
        found = scores(door(), days=max(1, options["days"]))
        return found.as_json(), _said(found)


def _said(found: Scores) -> str:
    lines = [f"Letters of the last {found.days} days: {found.letters}. Rules {found.edition}."]
    for name, count in (("alerts", found.alerts), ("of them in a silent trial", found.trial),
                        ("asked to be read first", found.looks), ("misread, as people said", found.misread),
                        ("missed, as people said", found.missed)):  # fmt: skip
        lines.append(f"  {name:28} {count:6}")
    lines.append(_rate("alerts that nobody called wrong", found.alerts - found.wrong, found.alerts))
    lines.append(_rate("called wrong, read otherwise now", found.mended, found.misread))
    lines.append(_rate("called missed, found now", found.found_now, found.missed))
    lines += [f"  {level:12} {count:6}" for level, count in sorted(found.levels.items())]
    for rule, count in sorted(found.rules.items(), key=lambda pair: (-pair[1], pair[0])):
        lines.append(f"  {rule:28} {count:4}   called wrong {found.wrong_rules.get(rule, 0)}")
    lines.append("It counts what people said; what nobody looked at is not known to be right.")
    if found.cut:
        lines.append("There was more than could be read at once: ask for fewer days.")
    return "\n".join(lines)


def _rate(name: str, part: int, whole: int) -> str:
    return f"  {name:34} {part} of {whole}" + (f" ({part / whole:.0%})" if whole else "")
