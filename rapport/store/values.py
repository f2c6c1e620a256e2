"""Values on their way to PostgreSQL, in binary. Arrays of one kind are packed in one go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from struct import Struct, error, pack
from typing import Any

from psycopg import DataError, ProgrammingError

BOOL, BYTEA, INT8, TEXT, FLOAT8, DATE, TIMESTAMPTZ = 16, 17, 20, 25, 701, 1082, 1184
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_FIRST_DAY = date(2000, 1, 1)
_MICRO = timedelta(microseconds=1)
NEVER = datetime(1, 1, 1, tzinfo=UTC)  # the clinical time of what has none: it sorts as the oldest


class Bigints(list[int]):
    """A `bigint[]`."""


class Floats(list[float]):
    """A `float8[]`."""


class Times(list["datetime | None"]):
    """A `timestamptz[]`; None is stored as `NEVER`."""


class Texts(list[bytes]):
    """A `text[]` of UTF-8."""


class Text(bytes):
    """A `text` of UTF-8."""


Params = Mapping[str, Any] | Sequence[Any]
#: A value on its way: its type (0: let the server see), whether it is binary, its bytes (None: NULL).
Sent = tuple[int, int, bytes | None]
_LONG, _REAL, _DAY = Struct(">q").pack, Struct(">d").pack, Struct(">i").pack


def micros(at: datetime | None) -> int:
    """A moment as PostgreSQL counts it; None is `NEVER`."""
    return ((at or NEVER) - _EPOCH) // _MICRO


def _head(oid: int, length: int) -> bytes:
    return pack(">iiIii", 1, 0, oid, length, 1) if length else pack(">iiI", 0, 0, oid)


@lru_cache(maxsize=256)
def _array(letter: str, length: int) -> Callable[..., bytes]:
    """Packs an array: its head, then each value with its length before it."""
    return Struct(">iiIii" + f"i{letter}" * length).pack


def _fixed(oid: int, letter: str, values: Sequence[Any]) -> bytes:
    length = len(values)
    if not length:
        return _head(oid, 0)
    flat: list[Any] = [8] * (2 * length)
    flat[1::2] = values
    return _array(letter, length)(1, 0, oid, length, 1, *flat)


def _varying(oid: int, values: Sequence[bytes]) -> bytes:
    parts = [_head(oid, len(values))]
    for value in values:
        parts += (len(value).to_bytes(4, "big"), value)
    return b"".join(parts)


def _text(value: str) -> bytes:
    try:
        raw = value.encode()
    except UnicodeEncodeError as broken:
        raise DataError("a text cannot be written in UTF-8") from broken
    if b"\x00" in raw:
        raise DataError("a text cannot hold NUL")
    return raw


def _plain_list(values: Sequence[Any]) -> Sent:
    kind = type(values[0]) if values else None
    if kind is None:
        return 0, 0, b"{}"
    if kind is int:
        return 1016, 1, _fixed(INT8, "q", values)
    if kind is str:
        return 1009, 1, _varying(TEXT, [_text(value) for value in values])
    if kind is bytes:
        return 1001, 1, _varying(BYTEA, values)
    if kind is datetime:
        return 1185, 1, _fixed(TIMESTAMPTZ, "q", [micros(at) for at in values])
    raise ProgrammingError(f"no way to send a list of {kind.__name__}")


def sent(value: Any) -> Sent:
    send = _SEND.get(type(value))
    if send is None:
        raise ProgrammingError(f"no way to send a {type(value).__name__}")
    try:
        return send(value)
    except error as broken:
        raise DataError("a number is too large") from broken


_SEND: dict[type, Callable[[Any], Sent]] = {
    int: lambda value: (INT8, 1, _LONG(value)),
    str: lambda value: (0, 0, _text(value)),
    type(None): lambda _: (0, 0, None),
    bool: lambda value: (BOOL, 1, b"\x01" if value else b"\x00"),
    float: lambda value: (FLOAT8, 1, _REAL(value)),
    bytes: lambda value: (BYTEA, 1, value),
    datetime: lambda value: (TIMESTAMPTZ, 1, _LONG(micros(value))),
    date: lambda value: (DATE, 1, _DAY((value - _FIRST_DAY).days)),
    list: _plain_list,
    tuple: _plain_list,
    Bigints: lambda values: (1016, 1, _fixed(INT8, "q", values)),
    Floats: lambda values: (1022, 1, _fixed(FLOAT8, "d", values)),
    Times: lambda values: (1185, 1, _fixed(TIMESTAMPTZ, "q", [micros(at) for at in values])),
    Text: lambda value: (TEXT, 1, value),
    Texts: lambda values: (1009, 1, _varying(TEXT, values)),
}
