"""PATCH: JSON Patch or FHIRPath Patch of one resource, judged and guarded like every other change."""

from __future__ import annotations

from rapport.fhir import patches
from rapport.fhir.outcomes import Refused

from .http import Request


def asked(request: Request) -> patches.Change:
    """The change that a request asks for."""
    change = patches.by_media(request.media, request.body)
    if request.header("Content-Encoding") not in ("", "identity"):
        raise Refused("media-type", "Packed bodies are not taken here.", "Send it as it is.")
    return change
