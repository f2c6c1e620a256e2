"""Hard news at the door: wishes and holds are judged; what falls under a wish is held as it arrives."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rapport.fhir.outcomes import Refused
from rapport.gate import guards
from rapport.gate.door import Door
from rapport.gate.holds import is_hold
from rapport.people import errands, site
from rapport.pillars.hard_news import finding
from rapport.pillars.hard_news.rules import after as after_words
from rapport.pillars.hard_news.rules import results, wishes
from rapport.pillars.hard_news.rules.law import LONGEST_DAYS, law_of
from rapport.pillars.hard_news.shapes import WATCH, is_answer, is_wish, read_answer

Body = dict[str, Any]
_ANSWERS = frozenset({"QuestionnaireResponse"})


def register() -> None:
    """Put the guards at the door; called once at start-up."""
    for guard in (
        guards.Guard("hard news: wishes", is_wish, _judge_wish, types=_ANSWERS),
        guards.Guard("hard news: holds", is_hold, _judge_hold, types=frozenset({"Task"})),
        guards.Guard(
            "hard news: results", results.is_result, follow=_arrived, types=results.TYPES, watched=WATCH[1]
        ),
        guards.Guard("hard news: after", is_answer, _judge_answer, _answered, types=_ANSWERS),
    ):
        guards.register(guard)
    errands.register(errands.Kind(finding.CALL, "/calls/{rid}/", finding.call_moved))
    errands.register(errands.Kind(finding.CHECK_IN, "/calls/{rid}/"))
    errands.register(errands.Kind(finding.FAMILY, "/calls/{rid}/"))


def _judge_wish(_door: Door, before: Body | None, after: Body | None) -> None:
    wishes.judge(before, after, law_of(site.current().country))


def _judge_hold(door: Door, before: Body | None, after: Body | None) -> None:
    wishes.judge_hold(before, after, door.actor.kind, LONGEST_DAYS)


def _judge_answer(door: Door, before: Body | None, after: Body | None) -> None:
    after_words.judge(before, after)
    check, _said = read_answer(after or {})
    record = door.rapport("hard news").find("Task", check)
    one = errands.read_errand(record.json) if record is not None else None
    whose = ((after or {}).get("subject") or {}).get("reference")
    if one is None or one.kind != finding.CHECK_IN or one.patient != whose:
        raise Refused("rule", "This answers no question of ours.", "Write a message to your team.")


def _answered(door: Door, before: Body | None, after: Body | None) -> None:
    if before is None and after is not None:
        finding.answered(door, after)


def _arrived(door: Door, before: Body | None, after: Body | None) -> None:
    at = datetime.now(UTC)
    if after is not None and results.is_news(before, after, at):
        finding.arrived(door, after, at)
