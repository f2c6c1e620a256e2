"""Verbs of family meetings: call one, bring a point, sum it up, call it off."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.translation import gettext as _

from rapport.fhir.outcomes import Refused, not_found
from rapport.gate.door import Door
from rapport.people.portrait import human_name
from rapport.pillars.family.actions import todos
from rapport.pillars.family.shapes import meetings as shapes
from rapport.pillars.family.shapes.common import Resource, Who, kind_of, who_of

_NAMES = uuid.UUID("c8c5a2f1-4f0a-4f2e-8a55-2f4b6f1d7c44")


@dataclass(frozen=True, slots=True)
class Todo:
    """What somebody does after a meeting."""

    words: str
    owner: Who
    due: datetime | None = None


def call(
    door: Door,
    *,
    once: str,
    patient: str,
    about: str,
    guests: Iterable[Who],
    begins: datetime,
    ends: datetime,
) -> str:
    """Ask people to a meeting about the patient, who is always asked. Its id; once a token."""
    rid = str(uuid.uuid5(_NAMES, f"{door.actor.ref} {patient} {once}"))
    asked, by = tuple(guests), (door.actor.ref, door.actor.name)
    with door.unit("calling a family meeting"):
        door.lock("meeting", rid)
        if door.find("Communication", rid) is None:
            name = human_name(door.read("Patient", patient.partition("/")[2]).json.get("name"))[0]
            door.create(shapes.meeting(rid, about, patient=patient, by=by, guests=asked), rid=rid)
            staff = [who for who in asked if not who[0].startswith("RelatedPerson/")]
            when = shapes.appointment(
                rid, _("Family meeting"), people=[(patient, name), *staff], begins=begins, ends=ends
            )
            door.create(when, rid=rid)
    return rid


def bring(door: Door, *, once: str, patient: str, meeting: str, words: str) -> str:
    """Something to speak about, by whoever is asked to the meeting. Its id; once a token."""
    rid = str(uuid.uuid5(_NAMES, f"{door.actor.ref} {meeting} {once}"))
    by = (door.actor.ref, door.actor.name)
    with door.unit("bringing a point to a family meeting"):
        door.lock("meeting", meeting)
        _planned(door, patient, meeting)
        if door.find("Communication", rid) is None:
            ref, at = f"Communication/{meeting}", datetime.now(UTC)
            body = shapes.point(rid, words.strip(), meeting=ref, patient=patient, by=by, at=at)
            door.create(body, rid=rid)
    return rid


def sum_up(
    door: Door,
    *,
    patient: str,
    meeting: str,
    words: str,
    decisions: Iterable[str] = (),
    todo: Iterable[Todo] = (),
    readers: Iterable[Who] = (),
) -> str:
    """Say what came of a meeting; what is to be done goes on the shared list. The summary's id.

    readers  of the circle: nobody else of it reads the summary, whatever they are let into
    """
    rid = str(uuid.uuid5(_NAMES, f"summary {meeting}"))
    with door.unit("summing up a family meeting"):
        door.lock("meeting", meeting)
        body = _planned(door, patient, meeting)
        tasks = _plan(door, patient, meeting, todo)
        said = shapes.Summary(
            rid=rid,
            words=words.strip(),
            decisions=tuple(decisions),
            meeting=f"Communication/{meeting}",
            patient=patient,
            tasks=tasks,
            readers=tuple(readers),
            by=(door.actor.ref, door.actor.name),
            at=datetime.now(UTC),
        )
        door.create(shapes.summary(rid, said), rid=rid)
        _to(door, body, "held")
    return rid


def call_off(door: Door, *, patient: str, meeting: str) -> None:
    """The meeting does not take place."""
    with door.unit("calling off a family meeting"):
        door.lock("meeting", meeting)
        _to(door, _planned(door, patient, meeting), "off")


def _plan(door: Door, patient: str, meeting: str, todo: Iterable[Todo]) -> tuple[str, ...]:
    tasks = []
    for number, one in enumerate(todo):
        once = f"{meeting} {number}"
        tasks.append(
            todos.plan(door, once=once, patient=patient, words=one.words, owner=one.owner, due=one.due)
        )
    return tuple(f"Task/{task}" for task in tasks)


def _planned(door: Door, patient: str, rid: str) -> Resource:
    body: Resource = door.read("Communication", rid).json
    if kind_of(body) != "meeting" or who_of(body.get("subject"))[0] != patient:
        raise not_found()
    if shapes.read_meeting(body).state != "planned":
        raise Refused("rule", "This meeting is over.", "Call another one.")
    return body


def _to(door: Door, body: Resource, state: str) -> None:
    door.update(shapes.moved(body, state))
    door.update(shapes.moved(door.read("Appointment", body["id"]).json, state))
