"""Verbs of a day: say what was done, or not and why; choose when; a team takes what got in the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Any

from rapport.fhir.outcomes import Refused, not_found
from rapport.gate.door import Door, Record
from rapport.people import actors
from rapport.pillars.plans.shapes import days
from rapport.pillars.plans.shapes.days import Answer, Wish

Body = dict[str, Any]


def report(door: Door, *, patient: str, day: date, answer: Answer) -> None:
    """What somebody says of one thing on their list, said anew each time. Twice is as once."""
    with door.unit("saying how the day went"):
        door.lock("day", days.day_id(patient, day))
        _keep(door, patient, door.actor.name, day, answer)


def _keep(door: Door, patient: str, name: str, day: date, answer: Answer) -> None:
    rid = days.day_id(patient, day)
    known = door.find("QuestionnaireResponse", rid)
    was = days.read_day(known.json) if known else ()
    if answer in was:
        return
    made = days.a_day(patient, name, day, days.with_answer(was, answer), at=datetime.now(UTC))
    _store(door, rid, known, made)


def tick_for(door: Door, *, patient: str, day: date, key: str, words: str, done: bool) -> None:
    """Somebody of the circle ticks a thing off that they see on the list, or takes their own tick back.

    Only whom the person named (`choose`), and never over what the person said themselves. Twice is as once.
    """
    with door.unit("ticking for somebody"):
        door.lock("day", days.day_id(patient, day))
        times, told = (
            door.find("QuestionnaireResponse", rid)
            for rid in (days.times_id(patient), days.day_id(patient, day))
        )
        named = days.helpers_of(times.json) if times else ()
        if door.actor.kind != "kin" or door.actor.ref not in named:
            raise not_found()
        _must_see(door, patient, key, days.read_wishes(times.json) if times else ())
        was = next((one for one in (days.read_day(told.json) if told else ()) if one.key == key), None)
        if was and was.by != door.actor.ref and (was.done or was.barrier):
            raise Refused("rule", "This was said already.", "Ask them.")
        if done == bool(was and was.done):
            return
        said = Answer(key, words[:500], done, by=door.actor.ref if done else "")
        _keep(door.rapport("plans"), patient, actors.name_of(door.conn, patient), day, said)


def _must_see(door: Door, patient: str, key: str, wishes: Iterable[Wish]) -> None:
    """Not found for a thing on the list that this door does not show as theirs."""
    thing = key.rpartition("@")[0]
    rtype, _, rid = thing.partition("#")[0].partition("/")
    if not rid:
        if thing not in {one.key for one in wishes}:
            raise not_found()
    elif (door.read(rtype, rid).json.get("subject") or {}).get("reference") != patient:
        raise not_found()


def _store(door: Door, rid: str, known: Record | None, made: Body) -> None:
    """Keep a form in place of what it said before; an empty one has no items at all."""
    if known is None:
        door.create(made, rid=rid)
    else:
        door.update({name: value for name, value in known.json.items() if name != "item"} | made)


def choose(
    door: Door,
    *,
    patient: str,
    wishes: Iterable[Wish],
    remind: bool = False,
    helpers: Iterable[str] = (),
) -> None:
    """When somebody wants each thing on their list; all of it, in place of what they chose before.

    remind   by a message at each time, which says only that there is something to read
    helpers  who of the circle may tick things off, `RelatedPerson/…`
    """
    rid = days.times_id(patient)
    with door.unit("choosing times"):
        door.lock("times", rid)
        known = door.find("QuestionnaireResponse", rid)
        made = days.wishes(
            patient, door.actor.name, wishes, at=datetime.now(UTC), remind=remind, helpers=helpers
        )
        _store(door, rid, known, made)


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
