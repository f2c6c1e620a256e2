"""`POST $import`: NDJSON of any length, or one Bundle or resource, in the name of the program that sends it.

What is taken is what is sent: no address in it is ever fetched.
"""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from rapport.fhir.outcomes import Issue, Refused
from rapport.gate.importing import LINES, Counts, Import, Refusal
from rapport.gate.sources import Source

from .http import LARGEST, NDJSON, Answer, Request
from .visit import Visit

#: An upload at most, in bytes; and the refusals after which it is given up.
UPLOAD = 1 << 30
MOST_REFUSALS = 1000
_NAME = "upload"


def take(visit: Visit) -> Answer:
    """POST $import"""
    request, actor = visit.request, visit.door.actor
    if actor.kind != "client":
        raise Refused("forbidden", "Only programs import.", "Ask whoever runs this site for a client.")
    door, counts = Import(visit.door.conn, actor, "HOPERAT", source="import"), Counts()
    if request.media in NDJSON:
        if request.header("Content-Encoding") not in ("", "identity"):
            raise Refused("media-type", "Packed bodies are not taken here.", "Send it as it is.")
        for lines in _chunks(request):
            door.lines(_NAME, lines, counts)
            if len(counts.refusals) >= MOST_REFUSALS:
                counts.refuse(Refusal(_NAME, "", "So much was refused that the rest was left."), 1)
                break
    else:
        request.check_content()
        raw = request.body
        if _is_parameters(raw):
            raise Refused("rule", "Nothing is fetched from elsewhere.", "Send the resources themselves.")
        door.take(Source(_NAME, lambda: raw), counts)
    return Answer(200, _told(counts))


def _is_parameters(raw: bytes) -> bool:
    try:
        found = orjson.loads(raw) if b'"Parameters"' in raw else None
    except orjson.JSONDecodeError:
        return False  # the import says what is wrong with it
    return isinstance(found, dict) and found.get("resourceType") == "Parameters"


def _chunks(request: Request) -> Iterator[list[tuple[int, bytes]]]:
    """Lines that are not blank, with their numbers; some hundred at a time, and not too large together."""
    chunk: list[tuple[int, bytes]] = []
    size = 0
    for number, line in enumerate(_lines(request), 1):
        if not line:
            continue
        if len(chunk) >= LINES or (chunk and size + len(line) > LARGEST):
            yield chunk
            chunk, size = [], 0
        chunk.append((number, line))
        size += len(line)
    if chunk:
        yield chunk


def _lines(request: Request) -> Iterator[bytes]:
    rest = b""
    for piece in request.pieces(UPLOAD):
        *whole, rest = (rest + piece).split(b"\n")
        if len(rest) > LARGEST:
            raise Refused(
                "too-large", f"A line has more than {LARGEST >> 20} MB.", "Send it in smaller parts."
            )
        yield from (line.strip() for line in whole)
    yield rest.strip()


def _told(counts: Counts) -> bytes:
    """The counts, and an OperationOutcome with what was refused."""
    numbers = {"stored": counts.stored, "unchanged": counts.unchanged, "refused": counts.refused}
    entries: list[dict[str, object]] = [
        {"name": name, "valueUnsignedInt": number} for name, number in numbers.items()
    ]
    if counts.refusals:
        issues = [
            Issue(f"{each.place}: {each.reason}" if each.place else each.reason).json()
            for each in counts.refusals
        ]
        outcome = {"resourceType": "OperationOutcome", "issue": issues}
        entries.append({"name": "outcome", "resource": outcome})
    return orjson.dumps({"resourceType": "Parameters", "parameter": entries})
