"""Live topics: a number per topic that goes up when something behind it changed. It never says what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from psycopg import Connection

from rapport.fhir.keys import hash64, reference_key
from rapport.fhir.labels import JOINED
from rapport.gate.actor import Actor
from rapport.gate.claims import kinds
from rapport.gate.roles import PERSONAL
from rapport.store.records import Record
from rapport.store.wire import Bigints, StoreCursor


def topic_key(topic: str) -> int:
    """The key of a topic such as `patient:Patient/1`, `team:Organization/2`, `person:Practitioner/3`."""
    kind, _, reference = topic.partition(":")
    return key_of(kind, reference_key(reference))


def key_of(kind: str, resource: int) -> int:
    """The key of the topic of one resource, known by its key."""
    return hash64("live", kind, str(resource))


def about(actor: Actor, patient: str, *conversations: str) -> list[str]:
    """The topics of one person (`Patient/1`) that this actor may watch: staff hear of their own notes too.

    Family hear of the conversations that are shared with them (`Communication/1`), and never of how much
    else is written.
    """
    if actor.kind == "kin":
        return [f"conversation:{ref}" for ref in conversations]
    return [f"patient:{patient}", *([f"chart:{patient}"] if actor.kind == "staff" else [])]


def written(record: Record, body: Mapping[str, Any] | None) -> list[int]:
    """The topics that a written record counts up. What only staff may see stirs nothing that others watch,
    and what carries any label nothing that the circle watches."""
    if record.sens & ~PERSONAL:
        return [key_of("chart", record.patient)]
    heard = () if record.sens & ~JOINED else map(topic_key, _conversations(record, body or {}))
    return [key_of("patient", record.patient), *heard]


def _conversations(record: Record, body: Mapping[str, Any]) -> list[str]:
    """The conversation that a record is, or is in."""
    known = kinds(dict(body))
    if "conversation" in known:
        return [f"conversation:{record.ref}"]
    place = body.get("partOf" if record.rtype == "Communication" else "basedOn") if known else ()
    return [f"conversation:{ref['reference']}" for ref in place or () if "reference" in ref]


#: Counts topics up. They must be sorted, so that two transactions take the row locks in the same order.
BUMP = (
    "INSERT INTO live (topic, n) SELECT u, 1 FROM unnest(%(note_topics)s::bigint[]) u"
    " ON CONFLICT (topic) DO UPDATE SET n = live.n + 1"
)


def bump(conn: Connection[Any], topics: Iterable[int]) -> None:
    """Count up these topics."""
    keys = sorted(set(topics))
    if keys:
        conn.execute(BUMP, {"note_topics": keys})


def state(conn: Connection[Any], topics: Iterable[str]) -> int:
    """A number that goes up whenever one of the topics changed."""
    keys = [topic_key(topic) for topic in topics]
    sql = "SELECT coalesce(sum(n), 0)::bigint FROM live WHERE topic = ANY(%s::bigint[])"
    row = StoreCursor(conn).execute(sql, (Bigints(keys),)).fetchone()
    return int(row[0]) if row else 0
