"""Live topics: a number per topic that goes up when something behind it changed. It never says what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psycopg import Connection

from rapport.fhir.keys import hash64, reference_key
from rapport.gate.actor import Actor
from rapport.gate.roles import PERSONAL
from rapport.store.records import Record


def topic_key(topic: str) -> int:
    """The key of a topic such as `patient:Patient/1`, `team:Organization/2`, `person:Practitioner/3`."""
    kind, _, reference = topic.partition(":")
    return key_of(kind, reference_key(reference))


def key_of(kind: str, resource: int) -> int:
    """The key of the topic of one resource, known by its key."""
    return hash64("live", kind, str(resource))


def about(actor: Actor, patient: str) -> list[str]:
    """The topics of one person (`Patient/1`) that this actor may watch: staff hear of their own notes too."""
    return [f"patient:{patient}", *([f"chart:{patient}"] if actor.kind == "staff" else [])]


def written(record: Record) -> int:
    """The topic that a written record counts up. What only staff may see stirs nothing that others watch."""
    return key_of("chart" if record.sens & ~PERSONAL else "patient", record.patient)


#: Counts topics up. They must be sorted, so that two transactions take the row locks in the same order.
BUMP = (
    "INSERT INTO live (topic, n) SELECT u, 1 FROM unnest(%s::bigint[]) u"
    " ON CONFLICT (topic) DO UPDATE SET n = live.n + 1"
)


def bump(conn: Connection[Any], topics: Iterable[int]) -> None:
    """Count up these topics."""
    keys = sorted(set(topics))
    if keys:
        conn.execute(BUMP, (keys,))


def state(conn: Connection[Any], topics: Iterable[str]) -> int:
    """A number that goes up whenever one of the topics changed."""
    keys = [topic_key(topic) for topic in topics]
    row = conn.execute(
        "SELECT coalesce(sum(n), 0)::bigint FROM live WHERE topic = ANY(%s)", (keys,)
    ).fetchone()
    return int(row[0]) if row else 0
