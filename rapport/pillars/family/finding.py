"""Looks through a door that verbs and reading share."""

from __future__ import annotations

from rapport.fhir.outcomes import not_found
from rapport.gate.door import Door
from rapport.pillars.family.shapes.common import Resource, kind_of, who_of


def task(door: Door, patient: str, rid: str, *kinds: str) -> Resource:
    """A Task of these kinds for this person; not found for anything else."""
    body: Resource = door.read("Task", rid).json
    if kind_of(body) not in kinds or who_of(body.get("for"))[0] != patient:
        raise not_found()
    return body
