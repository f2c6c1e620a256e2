"""Where a page ended, as an opaque word: the sort values and the id of its last row."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any

import orjson

from rapport.fhir.keys import hash64
from rapport.fhir.outcomes import Refused
from rapport.fhir.search import Search


def encode(query: Search, values: Sequence[Any]) -> str:
    """The cursor behind a row with those sort values and, last, that id."""
    return urlsafe_b64encode(orjson.dumps([_mark(query), *map(_plain, values)])).decode().rstrip("=")


def _plain(value: Any) -> Any:
    """A sort value as JSON; a float as text, because JSON has no infinity."""
    if isinstance(value, bytes):
        return value.decode()
    return repr(value) if isinstance(value, float) else value


def decode(query: Search, keys: int) -> list[Any]:
    """The sort values and the id of a cursor. Refused("invalid") if it is not one of this query."""
    try:
        text = query.cursor + "=" * (-len(query.cursor) % 4)
        mark, *values = orjson.loads(urlsafe_b64decode(text))
    except (ValueError, TypeError):
        mark, values = None, []
    if mark != _mark(query) or len(values) != keys + 1 or not isinstance(values[-1], int):
        raise Refused("invalid", "This page does not belong to this search.", "Search again from the start.")
    return list(values)


def _mark(query: Search) -> int:
    """Tells queries apart whose cursors would not fit each other."""
    words = [f"{sort.param.code}{'-' if sort.descending else '+'}" for sort in query.sort]
    return hash64("cursor", query.rtype, *words) & 0xFFFFFF
