"""Do the tables agree? Every version is there, and the index rows are those that the text gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from psycopg import Connection

from rapport.fhir.index import rows as rows_of
from rapport.store.indexing import KINDS, RowSet
from rapport.store.reading import COLUMNS, records_of
from rapport.store.records import Record
from rapport.store.wire import NEVER, Bigints, StoreCursor

#: Resources that are looked at together.
_SOME = 500


def faults(conn: Connection[Any]) -> Iterator[str]:
    """What is wrong, one sentence each, naming the resource. Reads the whole record once."""
    yield from _orphans(conn)
    after = -(2**63)
    while records := _next(conn, after):
        after = records[-1].id
        yield from _gaps(conn, records)
        yield from _strays(conn, records)


def _next(conn: Connection[Any], after: int) -> list[Record]:
    sql = f"SELECT {COLUMNS.format(t='r')} FROM resource r WHERE r.id > %s ORDER BY r.id LIMIT {_SOME}"
    return records_of(StoreCursor(conn).execute(sql, [after]))


def _orphans(conn: Connection[Any]) -> Iterator[str]:
    """Rows of resources that are not there."""
    for table in ("history", *(kind.table for kind in KINDS)):
        row = StoreCursor(conn).execute(
            f"SELECT count(*) FROM {table} x WHERE NOT EXISTS (SELECT 1 FROM resource r WHERE r.id = x.id)"
        )
        [(count,)] = row.fetchall()
        if count:
            yield f"{table} has {count} rows of resources that are not there."


def _gaps(conn: Connection[Any], records: Sequence[Record]) -> Iterator[str]:
    """Each version before the present one is kept once (the key sees to "once")."""
    sql = "SELECT id, count(*), coalesce(max(vid), 0) FROM history WHERE id = ANY(%s) GROUP BY id"
    keys = Bigints(record.id for record in records)
    past = {row[0]: (row[1], row[2]) for row in StoreCursor(conn).execute(sql, [keys])}
    for record in records:
        if past.get(record.id, (0, 0)) != (record.vid - 1, record.vid - 1):
            yield f"{record.ref} is version {record.vid}, but its history has a gap."


def _strays(conn: Connection[Any], records: Sequence[Record]) -> Iterator[str]:
    """Index rows are those of the present text, and carry what the version carries."""
    keys = Bigints(record.id for record in records)
    stored = [_stored(conn, kind.table, kind.columns, keys) for kind in KINDS]
    for record in records:
        wanted = None if record.deleted else rows_of(record.json)
        carried = None if wanted is None else (wanted.patient, wanted.when or NEVER, wanted.sens)
        for kind, found in zip(KINDS, stored, strict=True):
            rows, carries = found.get(record.id, (frozenset(), set()))
            right = frozenset() if wanted is None else kind.rows(wanted)
            if rows != right or not carries <= {carried}:
                yield f"{record.ref}: its rows in {kind.table} are not those of its text."
        if wanted is not None and (record.patient, record.sens) != (wanted.patient, wanted.sens):
            yield f"{record.ref} carries another patient or other labels than its text says."


def _stored(
    conn: Connection[Any], table: str, columns: Sequence[str], keys: Bigints
) -> dict[int, tuple[RowSet, set[tuple[Any, ...]]]]:
    """Rows of each resource, and what they carry."""
    sql = f"SELECT id, patient, whn, sens, {', '.join(columns)} FROM {table} WHERE id = ANY(%s)"
    rows: dict[int, set[Any]] = {}
    carries: dict[int, set[tuple[Any, ...]]] = {}
    for row in StoreCursor(conn).execute(sql, [keys]):
        rows.setdefault(row[0], set()).add(tuple(row[4:]))
        carries.setdefault(row[0], set()).add(tuple(row[1:4]))
    return {key: (frozenset(found), carries[key]) for key, found in rows.items()}
