"""Where a page ended, as an opaque word: the sort values and the id of its last row."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from rapport.fhir.keys import hash64
from rapport.fhir.outcomes import Refused
from rapport.fhir.search_tree import Search


def encode(query: Search, values: Sequence[Any]) -> str:
    """The cursor behind a row with those sort values and, last, that id."""
    return urlsafe_b64encode(orjson.dumps([_mark(query), *map(_plain, values)])).decode().rstrip("=")


def _plain(value: Any) -> Any:
    """A sort value as JSON; a float as text, because JSON has no infinity."""
    if isinstance(value, bytes):
        return value.decode()
    return repr(value) if isinstance(value, float) else value


def decode(query: Search, casts: Sequence[str]) -> list[Any]:
    """The sort values, of those SQL types, and the id of a cursor.

    Refused("invalid") if it is not one of this query. Cursors come back from outside: nothing is trusted.
    """
    try:
        text = query.cursor + "=" * (-len(query.cursor) % 4)
        mark, *values, key = orjson.loads(urlsafe_b64decode(text))
        if mark != _mark(query) or type(key) is not int or not -(2**63) <= key < 2**63:
            raise ValueError(key)
        return [*(_READ[cast](value) for cast, value in zip(casts, values, strict=True)), key]
    except (ValueError, TypeError, OverflowError):
        words = ("This page does not belong to this search.", "Search again from the start.")
        raise Refused("invalid", *words) from None


def _moment(value: Any) -> datetime:
    at = datetime.fromisoformat(value)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _text(value: Any) -> str:
    if type(value) is not str or "\x00" in value:
        raise ValueError(value)
    return value


_READ: dict[str, Callable[[Any], Any]] = {"timestamptz": _moment, "float8": float, "text": _text}


def _mark(query: Search) -> int:
    """Tells queries apart whose cursors would not fit each other."""
    words = [f"{sort.param.code}{'-' if sort.descending else '+'}" for sort in query.sort]
    return hash64("cursor", query.rtype, *words) & 0xFFFFFF
