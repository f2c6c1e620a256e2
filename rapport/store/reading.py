"""Reading versions by key: the current ones, one of the past, the whole history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection

from rapport.fhir.definitions import TYPE_NAMES, TYPE_NUMBERS
from rapport.store.records import EVERYTHING, Filter, Record
from rapport.store.wire import Bigints, StoreCursor

#: Columns of a version in the order of `record_of`; `{t}` is the alias of the row.
COLUMNS = (
    "{t}.id, {t}.rtype, {t}.rid, {t}.vid, {t}.seq, {t}.updated, {t}.patient, {t}.sens, {t}.deleted, {t}.body"
)


def record_of(row: Sequence[Any]) -> Record:
    """The record of a row of `COLUMNS`."""
    return Record(row[0], TYPE_NAMES[row[1]], *row[2:10])


def records_of(rows: Iterable[Sequence[Any]]) -> list[Record]:
    """The records of rows of `COLUMNS`."""
    return [record_of(row) for row in rows]


def read(conn: Connection[Any], keys: Sequence[int], where: Filter = EVERYTHING) -> list[Record]:
    """Current versions of those resources that pass the filter, deletions too, in no order."""
    if not keys or where.nothing:
        return []
    one = len(keys) == 1
    sql = (
        f"SELECT {COLUMNS.format(t='r')} FROM resource r"
        f" WHERE r.id = {'%(keys)s' if one else 'ANY(%(keys)s)'} AND {where.on('r')}"
    )
    params = {"keys": keys[0] if one else Bigints(keys), **where.params}
    return records_of(StoreCursor(conn).execute(sql, params))


def vread(conn: Connection[Any], key: int, vid: int, where: Filter = EVERYTHING) -> Record | None:
    """Version `vid` of a resource, or None.

    The filter has to let through both that version and the present one: what has been moved to
    another person or become sensitive since is hidden with its past.
    """
    rows = _versions(conn, key, where, " AND v.vid = %(vid)s", {"vid": vid})
    return rows[0] if rows else None


def history(conn: Connection[Any], key: int, where: Filter = EVERYTHING) -> list[Record]:
    """All versions of one resource that may be seen, newest first; the rule of `vread` holds."""
    return _versions(conn, key, where, "", {})


def _versions(
    conn: Connection[Any], key: int, where: Filter, more: str, params: dict[str, Any]
) -> list[Record]:
    if where.nothing:
        return []
    columns = COLUMNS.format(t="v")
    sql = f"""
        SELECT {columns} FROM resource v WHERE v.id = %(key)s AND {where.on("v")}{more}
        UNION ALL
        SELECT {columns} FROM history v WHERE v.id = %(key)s AND {where.on("v")}{more}
            AND EXISTS (SELECT 1 FROM resource r WHERE r.id = %(key)s AND {where.on("r")})
        ORDER BY 4 DESC"""
    return records_of(StoreCursor(conn).execute(sql, {"key": key, **params, **where.params}))


def history_of_type(
    conn: Connection[Any],
    rtype: str,
    where: Filter = EVERYTHING,
    *,
    count: int = 50,
    since: datetime | None = None,
    until: tuple[datetime, int] | None = None,
) -> list[Record]:
    """Changes of one type, newest first, `count` of them at most.

    since  not older than that
    until  `(updated, seq)` of the last one already seen: go on behind it
    """
    if where.nothing:
        return []
    params = {"rtype": TYPE_NUMBERS[rtype], "count": count, **where.params}
    more = ""
    if since is not None:
        more += " AND v.updated >= %(since)s"
        params["since"] = since
    if until is not None:
        more += " AND v.updated <= %(until)s AND (v.updated, v.seq) < (%(until)s, %(seq)s)"
        params["until"], params["seq"] = until
    sql = " UNION ALL ".join(
        f"(SELECT {COLUMNS.format(t='v')} FROM {table} v"
        f" WHERE v.rtype = %(rtype)s AND {where.on('v')}{more}{seen}"
        " ORDER BY v.updated DESC, v.seq DESC LIMIT %(count)s)"
        for table, seen in (
            ("resource", ""),
            ("history", f" AND EXISTS (SELECT 1 FROM resource r WHERE r.id = v.id AND {where.on('r')})"),
        )
    )
    return records_of(StoreCursor(conn).execute(f"{sql} ORDER BY 6 DESC, 5 DESC LIMIT %(count)s", params))
