"""All that the record holds about one patient, in pages: the compartment, and what its members refer to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from rapport.fhir import index
from rapport.fhir.compartments import belonging
from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.store.compiling import Where
from rapport.store.including import allowed
from rapport.store.params import Params
from rapport.store.reading import COLUMNS, record_of
from rapport.store.records import Record
from rapport.store.wire import NEVER, Bigints, StoreCursor

#: The patient's own place in the order: before every key.
FIRST = -(1 << 63)
_BELONGING = Bigints(index.range_key(rtype, code) for rtype in TYPE_NUMBERS for code in belonging(rtype))
#: What belongs to a member by pointing at it: its files, and who wrote it.
_ATTACHED = Bigints((index.range_key("Binary", "context"), index.range_key("Provenance", "target")))


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of it: changed after `since`, of `types` only, of care from `start` until before `end`.

    What has no clinical time belongs to every time. `related`: also what members refer to, as far as it is
    nobody else's.
    """

    types: Collection[str] = tuple(TYPE_NUMBERS)
    since: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None
    related: bool = True


def members(
    conn: Connection[Any], patient: int, extent: Extent, where: Where, *, count: int, behind: int | None
) -> list[tuple[int, Record]]:
    """A page of records with their places in the order; `behind` is the last place that was already seen."""
    p = Params()
    passing = allowed(extent.types, where, p)
    through = allowed(TYPE_NUMBERS, where, p, "m")
    if not passing:
        return []
    whose = p(patient)
    ids = [f"SELECT {whose}::bigint", "SELECT id FROM member"]
    if extent.related:
        ids.append("SELECT x.target FROM index_ref x JOIN member ON member.id = x.id")
        ids.append(
            "SELECT x.id FROM index_ref x JOIN member ON member.id = x.target"
            f" WHERE x.key = ANY({p(_ATTACHED)})"
        )
    tests = ["NOT r.deleted", f"r.patient IN (0, {whose})" if extent.related else "TRUE", f"({passing})"]
    if extent.since is not None:
        tests.append(f"r.updated > {p(extent.since)}")
    if behind is not None:
        tests.append(f"r.id <> {whose} AND r.id > {p(behind)}")
    sql = f"""
        WITH member AS MATERIALIZED (
            SELECT DISTINCT m.id FROM index_ref x JOIN resource m ON m.id = x.id
            WHERE x.target = {whose} AND x.key = ANY({p(_BELONGING)}) AND NOT m.deleted
            AND ({through or "FALSE"}){_in_time(extent, p)})
        SELECT CASE r.id WHEN {whose} THEN {FIRST} ELSE r.id END AS place, {COLUMNS.format(t="r")}
        FROM resource r WHERE r.id IN ({" UNION ".join(ids)}) AND {" AND ".join(tests)}
        ORDER BY place LIMIT {p(count)}"""
    return [(row[0], record_of(row[1:])) for row in StoreCursor(conn).execute(sql, p.values)]


def _in_time(extent: Extent, p: Params) -> str:
    """SQL: the clinical time of `m` lies in the extent, or there is none."""
    parts = []
    if extent.start is not None:
        parts.append(f"m.whn >= {p(extent.start)}")
    if extent.end is not None:
        parts.append(f"m.whn < {p(extent.end)}")
    return f" AND (m.whn = {p(NEVER)} OR ({' AND '.join(parts)}))" if parts else ""
