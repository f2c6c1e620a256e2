"""The record as it was at one moment, type by type, in pages: for exports that go on after a stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.store.params import Params
from rapport.store.reading import COLUMNS, records_of
from rapport.store.records import Filter, Record
from rapport.store.wire import Bigints, StoreCursor

#: A transaction that has written nothing yet can have begun to for so long at most.
_IN_HAND = "interval '30 seconds'"
_MOMENT = f"""
    SELECT least(now(), min(CASE WHEN backend_xid IS NULL THEN greatest(xact_start, now() - {_IN_HAND})
                                 ELSE xact_start END))
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"""


@dataclass(frozen=True, slots=True)
class Slice:
    """Which resources of a type: as they were `at`, changed after `since`.

    owned     only those that belong to a patient
    patients  only those of these patients; None for no such limit
    """

    at: datetime
    since: datetime | None = None
    owned: bool = False
    patients: Sequence[int] | None = None


def latest_moment(conn: Connection[Any]) -> datetime:
    """The latest moment of which the record will never change again: nothing older is still being written."""
    row = conn.execute(_MOMENT).fetchone()
    assert row is not None
    found: datetime = row[0]
    return found.replace(microsecond=found.microsecond // 1000 * 1000) - timedelta(milliseconds=1)


def page(
    conn: Connection[Any],
    rtype: str,
    where: Filter,
    wanted: Slice,
    *,
    behind: tuple[datetime, int] | None,
    count: int,
) -> list[Record]:
    """A page in the order of last change, `behind` (updated, id) of the last one seen.

    A version keeps its place in that order when a newer one follows, so none is left out or comes twice,
    whatever is written meanwhile. What was deleted since, or may not be seen any more, is left out.
    """
    if where.nothing:
        return []
    p = Params()
    at, number = p(wanted.at), TYPE_NUMBERS[rtype]
    tests = [f"v.rtype = {number}", "NOT v.deleted", f"v.updated <= {at}", p.filter(where, "v")]
    if wanted.since is not None:
        tests.append(f"v.updated > {p(wanted.since)}")
    if wanted.owned:
        tests.append("v.patient <> 0")
    if wanted.patients is not None:
        tests.append(f"v.patient = ANY({p(Bigints(wanted.patients))})")
    if behind is not None:
        tests.append(f"(v.updated, v.id) > ({p(behind[0])}, {p(behind[1])})")
    plain, limit = " AND ".join(tests), p(count)
    since_then = (
        f" AND EXISTS (SELECT 1 FROM resource r WHERE r.id = v.id AND NOT r.deleted AND r.updated > {at}"
        f" AND {p.filter(where, 'r')}) AND NOT EXISTS"
        f" (SELECT 1 FROM history n WHERE n.id = v.id AND n.vid = v.vid + 1 AND n.updated <= {at})"
    )
    halves = [("resource", ""), *(() if where.present else (("history", since_then),))]
    sql = " UNION ALL ".join(
        f"(SELECT {COLUMNS.format(t='v')} FROM {table} v WHERE {plain}{more}"
        f" ORDER BY v.updated, v.id LIMIT {limit})"
        for table, more in halves
    )
    sql = f"SELECT * FROM ({sql}) u ORDER BY updated, id LIMIT {limit}"
    return records_of(StoreCursor(conn).execute(sql, p.values))
