"""Screens at the door: what every writer may do with them, and what follows.

A page, the API, a bundle and an import all pass here, so an answer about self-harm acts whoever saves it.
"""

from __future__ import annotations

from typing import Any

from rapport.fhir.outcomes import Refused
from rapport.gate import guards
from rapport.gate.claims import OWN_FORMS
from rapport.gate.door import Door
from rapport.pillars.screens import finding
from rapport.pillars.screens.guards import following
from rapport.pillars.screens.rules import steps
from rapport.pillars.screens.shapes.answers import is_answers, read_answers
from rapport.pillars.screens.shapes.orders import is_follow_up, is_order
from rapport.pillars.screens.shapes.packs import faults, is_installed

Body = dict[str, Any]


def register() -> None:
    """Put the guards at the door; called once at start-up."""
    for guard in (
        guards.Guard("screens: forms", is_installed, _form, types=frozenset({"Questionnaire"})),
        guards.Guard(
            "screens: answers",
            _answers,
            _judge_answers,
            following.answers,
            frozenset({"QuestionnaireResponse"}),
        ),
        guards.Guard(
            "screens: orders", is_order, _judge_order, following.order, frozenset({"ServiceRequest"})
        ),
        guards.Guard(
            "screens: follow-ups", is_follow_up, _judge_follow_up, following.follow_up, frozenset({"Task"})
        ),
    ):
        guards.register(guard)


def _answers(body: Body) -> bool:
    return is_answers(body) and body["questionnaire"] not in OWN_FORMS


def _form(_door: Door, _before: Body | None, after: Body | None) -> None:
    """What is asked can be scored; a form that was taken out stays readable."""
    if after is None or not is_installed(after):
        raise steps.broken("no-delete")
    found = faults({**after, "status": "active"})
    if found or after.get("status") not in ("active", "retired"):
        raise Refused("rule", "".join(found[:1]) or "A form is active or retired.", "Ask its publisher.")


def _judge_answers(door: Door, before: Body | None, after: Body | None) -> None:
    known = before if after is None else after
    assert known is not None
    pack = finding.pack_of(door.rapport("screens"), read_answers(known).form)
    if pack is None or finding.who(door).importing:
        return
    if after is None:
        raise steps.broken("no-delete")
    steps.answers(before, after, pack)


def _judge_order(door: Door, before: Body | None, after: Body | None) -> None:
    if after is None or not is_order(after):
        raise steps.broken("no-delete")
    steps.order(before, after, finding.who(door))


def _judge_follow_up(door: Door, before: Body | None, after: Body | None) -> None:
    if after is None or not is_follow_up(after):
        raise steps.broken("no-delete")
    steps.follow_up(before, after, finding.who(door))
