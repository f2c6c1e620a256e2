"""PATCH: JSON Patch or FHIRPath Patch of one resource, judged and guarded like every other change."""

from __future__ import annotations

from collections.abc import Callable

from rapport.fhir import patch, patch_fhirpath
from rapport.fhir.outcomes import Refused

from .http import FHIR_JSON, Request

JSON_PATCH = "application/json-patch+json"
#: How each media type changes the text of a resource.
MEDIA: dict[str, Callable[[bytes, bytes], bytes]] = {
    JSON_PATCH: patch.apply,
    FHIR_JSON: patch_fhirpath.apply,
}


def asked(request: Request) -> Callable[[bytes], bytes]:
    """The change that a request asks for."""
    apply, steps = MEDIA.get(request.media), request.body
    if apply is None:
        raise Refused(
            "media-type", "This is no patch that is known here.", "Send " + " or ".join(sorted(MEDIA)) + "."
        )
    if request.header("Content-Encoding") not in ("", "identity"):
        raise Refused("media-type", "Packed bodies are not taken here.", "Send it as it is.")
    return lambda raw: apply(raw, steps)
