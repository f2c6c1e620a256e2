"""Verbs of the help calendar: ask for something, take it, give it back, say that it is not needed."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from rapport.gate.door import Door
from rapport.pillars.family import finding
from rapport.pillars.family.shapes import helping as shapes
from rapport.pillars.family.shapes.common import Resource
from rapport.pillars.family.shapes.helping import Asked

_NAMES = uuid.UUID("5b7d3f0e-8f0a-4c52-9a43-7a1f2f7f9b20")


def ask(door: Door, *, once: str, patient: str, asked: Asked) -> str:
    """Somebody needs something. Its id; sent twice with one token it is asked once."""
    rid = str(uuid.uuid5(_NAMES, f"{door.actor.ref} {patient} {once}"))
    by = (door.actor.ref, door.actor.name)
    with door.unit("asking for help in daily life"):
        door.lock("help", rid)
        if door.find("Task", rid) is None:
            door.create(shapes.need(rid, asked, patient=patient, by=by, at=_now()), rid=rid)
    return rid


def take(door: Door, *, patient: str, need: str) -> None:
    """Who is at the door comes. Refused("conflict") where somebody else was faster; twice is as once."""
    by = (door.actor.ref, door.actor.name)

    def taken(body: Resource) -> Resource:
        mine = shapes.read_need(body).comes[0] == by[0]
        return body if mine else shapes.taken(body, by, _now())

    _change(door, patient, need, taken)


def give_back(door: Door, *, patient: str, need: str) -> None:
    """Nobody comes any more: whoever is let in hears that it is open again."""
    _change(
        door,
        patient,
        need,
        lambda body: body if shapes.read_need(body).state == "open" else shapes.given_back(body, _now()),
    )


def withdraw(door: Door, *, patient: str, need: str) -> None:
    """It is not needed any more."""
    _change(
        door,
        patient,
        need,
        lambda body: body if shapes.read_need(body).state == "withdrawn" else shapes.withdrawn(body, _now()),
    )


def _change(door: Door, patient: str, rid: str, change: Callable[[Resource], Resource]) -> None:
    with door.unit("arranging help in daily life"):
        door.lock("help", rid)
        body = finding.task(door, patient, rid, "help")
        after = change(body)
        if after != body:
            door.update(after)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
