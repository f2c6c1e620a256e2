"""Do the tables agree? Every version is there, and the index rows are those that the text gives.

All of it runs while others read and write. What looks wrong is looked at again under a lock, so that a write
between two glances is no fault; there, too, index rows are made anew when that is asked for.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.errors import LockNotAvailable

from rapport.fhir.index import rows as rows_of
from rapport.fhir.outcomes import Refused
from rapport.store.indexing import KINDS
from rapport.store.reading import COLUMNS, records_of
from rapport.store.records import Record
from rapport.store.wire import NEVER, Bigints, StoreCursor
from rapport.store.writing import reindex

#: Resources that are looked at together; and those that are mended together, while nobody writes.
_SOME, _MENDED = 500, 50
#: Before the smallest key.
START = -(2**63)
#: So long writers may have to wait until their forerunners let the mending in; and how often that is tried.
_PATIENCE, _TRIES = "100ms", 300


@dataclass(frozen=True, slots=True)
class Batch:
    """Some resources that were looked at: key of the last, how many, what was wrong, how many were mended."""

    after: int
    looked: int
    faults: tuple[str, ...]
    mended: int = 0


def faults(conn: Connection[Any]) -> Iterator[str]:
    """What is wrong, one sentence each, naming the resource. Reads the whole record once."""
    yield from orphans(conn)
    for batch in walk(conn):
        yield from batch.faults


def walk(conn: Connection[Any], after: int = START, *, mend: bool = False) -> Iterator[Batch]:
    """Look at every resource behind a key, in the order of keys; `mend`: make index rows anew that are wrong.

    Call outside a transaction: each batch is one of its own, and whoever stops goes on behind the last.
    """
    while records := _next(conn, after):
        after = records[-1].id
        keys = _suspects(conn, records)
        told, mended = _mended(conn, keys) if mend else (_certain(conn, keys), 0)
        yield Batch(after, len(records), told, mended)


def _suspects(conn: Connection[Any], records: Sequence[Record]) -> list[int]:
    """Keys of resources that look wrong, which a write between two glances may explain."""
    found = [record.id for record in _gaps(conn, records)]
    return list(dict.fromkeys(found + [record.id for record, _ in _strays(conn, records)]))


def _certain(conn: Connection[Any], keys: Sequence[int]) -> tuple[str, ...]:
    """What is wrong with those resources while nobody writes them; one by one, so that nobody waits long."""
    told: list[str] = []
    for key in keys:
        with conn.transaction():
            told += [text for _, text in _wrong(conn, _records(conn, [key], " FOR UPDATE OF r"))]
    return tuple(told)


def _mended(conn: Connection[Any], keys: Sequence[int]) -> tuple[tuple[str, ...], int]:
    """Make the index rows anew that are wrong; what was wrong, and how many resources were mended.

    Writers are kept out for some milliseconds by a lock of the whole table. (One of its rows would not do: a
    statement that waits for a row does not see the index rows that were made meanwhile.) Then they go first.
    """
    told: list[str] = []
    count = 0
    for start in range(0, len(keys), _MENDED):
        began = time.monotonic()
        with _nobody_writing(conn):
            wrong = _wrong(conn, _records(conn, keys[start : start + _MENDED]))
            strays = {record.id: record for record, text in wrong if not text.endswith(_GAP)}
            reindex(conn, strays.values())
        told += [text for _, text in wrong]
        count += len(strays)
        time.sleep(min(time.monotonic() - began, 1.0))
    return tuple(told), count


@contextmanager
def _nobody_writing(conn: Connection[Any]) -> Iterator[None]:
    """A transaction in which nobody else writes. Refused("busy") if they leave no gap."""
    with ExitStack() as stack:
        for _ in range(_TRIES):
            try:
                with ExitStack() as trial:
                    trial.enter_context(conn.transaction())
                    conn.execute(f"SET LOCAL lock_timeout = '{_PATIENCE}'")
                    conn.execute("LOCK TABLE resource IN SHARE ROW EXCLUSIVE MODE")
                    stack.enter_context(trial.pop_all())
                break
            except LockNotAvailable:
                time.sleep(0.1)
        else:
            raise Refused("busy", "Others write without a pause.", "Try again when there is less to do.")
        yield


def _wrong(conn: Connection[Any], records: Sequence[Record]) -> list[tuple[Record, str]]:
    """Everything that is wrong with some resources."""
    gaps = [(each, f"{each.ref} is version {each.vid}, {_GAP}") for each in _gaps(conn, records)]
    return [*gaps, *_strays(conn, records)]


_GAP = "but its history has a gap."


def _records(conn: Connection[Any], keys: Sequence[int], lock: str = "") -> list[Record]:
    sql = f"SELECT {COLUMNS.format(t='r')} FROM resource r WHERE r.id = ANY(%s) ORDER BY r.id{lock}"
    return records_of(StoreCursor(conn).execute(sql, [Bigints(keys)]))


def _next(conn: Connection[Any], after: int) -> list[Record]:
    sql = f"SELECT {COLUMNS.format(t='r')} FROM resource r WHERE r.id > %s ORDER BY r.id LIMIT {_SOME}"
    return records_of(StoreCursor(conn).execute(sql, [after]))


def orphans(conn: Connection[Any], *, mend: bool = False) -> Iterator[str]:
    """Rows of resources that are not there; `mend`: index rows go, versions never do."""
    for table in ("history", *(kind.table for kind in KINDS)):
        where = f"FROM {table} x WHERE NOT EXISTS (SELECT 1 FROM resource r WHERE r.id = x.id)"
        [(count,)] = StoreCursor(conn).execute(f"SELECT count(*) {where}").fetchall()
        if count:
            yield f"{table} has {count} rows of resources that are not there."
            if mend and table != "history":
                StoreCursor(conn).execute(f"DELETE {where}")


def _gaps(conn: Connection[Any], records: Sequence[Record]) -> Iterator[Record]:
    """Resources of which not each version before the present one is kept once (the key sees to "once")."""
    sql = "SELECT id, count(*), coalesce(max(vid), 0) FROM history WHERE id = ANY(%s) GROUP BY id"
    keys = Bigints(record.id for record in records)
    past = {row[0]: (row[1], row[2]) for row in StoreCursor(conn).execute(sql, [keys])}
    for record in records:
        if past.get(record.id, (0, 0)) != (record.vid - 1, record.vid - 1):
            yield record


def _strays(conn: Connection[Any], records: Sequence[Record]) -> Iterator[tuple[Record, str]]:
    """Resources whose index rows are not those of the present text, or carry what the version does not."""
    keys = Bigints(record.id for record in records)
    stored = [_stored(conn, kind.table, kind.columns, keys) for kind in KINDS]
    for record in records:
        wanted = None if record.deleted else rows_of(record.json)
        carried = None if wanted is None else (wanted.patient, wanted.when or NEVER, wanted.sens)
        for kind, found in zip(KINDS, stored, strict=True):
            rows, carries = found.get(record.id, (set(), set()))
            right = frozenset() if wanted is None else kind.rows(wanted)
            if rows != right or not carries <= {carried}:
                yield record, f"{record.ref}: its rows in {kind.table} are not those of its text."
        if wanted is not None and (record.patient, record.sens) != (wanted.patient, wanted.sens):
            yield record, f"{record.ref} carries another patient or other labels than its text says."


def _stored(
    conn: Connection[Any], table: str, columns: Sequence[str], keys: Bigints
) -> dict[int, tuple[set[Any], set[tuple[Any, ...]]]]:
    """Rows of each resource, and what they carry."""
    sql = f"SELECT id, patient, whn, sens, {', '.join(columns)} FROM {table} WHERE id = ANY(%s)"
    found: dict[int, tuple[set[Any], set[tuple[Any, ...]]]] = {}
    for row in StoreCursor(conn).execute(sql, [keys]):
        rows, carries = found.setdefault(row[0], (set(), set()))
        rows.add(tuple(row[4:]))
        carries.add(tuple(row[1:4]))
    return found
