"""Many creations at once: COPY in binary form, one for each table. `writing.write` turns here by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import Any

from psycopg import Connection

from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.store.indexing import KINDS
from rapport.store.versions import Version
from rapport.store.wire import NEVER, Bigints, StoreCursor, held_back

_HEAD = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_END = b"\xff\xff"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)

#: Each field is its length and its value; a row begins with the number of its fields.
_PAIR = Struct(">h" + "iq" * 2).pack
_SPAN = Struct(">h" + "iq" * 3).pack
_NUMBER = Struct(">h" + "iqididiq").pack
_WORDS = Struct(">hiqi").pack
_CARRIED = Struct(">" + "iq" * 4).pack  # id, patient, whn, sens: what all rows of a resource end with
_VERSION = Struct(">h" + "iq" * 6 + "ii" + "ih" + "i?" + "i")

Carried = tuple[int, int, int, int]


def copy(conn: Connection[Any], versions: Sequence[Version]) -> dict[int, int]:
    """Store versions that must all be new; the change number of each id.

    UniqueViolation, and with it a broken transaction, if one is there already.
    """
    numbers = _numbers(conn, len(versions))
    carried = [(v.id, v.rows.patient, _at(v.rows.when), v.rows.sens) for v in versions]
    _send(conn, "resource", _COLUMNS, map(_version, versions, numbers, carried))
    ends = [_CARRIED(8, own[0], 8, own[1], 8, own[2], 8, own[3]) for own in carried]
    for kind in KINDS:
        begin = _BEGINNINGS[kind.name]
        rows = [
            end.join((*begin(found), b""))
            for v, end in zip(versions, ends, strict=True)
            if (found := kind.rows(v.rows))
        ]
        if rows:
            _send(conn, kind.table, (*kind.columns, "id", "patient", "whn", "sens"), rows)
    return {version.id: number for version, number in zip(versions, numbers, strict=True)}


def present(conn: Connection[Any], keys: Sequence[int]) -> set[int]:
    """Those of the keys that are taken."""
    cursor = StoreCursor(conn).execute("SELECT id FROM resource WHERE id = ANY(%s)", [Bigints(keys)])
    return {row[0] for row in cursor}


def take_stock(conn: Connection[Any]) -> None:
    """Let the planner see what a large load changed, instead of when the server next gets round to it."""
    if held_back(conn):  # it is for the owner to do
        return
    tables = ["resource", *(kind.table for kind in KINDS)]
    StoreCursor(conn).execute(f"ANALYZE {', '.join(tables)}")


_COLUMNS = ("id", "seq", "updated", "patient", "whn", "sens", "vid", "rtype", "deleted", "rid", "body")


def _numbers(conn: Connection[Any], count: int) -> list[int]:
    sql = "SELECT nextval('record_seq') FROM generate_series(1, %s)"
    return [row[0] for row in StoreCursor(conn).execute(sql, [count])]


def _send(conn: Connection[Any], table: str, columns: Iterable[str], rows: Iterable[bytes]) -> None:
    sql = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
    with conn.cursor().copy(sql) as sink:
        sink.write(b"".join([_HEAD, *rows, _END]))


def _at(when: datetime | None) -> int:
    return ((when or NEVER) - _EPOCH) // _MICRO


def _version(version: Version, number: int, own: Carried) -> bytes:
    rid = version.rid.encode()
    head = _VERSION.pack(
        *(11, 8, own[0], 8, number, 8, _at(version.updated), 8, own[1], 8, own[2], 8, own[3]),
        *(4, version.vid, 2, TYPE_NUMBERS[version.rtype], 1, version.deleted, len(rid)),
    )
    return head + rid + len(version.body).to_bytes(4, "big") + version.body


def _pairs(rows: Iterable[tuple[int, int]]) -> Iterable[bytes]:
    return [_PAIR(6, 8, key, 8, other) for key, other in rows]


def _spans(rows: Iterable[tuple[int, datetime, datetime]]) -> Iterable[bytes]:
    return [_SPAN(7, 8, key, 8, _at(low), 8, _at(high)) for key, low, high in rows]


def _numbers_of(rows: Iterable[tuple[int, float, float, int]]) -> Iterable[bytes]:
    return [_NUMBER(8, 8, key, 8, low, 8, high, 8, unit) for key, low, high, unit in rows]


def _words(rows: Iterable[tuple[int, str]]) -> Iterable[bytes]:
    texts = ((key, word.encode("utf-8", "replace")) for key, word in rows)
    return [_WORDS(6, 8, key, len(text)) + text for key, text in texts]


#: How the rows of a kind begin: with what no other row of the resource need have.
_BEGINNINGS: dict[str, Callable[[Any], Iterable[bytes]]] = {
    "token": _pairs,
    "ref": _pairs,
    "date": _spans,
    "number": _numbers_of,
    "string": _words,
    "uri": _words,
}
