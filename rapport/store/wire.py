"""How values travel between Python and PostgreSQL: binary, with as little work as can be.

Bodies are `text` in the database and `bytes` here. Arrays of one kind are packed in one go,
because index rows come by the dozen.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from struct import pack, unpack
from typing import Any

from psycopg import Connection, Cursor
from psycopg.adapt import Buffer, Dumper, Loader
from psycopg.pq import Format

INT8, TEXT, FLOAT8, TIMESTAMPTZ = 20, 25, 701, 1184
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
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


def _head(oid: int, count: int) -> bytes:
    return pack(">iiIii", 1, 0, oid, count, 1) if count else pack(">iiI", 0, 0, oid)


class _Packed(Dumper):
    format = Format.BINARY
    item = INT8
    letter = "q"

    def dump(self, obj: Sequence[Any]) -> bytes:
        count = len(obj)
        flat: list[Any] = [8] * (2 * count)
        flat[1::2] = self.numbers(obj)
        return _head(self.item, count) + pack(">" + f"i{self.letter}" * count, *flat)

    def numbers(self, obj: Sequence[Any]) -> Sequence[Any]:
        return obj


class _BigintsDumper(_Packed):
    oid = 1016


class _FloatsDumper(_Packed):
    oid = 1022
    item = FLOAT8
    letter = "d"


class _TimesDumper(_Packed):
    oid = 1185
    item = TIMESTAMPTZ

    def numbers(self, obj: Sequence[datetime | None]) -> Sequence[int]:
        return [((at or NEVER) - _EPOCH) // _MICRO for at in obj]


class _TextsDumper(Dumper):
    format = Format.BINARY
    oid = 1009

    def dump(self, obj: Sequence[bytes]) -> bytes:
        parts = [_head(TEXT, len(obj))]
        for text in obj:
            parts += (len(text).to_bytes(4, "big"), text)
        return b"".join(parts)


class _BytesLoader(Loader):
    format = Format.BINARY

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


class _TimeLoader(Loader):
    format = Format.BINARY

    def load(self, data: Buffer) -> datetime:
        return _EPOCH + timedelta(microseconds=unpack(">q", data)[0])


class StoreCursor(Cursor[Any]):
    """A cursor that speaks this module's types, whatever the connection is set to.

    `text` columns come back as bytes, `varchar` ones as str, times in UTC.
    """

    def __init__(self, conn: Connection[Any]) -> None:
        super().__init__(conn)
        self.format = Format.BINARY
        for kind, dumper in _DUMPERS:
            self.adapters.register_dumper(kind, dumper)
        self.adapters.register_loader(TEXT, _BytesLoader)
        self.adapters.register_loader(TIMESTAMPTZ, _TimeLoader)


_DUMPERS: tuple[tuple[type, type[Dumper]], ...] = (
    (Bigints, _BigintsDumper),
    (Floats, _FloatsDumper),
    (Times, _TimesDumper),
    (Texts, _TextsDumper),
)
