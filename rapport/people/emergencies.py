"""When somebody breaks the glass: the person hears of it, and a privacy officer looks into it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rapport.gate import emergency, reviews
from rapport.gate.claims import KIND
from rapport.gate.door import Door
from rapport.people import actors, notices
from rapport.people.actors import DUTY, Position

Body = dict[str, Any]


def follow(door: Door, task: Body) -> None:
    """Tell the person and the privacy officers that there is something to read; the first of them looks.

    Where nobody else has the duty, those who lead stand in; nobody looks into what they opened themselves.
    """
    about, patient = f"Task/{task['id']}", str(task["for"]["reference"])
    asked = officers(door, but=str(task["requester"]["reference"]))
    owner = asked[0] if asked else None
    name = actors.name_of(door.conn, owner.person) if owner else ""
    door.create(reviews.review_of(task, owner.ref if owner else "", name))
    for person in dict.fromkeys((patient, *(one.person for one in asked))):
        notices.tell(person, "emergency", about, f"emergency {about} {person}", door.conn, urgent=True)


def officers(door: Door, but: str) -> list[Position]:
    """Who answers for privacy at this site, those who lead where nobody does; without `but`."""
    for duty in ("privacy", "lead"):
        found = [at for at in actors.positions(door.conn, role=f"{DUTY}|{duty}") if at.person != but]
        if found:
            return sorted(found, key=lambda one: one.ref)
    return []


def open_now(door: Door) -> list[tuple[str, str, datetime]]:
    """What this actor has open: the Task's id, `Patient/…`, until when."""
    rapport = door.rapport("emergency access")
    code = f"{KIND}|{emergency.CODE}"
    query = [("code", code), ("requester", door.actor.ref), ("status", "in-progress"), ("_count", "10")]
    found = []
    for record in rapport.search("Task", query).matches:
        body = record.json
        held = emergency.opened(body)
        if held is not None and held[2] > datetime.now(UTC):
            found.append((record.rid, str(body["for"]["reference"]), held[2]))
    return found
