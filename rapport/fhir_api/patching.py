"""PATCH: JSON Patch of one resource, judged and guarded like every other change."""

from __future__ import annotations

from rapport.fhir.outcomes import Refused

from .http import Answer
from .visit import Visit

#: Whether PATCH is offered.
AVAILABLE = False


def patch(visit: Visit) -> Answer:
    """PATCH [type]/[id]"""
    raise Refused("not-allowed", "PATCH is not offered here yet.", "Read it, change it and send it with PUT.")
