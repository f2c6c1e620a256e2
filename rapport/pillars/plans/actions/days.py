"""Verbs of a day: say what was done, or not and why; choose when; a team takes what got in the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Any

from rapport.fhir.outcomes import not_found
from rapport.gate.door import Door
from rapport.pillars.plans.shapes import days
from rapport.pillars.plans.shapes.days import Answer, Wish

Body = dict[str, Any]


def report(door: Door, *, patient: str, day: date, answer: Answer) -> None:
    """What somebody says of one thing on their list, said anew each time. Twice is as once."""
    rid = days.day_id(patient, day)
    with door.unit("saying how the day went"):
        door.lock("day", rid)
        known = door.find("QuestionnaireResponse", rid)
        was = days.read_day(known.json) if known else ()
        if answer in was:
            return
        said = days.with_answer(was, answer)
        made = days.a_day(patient, door.actor.name, day, said, at=datetime.now(UTC))
        door.update({**known.json, **made}) if known else door.create(made, rid=rid)


def choose(door: Door, *, patient: str, wishes: Iterable[Wish], remind: bool = False) -> None:
    """When somebody wants each thing on their list; all of it, in place of what they chose before.

    remind  by a message at each time, which says only that there is something to read
    """
    rid = days.times_id(patient)
    with door.unit("choosing times"):
        door.lock("times", rid)
        known = door.find("QuestionnaireResponse", rid)
        made = days.wishes(patient, door.actor.name, wishes, at=datetime.now(UTC), remind=remind)
        door.update({**known.json, **made}) if known else door.create(made, rid=rid)


def take(door: Door, *, patient: str, task: str) -> None:
    """A member of staff has what got in somebody's way."""
    owner = {"reference": door.actor.ref, "display": door.actor.name}
    _change(door, patient, task, lambda body: {**body, "status": "accepted", "owner": owner})


def settle(door: Door, *, patient: str, task: str) -> None:
    """It does not get in the way any more, or nothing more can be done about it."""
    _change(door, patient, task, lambda body: {**body, "status": "completed"})


def _change(door: Door, patient: str, rid: str, change: Callable[[Body], Body]) -> None:
    with door.unit("helping with what got in the way"):
        body = door.read("Task", rid).json
        if not days.is_task(body) or days.read_task(body).patient != patient or door.actor.kind != "staff":
            raise not_found()
        after = change(body)
        if after != body and body.get("status") != "completed":
            door.update(after)
