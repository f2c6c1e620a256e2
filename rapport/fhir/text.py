"""JSON as bytes: what only passes through is never parsed, so `2.00` stays `2.00`.

A resource is kept as its writer wrote it, with `id` and `meta` spliced in. Numbers never go through a float.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import msgspec
import orjson

from rapport.fhir.outcomes import Refused

#: Commas in one JSON text at most: each stands between two values, or in a sentence.
MOST: Final = 200_000
_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
#: A reference, or a `url` that names something inside a bundle. Quotes inside JSON text are escaped, so a
#: member can't be faked by a sentence that looks like one.
_REFERENCE: Final = re.compile(rb'("reference"\s*:\s*)("[^"\\]*(?:\\.[^"\\]*)*")')
_INNER_URL: Final = re.compile(rb'("url"\s*:\s*)("urn:[^"\\]*(?:\\.[^"\\]*)*")')


#: So long (bytes) is what is known again at most: what is remembered stays small.
KNOWN: Final = 400
#: Digits behind the point of a number at most. PostgreSQL takes some thousands in its JSON, and a search that
#: looks at a resource with more of them is refused to everybody.
DIGITS: Final = 1000
#: An exponent of four digits; part of a UUID looks alike until its end.
_SMALL: Final = (re.compile(rb"e-\d{4,}(?![0-9a-f-])"), re.compile(rb"E-\d{4,}(?![0-9A-F-])"))
_AS_ZERO: Final = bytes.maketrans(b"123456789", b"000000000")

#: Before the colon of a member stands a quote or white space.
_COLONS: Final = (b'":', b" :", b"\n:", b"\t:", b"\r:")


def loads(raw: bytes) -> Any:
    """JSON as Python values. Raises orjson.JSONDecodeError, also when a member stands twice in one object.

    Refused("too-large") for more values than any resource needs, however short they are; Refused("invalid")
    for a number of more than `DIGITS`.
    Of two members with one name this program would see the last and another perhaps the first: what was
    judged would not be what is read.
    """
    if raw.count(b",") > MOST:
        raise Refused("too-large", f"This has more than {MOST:,} values.", "Send it in smaller parts.")
    value = orjson.loads(raw)
    # There are at least as many colons as members written; so as many as members read leaves none out.
    if sum(map(raw.count, _COLONS)) != _count(raw, value) or _long_number(raw):
        try:
            json.loads(raw, object_pairs_hook=_once, parse_int=str, parse_float=_bounded)
        except RecursionError:
            raise orjson.JSONDecodeError("nested too deeply", "", 0) from None
    return value


def _long_number(raw: bytes) -> bool:
    """Whether there may be a number of too many digits; only quick looks."""
    small = _SMALL[0].search(raw) or (b"E-" in raw and _SMALL[1].search(raw))
    return bool(small) or (len(raw) > DIGITS and b"0" * DIGITS in raw.translate(_AS_ZERO))


def _bounded(number: str) -> str:
    exponent = Decimal(number).as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -DIGITS:
        raise Refused("invalid", f"The number {number[:20]} has more than {DIGITS:,} digits.", "Round it.")
    return number


def _count(raw: bytes, value: Any) -> int:
    """How many members all objects of a value have together, or more where sentences look like members."""
    if b"\\u" not in raw:  # then what looks like a member stands in the text, too, and was counted there
        with suppress(orjson.JSONEncodeError):  # it does not write what is nested very deeply
            return orjson.dumps(value).count(b'":')
    total, left = 0, [value]
    while left:
        one = left.pop()
        if type(one) is dict:
            total += len(one)
            left.extend(one.values())
        elif type(one) is list:
            left.extend(one)
    return total


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise orjson.JSONDecodeError(f"the member {twice[:60]!r} stands twice in one object", "", 0)
    return found


def members(raw: bytes) -> dict[str, msgspec.Raw]:
    """The members of a JSON object, each as its raw text. Raises ValueError when it is not an object."""
    try:
        return _MEMBERS.decode(raw)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from error


@lru_cache(maxsize=64)
def instant(at: datetime) -> str:
    """A moment as FHIR writes it, in UTC, exact to the microsecond: `2026-03-01T09:30:00.123456Z`."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def splice(raw: bytes, rid: str, vid: int, updated: datetime) -> bytes:
    """The resource as stored: `id`, `meta.versionId` and `meta.lastUpdated` set, all else as written."""
    found = members(raw)
    rtype = found.pop("resourceType")
    found.pop("id", None)
    meta = found.pop("meta", None)
    stamp: dict[str, Any] = {"versionId": str(vid), "lastUpdated": instant(updated)}
    if meta is not None:
        kept = members(bytes(meta))
        for name in ("versionId", "lastUpdated", "_versionId", "_lastUpdated"):
            kept.pop(name, None)
        stamp.update(kept)
    return msgspec.json.encode({"resourceType": rtype, "id": rid, "meta": stamp, **found})


def recognised(value: Any) -> bytes:
    """The JSON text of a small object, to know it again by; b"" for one that is not worth it.

    An extension may stand in one place and not in another, so what has one is not known again.
    """
    try:
        text = orjson.dumps(value)
    except orjson.JSONEncodeError:
        return b""
    return text if len(text) <= KNOWN and b'"extension"' not in text else b""


def references(raw: bytes, replace: Callable[[str], str | None]) -> bytes:
    """Rewrite references in the text. `replace` gives the new reference, or None to leave it.

    It is asked about every `reference`, and about a `url` only when that starts with `urn:` (an attachment
    in a bundle). Text without such members comes back as it is.
    """

    def swap(match: re.Match[bytes]) -> bytes:
        new = replace(_string(match[2]))
        return match[0] if new is None else match[1] + orjson.dumps(new)

    raw = _REFERENCE.sub(swap, raw) if b'"reference"' in raw else raw
    return _INNER_URL.sub(swap, raw) if b'"urn:' in raw else raw


def _string(raw: bytes) -> str:
    """A JSON string. A broken one comes back as it can be: whoever parses the whole says what is wrong."""
    try:
        return str(orjson.loads(raw))
    except orjson.JSONDecodeError:
        return raw[1:-1].decode("utf-8", "replace")
