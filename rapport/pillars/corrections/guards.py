"""Corrections at the door: an errand of the team; the person is told when it ended."""

from __future__ import annotations

from rapport.gate.door import Door
from rapport.people import errands, notices
from rapport.people.errands import Errand
from rapport.pillars.corrections.shapes import CORRECTION


def register() -> None:
    """Put the guard at the door; called once at start-up."""
    errands.register(errands.Kind(CORRECTION, "/corrections/{rid}/", _moved))


def _moved(door: Door, before: Errand | None, now: Errand) -> None:
    if before is not None and before.is_open and not now.is_open:
        notices.tell(now.patient, "correction", now.ref, f"{now.ref}:answered", door.conn)
