"""One look through a door that verbs and reading share."""

from __future__ import annotations

from typing import Any

from rapport.fhir.outcomes import not_found
from rapport.gate.door import Door
from rapport.pillars.what_matters.shapes import is_entry, read_entry


def need(door: Door, patient: str, rid: str) -> dict[str, Any]:
    """The resource of an entry of this person; not found for anything else."""
    body = door.read("QuestionnaireResponse", rid).json
    if not is_entry(body) or read_entry(body).patient != patient:
        raise not_found()
    return body
