"""Who opened which message, in which role, when: the first opening of each person. Derived from the audit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from rapport.fhir.keys import reference_key
from rapport.store.records import Filter

from .actor import Actor


@dataclass(frozen=True, slots=True)
class Opening:
    """One person opened a message for the first time."""

    ref: str
    name: str
    role: str
    at: datetime


def opened(conn: Connection[Any], actor: Actor, keys: Sequence[int], at: datetime | None = None) -> None:
    """Note the first opening of each message by this actor, now or `at`; Rapport itself opens nothing."""
    if not keys or actor.kind == "system":
        return
    conn.execute(
        "INSERT INTO seen (message, actor, ref, name, role, at) SELECT u, %s, %s, %s, %s, coalesce(%s, now())"
        " FROM unnest(%s::bigint[]) u"
        " ON CONFLICT DO NOTHING",
        (reference_key(actor.ref), actor.ref, actor.name, actor.role, at, sorted(set(keys))),
    )


def openings(conn: Connection[Any], keys: Sequence[int], where: Filter) -> dict[int, list[Opening]]:
    """The openings of these messages, oldest first, of those that pass the filter."""
    found: dict[int, list[Opening]] = {}
    if not keys:
        return found
    rows = conn.execute(
        "SELECT s.message, s.ref, s.name, s.role, s.at FROM seen s JOIN resource t ON t.id = s.message"  # noqa: S608
        f" WHERE s.message = ANY(%(gate_messages)s::bigint[]) AND {where.on('t')} ORDER BY s.at",
        {**where.params, "gate_messages": list(keys)},
    ).fetchall()
    for message, *rest in rows:
        found.setdefault(message, []).append(Opening(*rest))
    return found
