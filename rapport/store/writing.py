"""Writing versions: the record, its history and its index rows in one statement.

Call inside a transaction. However many writes are given, creations are one statement and changes
another; a change touches only the index rows that differ from those of the version before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.errors import UniqueViolation

from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.fhir.index import rows as rows_of
from rapport.fhir.keys import hash64
from rapport.fhir.outcomes import Refused
from rapport.fhir.rows import Rows
from rapport.store import bulk
from rapport.store.indexing import KINDS, Kind, Packed
from rapport.store.records import Filter, Record, Write
from rapport.store.versions import NO_ROWS, Version, now, version_of
from rapport.store.wire import NEVER, Bigints, StoreCursor, Text, Texts, Times, held_back

#: CTEs (each with a comma before it) and their parameters, run along with the statement that stores versions;
#: `n` holds those that were stored.
Beside = tuple[str, Mapping[str, Any]]

#: From so many creations on, COPY is quicker than one statement (measured). A role that row-level security
#: holds back can't COPY: imports run as the owner.
MANY = 60


def write(conn: Connection[Any], writes: Sequence[Write], at: datetime | None = None) -> list[Record]:
    """Store those changes; the new versions in the same order. `ready`, then `store`."""
    return store(conn, ready(writes, at))


def ready(writes: Iterable[Write], at: datetime | None = None) -> list[Version]:
    """Those changes made ready: their versions and index rows. Nothing is stored."""
    at = at or now()
    return [version_of(each, at) for each in writes]


def store(
    conn: Connection[Any],
    versions: Sequence[Version],
    beside: Beside = ("", {}),
    warrant: Filter | None = None,
) -> list[Record]:
    """Store versions; their records in the same order.

    `beside`: what goes along with a single one in its statement. `warrant`: a condition without which that
    stores nothing.

    Refused("conflict") if something to be created is there already; Refused("stale") if something to be
    changed has been changed since it was read. Either leaves the transaction to be rolled back.
    """
    fresh = [version for version in versions if version.vid == 1]
    changed = [version for version in versions if version.vid > 1]
    stored: dict[int, Record] = {}
    if fresh:
        stored.update(_create(conn, fresh, beside, warrant))
    if changed:
        stored.update(_change(conn, changed, beside, warrant))
    return [stored[version.id] for version in versions]


def _create(
    conn: Connection[Any], versions: Sequence[Version], beside: Beside, warrant: Filter | None
) -> dict[int, Record]:
    if len(versions) >= MANY and not held_back(conn):
        return _create_many(conn, versions)
    params: dict[str, Any] = {}
    inserts = _inserts(((v.id, v.rows, NO_ROWS) for v in versions), params, one=len(versions) == 1)
    sql = f"""
        WITH v AS ({_given(versions, warrant, params)}),
        n AS (INSERT INTO resource ({_INTO})
              SELECT {_NEW} FROM v
              RETURNING id, seq, patient, whn, sens){inserts}{beside[0]}
        SELECT id, seq, patient, sens FROM n"""
    try:
        stored = _run(conn, sql, {**params, **beside[1]}, versions)
    except UniqueViolation as violation:
        if violation.diag.constraint_name != "resource_pkey":
            raise
        said = violation.diag.message_detail or ""
        raise _taken(next((v for v in versions if f"({v.id})" in said), versions[0])) from violation
    if not stored:  # the warrant does not hold
        raise _taken(versions[0])
    return stored


def _create_many(conn: Connection[Any], versions: Sequence[Version]) -> dict[int, Record]:
    taken = bulk.present(conn, [version.id for version in versions])
    for version in versions:
        if version.id in taken:
            raise _taken(version)
        taken.add(version.id)
    try:
        numbers = bulk.copy(conn, versions)
    except UniqueViolation as violation:  # somebody else was faster
        raise _taken(versions[0]) from violation
    return {v.id: v.record(numbers[v.id], v.rows.patient, v.rows.sens) for v in versions}


def _taken(version: Version) -> Refused:
    text = f"{version.rtype}/{version.rid} exists already."
    return Refused("conflict", text, "Read it, then update that version.")


def _change(
    conn: Connection[Any], versions: Sequence[Version], beside: Beside, warrant: Filter | None
) -> dict[int, Record]:
    versions = sorted(versions, key=lambda version: version.id)  # always locked in the same order
    params: dict[str, Any] = {}
    deletes = _deletes(versions, params)
    kept = ((v.id, v.rows, v.old) for v in versions if not v.wipe)
    inserts = _inserts(kept, params, one=len(versions) == 1)
    sql = f"""
        WITH v AS ({_given(versions, warrant, params)}),
        o AS (SELECT r.* FROM resource r JOIN v ON r.id = v.id AND r.vid = v.vid - 1
              ORDER BY r.id FOR UPDATE OF r),
        h AS (INSERT INTO history ({_INTO}) SELECT {_INTO} FROM o),
        n AS (UPDATE resource r SET seq = nextval('record_seq'), updated = v.updated, vid = v.vid,
                  patient = CASE WHEN v.gone = 1 THEN o.patient ELSE v.patient END,
                  whn = CASE WHEN v.gone = 1 THEN o.whn ELSE v.whn END,
                  sens = CASE WHEN v.gone = 1 THEN o.sens ELSE v.sens END,
                  deleted = v.gone = 1, body = v.body
              FROM v JOIN o ON o.id = v.id WHERE r.id = v.id
              RETURNING r.id, r.seq, r.patient, r.whn, r.sens){deletes}{inserts}{beside[0]}
        SELECT id, seq, patient, sens FROM n"""
    stored = _run(conn, sql, {**params, **beside[1]}, versions)
    for version in versions:
        if version.id not in stored:
            raise Refused(
                "stale",
                f"{version.rtype}/{version.rid} was changed by somebody else meanwhile.",
                "Read it again, then repeat your change.",
            )
    _write_again(conn, [v for v in versions if v.wipe and not v.deleted])
    return stored


def _write_again(conn: Connection[Any], versions: Sequence[Version]) -> None:
    """Index rows of resources whose patient, time or labels changed: all of them carry these."""
    if not versions:
        return
    params: dict[str, Any] = {"i": Bigints(v.id for v in versions)}
    inserts = _inserts(((v.id, v.rows, NO_ROWS) for v in versions), params)
    if inserts:
        found = "SELECT id, patient, whn, sens FROM resource WHERE id = ANY(%(i)s)"
        StoreCursor(conn).execute(f"WITH n AS ({found}){inserts} SELECT 1", params)


def reindex(conn: Connection[Any], records: Iterable[Record]) -> None:
    """Write the index rows of those current versions anew, whatever rows they had; a deletion has none."""
    records = list(records)
    found = [(record.id, rows_of(record.json)) for record in records if not record.deleted]
    params: dict[str, Any] = {
        "all": Bigints(record.id for record in records),
        "i": Bigints(key for key, _ in found),
        "p": Bigints(rows.patient for _, rows in found),
        "w": Times(rows.when for _, rows in found),
        "s": Bigints(rows.sens for _, rows in found),
    }
    cursor = StoreCursor(conn)
    for kind in KINDS:
        cursor.execute(f"DELETE FROM {kind.table} WHERE id = ANY(%(all)s)", params)
    inserts = _inserts(((key, rows, NO_ROWS) for key, rows in found), params)
    cursor.execute(
        "WITH v AS (SELECT * FROM unnest(%(i)s, %(p)s, %(w)s, %(s)s) AS v(id, patient, whn, sens)),"
        " n AS (UPDATE resource r SET patient = v.patient, whn = v.whn, sens = v.sens FROM v"
        f" WHERE r.id = v.id RETURNING r.id, r.patient, r.whn, r.sens){inserts} SELECT 1",
        params,
    )


_INTO = "id, seq, updated, patient, whn, sens, vid, rtype, deleted, rid, body"
_NEW = "id, nextval('record_seq'), updated, patient, whn, sens, vid, rtype, gone = 1, rid, body"
_GIVEN_ONE = (
    "SELECT %(i)s::bigint AS id, %(u)s::timestamptz AS updated, %(p)s::bigint AS patient,"
    " %(w)s::timestamptz AS whn, %(s)s::bigint AS sens, %(v)s::integer AS vid, %(t)s::integer AS rtype,"
    " %(d)s::integer AS gone, %(r)s::text AS rid, %(b)s::text AS body"
)
_GIVEN = (
    "SELECT * FROM unnest(%(i)s, %(u)s, %(p)s, %(w)s, %(s)s, %(v)s, %(t)s, %(d)s, %(r)s, %(b)s)"
    " AS v(id, updated, patient, whn, sens, vid, rtype, gone, rid, body)"
)


def _given(versions: Sequence[Version], warrant: Filter | None, params: dict[str, Any]) -> str:
    """The versions as a table; empty where the warrant does not hold. A single one goes without arrays."""
    if len(versions) == 1:
        (v,) = versions
        rows, text = v.rows, Text(v.body)
        params |= {"i": v.id, "u": v.updated, "p": rows.patient, "w": rows.when or NEVER, "s": rows.sens}
        params |= {"v": v.vid, "t": TYPE_NUMBERS[v.rtype], "d": int(v.deleted), "r": v.rid, "b": text}
    else:
        params |= _arrays(versions)
    sql = _GIVEN_ONE if len(versions) == 1 else _GIVEN
    if warrant is None:
        return sql
    params.update(warrant.params)
    return f"{sql} WHERE {warrant.sql}"


def _arrays(versions: Sequence[Version]) -> dict[str, Any]:
    return {
        "i": Bigints(v.id for v in versions),
        "u": Times(v.updated for v in versions),
        "p": Bigints(v.rows.patient for v in versions),
        "w": Times(v.rows.when for v in versions),
        "s": Bigints(v.rows.sens for v in versions),
        "v": Bigints(v.vid for v in versions),
        "t": Bigints(TYPE_NUMBERS[v.rtype] for v in versions),
        "d": Bigints(int(v.deleted) for v in versions),
        "r": Texts(v.rid.encode() for v in versions),
        "b": Texts(v.body for v in versions),
    }


def _inserts(sets: Iterable[tuple[int, Rows, Rows]], params: dict[str, Any], *, one: bool = False) -> str:
    """CTEs that insert what is in the first rows and not in the second; `n` holds the versions."""
    packs = [Packed(kind, "n", one) for kind in KINDS]
    for key, new, old in sets:
        for pack in packs:
            rows = pack.kind.rows(new)
            pack.add(key, rows - pack.kind.rows(old) if old is not NO_ROWS else rows)
    return "".join(pack.insert(params) for pack in packs if pack)


def _deletes(versions: Sequence[Version], params: dict[str, Any]) -> str:
    """CTEs that delete what is no more; `o` holds the versions before."""
    packs = [Packed(kind, "o", len(versions) == 1) for kind in KINDS]
    for version in versions:
        if not version.wipe:
            for pack in packs:
                pack.add(version.id, pack.kind.rows(version.old) - pack.kind.rows(version.rows))
    sql = "".join(pack.delete(params) for pack in packs if pack)
    wiped = Bigints(v.id for v in versions if v.wipe)
    if wiped:
        params["wiped"] = wiped
        sql += "".join(_wipe(kind) for kind in KINDS)
    return sql


def _wipe(kind: Kind) -> str:
    return (
        f",\n wipe_{kind.name} AS (DELETE FROM {kind.table} x USING o"
        f" WHERE x.id = o.id AND o.id = ANY(%(wiped)s))"
    )


def _run(
    conn: Connection[Any], sql: str, params: dict[str, Any], versions: Sequence[Version]
) -> dict[int, Record]:
    by_id = {version.id: version for version in versions}
    return {row[0]: by_id[row[0]].record(*row[1:]) for row in StoreCursor(conn).execute(sql, params)}


def lock(conn: Connection[Any], *words: str) -> None:
    """Hold the lock of those words until the transaction ends; waits for who has it."""
    StoreCursor(conn).execute("SELECT pg_advisory_xact_lock(%s)", [hash64("lock", *words)])
