"""One look through a door that verbs and reading share."""

from __future__ import annotations

from typing import Any

from rapport.fhir.outcomes import not_found
from rapport.gate.door import Door
from rapport.pillars.plans.shapes import is_goal, read_goal


def need(door: Door, patient: str, rid: str) -> dict[str, Any]:
    """The resource of a goal of this person; not found for anything else."""
    body = door.read("Goal", rid).json
    if not is_goal(body) or read_goal(body).patient != patient:
        raise not_found()
    return body
