"""Verbs of updates for the family: write one, take it back."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from rapport.fhir.outcomes import not_found
from rapport.gate.door import Door
from rapport.pillars.family.shapes import news as shapes
from rapport.pillars.family.shapes.common import who_of

_NAMES = uuid.UUID("1f4be0c6-5d0a-4f8b-9f0b-90c51a7e8d33")


def report(door: Door, *, once: str, patient: str, words: str) -> str:
    """Write to whoever the patient lets into updates, and to the patient. Its id; once a token."""
    rid = str(uuid.uuid5(_NAMES, f"{door.actor.ref} {patient} {once}"))
    by = (door.actor.ref, door.actor.name)
    with door.unit("writing to the family"):
        door.lock("update", rid)
        if door.find("Communication", rid) is None:
            body = shapes.update(rid, words.strip(), patient=patient, by=by, at=datetime.now(UTC))
            door.create(body, rid=rid)
    return rid


def take_back(door: Door, *, patient: str, update: str) -> None:
    """Take an update back, visibly. Twice is as once."""
    with door.unit("taking back what was written to the family"):
        door.lock("update", update)
        body = door.read("Communication", update).json
        if not shapes.is_update(body) or who_of(body.get("subject"))[0] != patient:
            raise not_found()
        if shapes.read_update(body).state == "sent":
            door.update(shapes.withdrawn(body))
