"""Who may be the same person, as was found by comparing; and who is not, as a person said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection

from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.gate.permissions import READ
from rapport.store.reading import COLUMNS, records_of
from rapport.store.records import Record

from .moving import lead, person

TWO_PEOPLE = "these are two people"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two `Patient/…` that may be one person, and how much speaks for it."""

    low: str
    high: str
    score: int


def ordered(one: str, other: str) -> tuple[str, str]:
    """Two references in the order in which they are kept."""
    return (one, other) if one < other else (other, one)


def found(conn: Connection[Any], patient: str, scores: Mapping[str, int]) -> None:
    """What comparing a `Patient/…` with others has found now; what was said by a person stays."""
    conn.execute(
        "DELETE FROM identity_pair WHERE NOT apart AND (low = %(who)s OR high = %(who)s)", {"who": patient}
    )
    for other, score in scores.items():
        low, high = ordered(patient, other)
        conn.execute(
            "INSERT INTO identity_pair (low, high, score) VALUES (%s, %s, %s)"
            " ON CONFLICT (low, high) DO UPDATE SET score = excluded.score",
            (low, high, score),
        )


def best(conn: Connection[Any], count: int) -> list[Pair]:
    """Those for which most speaks."""
    sql = "SELECT low, high, score FROM identity_pair WHERE NOT apart ORDER BY score DESC, low, high LIMIT %s"
    return [Pair(*row) for row in conn.execute(sql, (count,)).fetchall()]


def of(conn: Connection[Any], patient: str) -> list[Pair]:
    """Those of one `Patient/…`."""
    sql = (
        "SELECT low, high, score FROM identity_pair WHERE NOT apart AND (low = %(who)s OR high = %(who)s)"
        " ORDER BY score DESC LIMIT 20"
    )
    return [Pair(*row) for row in conn.execute(sql, {"who": patient}).fetchall()]


def are_apart(conn: Connection[Any], one: str, other: str) -> bool:
    """Whether a person said that these are two people."""
    sql = "SELECT 1 FROM identity_pair WHERE low = %s AND high = %s AND apart"
    return conn.execute(sql, ordered(one, other)).fetchone() is not None


def keep_apart(door: Any, *, one: str, other: str) -> None:
    """These are two people: they are not proposed again. It is written down for both."""
    lead(door)
    with door.unit(TWO_PEOPLE):
        for record in (person(door, one), person(door, other)):
            door._note(READ, (record,))
        low, high = ordered(one, other)
        door.conn.execute(
            "INSERT INTO identity_pair (low, high, score, apart, by) VALUES (%s, %s, 0, true, %s)"
            " ON CONFLICT (low, high) DO UPDATE SET apart = true, by = excluded.by, at = now()",
            (low, high, door.actor.name),
        )


def compared(conn: Connection[Any]) -> tuple[datetime, int] | None:
    """How far patients have been compared, in the order of their last change; None before the first."""
    row = conn.execute("SELECT updated, id FROM identity_seen").fetchone()
    return (row[0], row[1]) if row else None


def compared_to(conn: Connection[Any], updated: datetime, key: int) -> None:
    """Remember how far."""
    conn.execute("DELETE FROM identity_seen")
    conn.execute("INSERT INTO identity_seen (updated, id) VALUES (%s, %s)", (updated, key))


def changed(conn: Connection[Any], count: int) -> list[Record]:
    """The next patients who were changed and have not been compared since, in that order."""
    behind = compared(conn) or (datetime(1, 1, 1, tzinfo=UTC), 0)
    sql = (
        f"SELECT {COLUMNS.format(t='r')} FROM resource r WHERE r.rtype = %(rtype)s"  # noqa: S608
        " AND (r.updated, r.id) > (%(updated)s::timestamptz, %(id)s::bigint) AND NOT r.deleted"
        " AND r.updated < now() - interval '5 seconds' ORDER BY r.updated, r.id LIMIT %(count)s"
    )
    params = {"rtype": TYPE_NUMBERS["Patient"], "updated": behind[0], "id": behind[1], "count": count}
    return records_of(conn.execute(sql, params).fetchall())
