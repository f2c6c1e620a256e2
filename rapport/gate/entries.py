"""What stands in a transaction or batch: its entries as they are sent, and as they are answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec
import orjson

from rapport.fhir.outcomes import Refused
from rapport.fhir.text import instant
from rapport.store.records import Record

from .conditions import Condition
from .writing import ABSENT

READING: Final = ("GET", "HEAD")
#: Entries of one bundle, and among them those that read.
MOST: Final = 5_000
MOST_READS: Final = 1_000


class Asked(msgspec.Struct, rename="camel"):
    """Bundle.entry.request"""

    method: str
    url: str
    if_match: str | None = None
    if_none_match: str | None = None
    if_modified_since: str | None = None
    if_none_exist: str | None = None


class Entry(msgspec.Struct, rename="camel"):
    """Bundle.entry; `resource` is its text as written."""

    request: Asked
    full_url: str | None = None
    resource: msgspec.Raw = msgspec.Raw()


class Envelope(msgspec.Struct, rename="camel"):
    """A Bundle to be processed."""

    resource_type: str
    type: str
    entry: list[Entry] = []


_decoder = msgspec.json.Decoder(Envelope)
#: Answers what an entry wants to read: the status line, the entity tag or "", and the body.
Get = Callable[[Asked], tuple[str, str, bytes]]


def opened(raw: bytes) -> Envelope:
    """A transaction or batch, read; refused with what cannot be read in it."""
    # Every entry asks for something, and few resources have a member of that name.
    if raw.count(b'"request"') > 4 * MOST:
        raise _too_many()
    try:
        envelope = _decoder.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as broken:
        raise Refused(
            "invalid", f"The bundle cannot be read: {broken}.", "Send a transaction or a batch."
        ) from broken
    if envelope.resource_type != "Bundle" or envelope.type not in ("transaction", "batch"):
        raise Refused(
            "invalid", "This is neither a transaction nor a batch.", "Set Bundle.type to one of them."
        )
    if len(envelope.entry) > MOST or sum(reads(entry) for entry in envelope.entry) > MOST_READS:
        raise _too_many()
    return envelope


def _too_many() -> Refused:
    return Refused(
        "too-large",
        f"A bundle has at most {MOST} entries, and at most {MOST_READS} of them read.",
        "Send it in smaller parts, or import it.",
    )


def reads(entry: Entry) -> bool:
    """Whether an entry changes nothing."""
    return entry.request.method in READING


def conditions_of(entries: Iterable[Entry]) -> Iterator[Condition]:
    """The conditions that entries act on: of creating, changing and deleting."""
    for entry in entries:
        path, _, query = entry.request.url.partition("?")
        if entry.request.method == "POST":
            query = (entry.request.if_none_exist or "").rpartition("?")[2]
        if query:
            yield path.strip("/"), query


def version(asked: Asked) -> int | None:
    """The version that `ifMatch` names; `ABSENT` for a PUT with `ifNoneMatch` *; a wrong form is refused."""
    if asked.method == "PUT" and asked.if_none_match == "*":
        return ABSENT
    if asked.if_match is None:
        return None
    digits = asked.if_match.removeprefix("W/").strip('"')
    if not (digits.isdecimal() and digits.isascii()) or len(digits) > 9:
        raise Refused("stale", "ifMatch does not name a version.", 'Write it as W/"3".')
    return int(digits)


def done(status: str, record: Record, representation: bool) -> bytes:
    """The answer to a change."""
    told = {
        "status": status,
        "location": f"{record.ref}/_history/{record.vid}",
        "etag": f'W/"{record.vid}"',
        "lastModified": instant(record.updated),
    }
    shown = b'"resource":' + record.body + b"," if representation and record.body else b""
    return b"{" + shown + b'"response":' + orjson.dumps(told) + b"}"


def got(entry: Entry, get: Get | None) -> bytes:
    """The answer to what only reads."""
    if get is None:
        raise Refused(
            "not-allowed", "Nothing can be read in this bundle.", "Send only what changes something."
        )
    status, etag, body = get(entry.request)
    told = {"status": status, "etag": etag} if etag else {"status": status}
    shown = b'"resource":' + body + b"," if body and entry.request.method == "GET" else b""
    return b"{" + shown + b'"response":' + orjson.dumps(told) + b"}"


def refused_as(refused: Refused) -> bytes:
    """The answer to what was refused."""
    return b'{"response":{"status":"%d","outcome":' % refused.status + orjson.dumps(refused.outcome()) + b"}}"
