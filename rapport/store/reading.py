"""Reading versions by key: the current ones, one of the past, the whole history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from rapport.fhir.definitions import TYPE_NAMES, TYPE_NUMBERS
from rapport.store.records import EVERYTHING, Filter, Record
from rapport.store.wire import EVERYONE, Bigints, StoreCursor, wearing

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
    return records_of(StoreCursor(conn).execute(*_reading(keys, where)))


def reads(conn: Connection[Any], asked: Iterable[tuple[Sequence[int], Filter]]) -> list[Record]:
    """The same of several filters, each for its own resources, in one go."""
    wanted = [(keys, where) for keys, where in asked if keys and not where.nothing]
    if len(wanted) < 2:
        return [record for keys, where in wanted for record in read(conn, keys, where)]
    found = StoreCursor(conn).execute_all((*_reading(keys, where), None) for keys, where in wanted)
    return [record_of(row) for rows in found for row in rows]


def _reading(keys: Sequence[int], where: Filter) -> tuple[str, dict[str, Any]]:
    one = len(keys) == 1
    sql = (
        f"SELECT {COLUMNS.format(t='r')} FROM resource r"
        f" WHERE r.id = {'%(keys)s' if one else 'ANY(%(keys)s)'} AND {where.on('r')}"
    )
    return sql, {"keys": keys[0] if one else Bigints(keys), **where.params}


@dataclass(frozen=True, slots=True)
class Window:
    """Which versions of a history, newest first.

    count  so many at most; None for all
    since  not older than that
    until  `(updated, seq)` of the last one already seen: go on behind it
    at     the present ones at some time of [low, high)
    """

    count: int | None = None
    since: datetime | None = None
    until: tuple[datetime, int] | None = None
    at: tuple[datetime, datetime] | None = None


ALL = Window()


def vread(conn: Connection[Any], key: int, vid: int, where: Filter = EVERYTHING) -> Record | None:
    """Version `vid` of a resource, or None.

    The filter has to let through both that version and the present one: what has been moved to
    another person or become sensitive since is hidden with its past.
    """
    rows = _versions(conn, "v.id = %(key)s AND v.vid = %(vid)s", {"key": key, "vid": vid}, where, ALL)
    return rows[0] if rows else None


def history(
    conn: Connection[Any], key: int, where: Filter = EVERYTHING, window: Window = ALL
) -> list[Record]:
    """The versions of one resource that may be seen, newest first; the rule of `vread` holds."""
    return _versions(conn, "v.id = %(key)s", {"key": key}, where, window)


def history_of_type(
    conn: Connection[Any], rtype: str, where: Filter = EVERYTHING, window: Window = ALL
) -> list[Record]:
    """The versions of all resources of a type that may be seen, newest first; the rule of `vread` holds."""
    return _versions(conn, "v.rtype = %(rtype)s", {"rtype": TYPE_NUMBERS[rtype]}, where, window)


def history_of_types(
    conn: Connection[Any], filters: Mapping[str, Filter], window: Window = ALL
) -> list[Record]:
    """The same of several types at once, each through its own filter.

    Texts are fetched for the page alone, however many types there are.
    """
    found: list[tuple[Any, ...]] = []
    for rtype in _held(conn) & filters.keys():
        params: dict[str, Any] = {"rtype": TYPE_NUMBERS[rtype]}
        sql = _versions_sql(
            "v.updated, v.seq, v.id, v.vid", "v.rtype = %(rtype)s", params, filters[rtype], window
        )
        found += StoreCursor(conn).execute(sql, params) if sql else ()
    page = sorted(found, reverse=True)[: window.count]
    keys = {"ids": Bigints(row[2] for row in page), "vids": Bigints(row[3] for row in page)}
    sql = " UNION ALL ".join(
        f"SELECT {COLUMNS.format(t='v')} FROM unnest(%(ids)s, %(vids)s) k(id, vid)"
        f" JOIN {table} v ON v.id = k.id AND v.vid = k.vid"
        for table in ("resource", "history")
    )
    records = records_of(StoreCursor(conn).execute(sql, keys)) if page else []
    return sorted(records, key=lambda record: (record.updated, record.seq), reverse=True)


def _held(conn: Connection[Any]) -> set[str]:
    """The types of which there is or was a resource: one step in the index for each."""
    sql = (
        "WITH RECURSIVE t AS (SELECT min(rtype) AS n FROM resource UNION ALL"
        " SELECT (SELECT min(rtype) FROM resource WHERE rtype > t.n) FROM t WHERE t.n IS NOT NULL)"
        " SELECT n FROM t WHERE n IS NOT NULL"
    )
    with wearing(conn, EVERYONE):  # which types there are is no secret, and looking for one's own takes long
        return {TYPE_NAMES[row[0]] for row in StoreCursor(conn).execute(sql)}


def count_versions(conn: Connection[Any], key: int, where: Filter = EVERYTHING) -> int:
    """How many versions of one resource may be seen."""
    if where.nothing:
        return 0
    sql = " UNION ALL ".join(
        f"SELECT 1 FROM {table} v WHERE v.id = %(key)s AND {where.on('v')}{seen}"
        for table, seen in _halves(where)
    )
    cursor = StoreCursor(conn).execute(f"SELECT count(*) FROM ({sql}) n", {"key": key, **where.params})
    row = cursor.fetchone()
    return int(row[0]) if row else 0


def _halves(where: Filter) -> tuple[tuple[str, str], ...]:
    """The two tables of versions; a past one also needs that the present one may be seen."""
    if where.present:
        return (("resource", ""),)
    present = f" AND EXISTS (SELECT 1 FROM resource r WHERE r.id = v.id AND {where.on('r')})"
    return ("resource", ""), ("history", present)


def _versions(
    conn: Connection[Any], first: str, params: dict[str, Any], where: Filter, window: Window
) -> list[Record]:
    sql = _versions_sql(COLUMNS.format(t="v"), first, params, where, window)
    return records_of(StoreCursor(conn).execute(sql, params)) if sql else []


def _versions_sql(columns: str, first: str, params: dict[str, Any], where: Filter, window: Window) -> str:
    """The statement of a page of versions; "" where none may be seen. Its values go into `params`."""
    if where.nothing:
        return ""
    more = _in_window(window, params)
    sql = " UNION ALL ".join(
        f"(SELECT {columns} FROM {table} v WHERE {first} AND {where.on('v')}{more}{seen}"
        " ORDER BY v.updated DESC, v.seq DESC LIMIT %(count)s)"
        for table, seen in _halves(where)
    )
    params |= {"count": window.count, **where.params}
    return f"SELECT * FROM ({sql}) u ORDER BY updated DESC, seq DESC LIMIT %(count)s"


def _in_window(window: Window, params: dict[str, Any]) -> str:
    """SQL over `v`: it belongs to the window; its values go into `params`."""
    more = ""
    if window.since is not None:
        more += " AND v.updated >= %(since)s"
        params["since"] = window.since
    if window.until is not None:
        more += " AND v.updated <= %(until)s AND (v.updated, v.seq) < (%(until)s, %(seq)s)"
        params["until"], params["seq"] = window.until
    if window.at is not None:
        more += " AND v.updated < %(at_high)s" + "".join(
            f" AND NOT EXISTS (SELECT 1 FROM {table} n"
            " WHERE n.id = v.id AND n.vid = v.vid + 1 AND n.updated <= %(at_low)s)"
            for table in ("resource", "history")
        )
        params["at_low"], params["at_high"] = window.at
    return more
