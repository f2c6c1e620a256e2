"""Verbs of the shared list: put something on it, tick it off, take it off."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from rapport.gate.door import Door
from rapport.pillars.family import finding
from rapport.pillars.family.shapes import todos as shapes
from rapport.pillars.family.shapes.common import Who

_NAMES = uuid.UUID("a3a0b8f3-2b8a-4d38-8a0e-6a5f1c0f3f51")


def plan(door: Door, *, once: str, patient: str, words: str, owner: Who, due: datetime | None = None) -> str:
    """Put something on the list, with who does it. Its id; sent twice with one token it stands there once."""
    rid = str(uuid.uuid5(_NAMES, f"{door.actor.ref} {patient} {once}"))
    by = (door.actor.ref, door.actor.name)
    with door.unit("putting something on the shared list"):
        door.lock("to-do", rid)
        if door.find("Task", rid) is None:
            at = datetime.now(UTC)
            door.create(shapes.todo(rid, words, patient=patient, by=by, owner=owner, due=due, at=at), rid=rid)
    return rid


def tick(door: Door, *, patient: str, task: str, done: bool = True) -> None:
    """It is done, or open again. Twice is as once."""
    _move(door, patient, task, "done" if done else "open")


def drop(door: Door, *, patient: str, task: str) -> None:
    """Take it off the list."""
    _move(door, patient, task, "dropped")


def _move(door: Door, patient: str, task: str, state: str) -> None:
    with door.unit("changing the shared list"):
        door.lock("to-do", task)
        body = finding.task(door, patient, task, "to-do")
        if shapes.read_todo(body).state != state:
            door.update(shapes.moved(body, state, datetime.now(UTC)))
