"""Binary as the file that it is: taken as sent, given as stored, never shown by a browser in our name."""

from __future__ import annotations

import base64
import binascii
import re

import orjson

from rapport.fhir.outcomes import Refused
from rapport.gate.door import Record

from .http import Answer, Request

_MEDIA = re.compile(r"^[\w.+-]+/[\w.+-]+$")
_JSON = frozenset({"", "application/fhir+json", "application/json", "text/json"})
_HEADERS = (
    ("Content-Disposition", "attachment"),
    ("Content-Security-Policy", "default-src 'none'; sandbox"),
)


def is_file(request: Request, rtype: str) -> bool:
    """Whether the body is a file itself and not the JSON of a Binary."""
    return rtype == "Binary" and request.media not in _JSON


def taken(request: Request) -> bytes:
    """The Binary of a file; X-Security-Context says whose it is."""
    if not _MEDIA.match(request.media):
        raise Refused(
            "media-type", "The type of this file cannot be read.", "Give a Content-Type such as image/png."
        )
    body = {
        "resourceType": "Binary",
        "contentType": request.media,
        "securityContext": {"reference": request.header("X-Security-Context")},
        "data": base64.b64encode(request.body).decode("ascii"),
    }
    if not request.header("X-Security-Context"):
        del body["securityContext"]
    return orjson.dumps(body)


def given(record: Record, headers: tuple[tuple[str, str], ...]) -> Answer:
    """The file of a Binary, to be saved and not shown."""
    body = record.json
    media = str(body.get("contentType", "")).split(";", 1)[0].strip()
    try:
        data = base64.b64decode(body.get("data", ""), validate=False)
    except (binascii.Error, TypeError, ValueError):
        data = b""
    return Answer(
        200, data, (*headers, *_HEADERS), media if _MEDIA.match(media) else "application/octet-stream"
    )
