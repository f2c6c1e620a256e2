"""PATCH: JSON Patch of one resource, judged and guarded like every other change."""

from __future__ import annotations

from rapport.fhir.outcomes import Refused
from rapport.fhir.patch import apply

from .http import Answer
from .resources import settled, written
from .visit import Visit

MEDIA = "application/json-patch+json"


def patch(visit: Visit) -> Answer:
    """PATCH [type]/[id]"""
    request = visit.request
    rtype, rid = visit.rtype(), visit.rid()
    if request.media != MEDIA:
        raise Refused("media-type", "Only JSON Patch is taken here.", f"Send {MEDIA}.")
    steps = request.body
    version = request.version()
    record = settled(
        version, lambda: visit.door.patch(rtype, rid, lambda raw: apply(raw, steps), if_match=version)
    )
    return written(visit, record, 200)
