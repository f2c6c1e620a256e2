"""Which patch is meant: by the media type of a request, or by the resource that stands for it in a bundle.

In a bundle a JSON Patch is a Binary that holds it, and a FHIRPath Patch is a Parameters resource.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Final

import orjson

from rapport.fhir import patch, patch_fhirpath
from rapport.fhir.outcomes import Refused
from rapport.fhir.text import loads

JSON_PATCH: Final = "application/json-patch+json"
FHIR_JSON: Final = "application/fhir+json"
#: How each media type changes the text of a resource: (resource, patch) → resource.
MEDIA: Final[dict[str, Callable[[bytes, bytes], bytes]]] = {
    JSON_PATCH: patch.apply,
    FHIR_JSON: patch_fhirpath.apply,
}

Change = Callable[[bytes], bytes]


def by_media(media: str, steps: bytes) -> Change:
    """The change that a patch of a media type asks for. Refused("media-type") for one that is not known."""
    apply = MEDIA.get(media)
    if apply is None:
        raise Refused(
            "media-type", "This is no patch that is known here.", f"Send {' or '.join(sorted(MEDIA))}."
        )
    return lambda raw: apply(raw, steps)


def in_bundle(raw: bytes) -> Change:
    """The change that an entry's resource asks for. Refused("invalid") for a resource that is no patch."""
    try:
        resource = loads(raw)
    except (orjson.JSONDecodeError, RecursionError) as broken:
        raise Refused("invalid", "This is not JSON that can be read.", _FIX) from broken
    rtype = resource.get("resourceType") if isinstance(resource, dict) else None
    if rtype == "Parameters":
        return by_media(FHIR_JSON, raw)
    if rtype != "Binary":
        raise Refused("invalid", "This is no patch.", _FIX)
    media, data = resource.get("contentType"), resource.get("data")
    if not isinstance(media, str) or not isinstance(data, str):
        raise Refused("invalid", "The Binary of a patch needs contentType and data.", _FIX)
    try:
        steps = base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError) as broken:
        raise Refused("invalid", "The data of the Binary is not base64.", _FIX) from broken
    return by_media(media.partition(";")[0].strip().lower(), steps)


_FIX: Final = f"Send a Parameters resource (FHIRPath Patch), or a Binary of {JSON_PATCH}."
