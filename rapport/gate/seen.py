"""Who opened which message, in which role, when: the first opening of each person. Derived from the audit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from rapport.fhir.index_keys import range_key, token_key
from rapport.fhir.keys import reference_key
from rapport.store.records import Filter
from rapport.store.wire import Bigints, StoreCursor

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
    sql = (
        "SELECT s.message, s.ref::varchar, s.name::varchar, s.role::varchar, s.at"  # noqa: S608
        " FROM seen s JOIN resource t ON t.id = s.message"
        f" WHERE s.message = ANY(%(gate_messages)s::bigint[]) AND {where.on('t')} ORDER BY s.at"
    )
    rows = StoreCursor(conn).execute(sql, {**where.params, "gate_messages": Bigints(keys)})
    for message, *rest in rows:
        found.setdefault(message, []).append(Opening(*rest))
    return found


_MESSAGE = token_key("Communication", "category", "message")
_PART_OF, _SENDER = range_key("Communication", "part-of"), range_key("Communication", "sender")


def _new(where: Filter) -> str:
    """SQL: the message in row `t` may be read, and this actor neither wrote nor opened it.

    OFFSET 0: each is asked by its id. Joined, all that somebody ever wrote was gone through for each.
    """
    return (
        "NOT EXISTS (SELECT 1 FROM seen s WHERE s.message = t.id AND s.actor = %(gate_who)s OFFSET 0)"  # noqa: S608
        " AND NOT EXISTS (SELECT 1 FROM index_ref o WHERE o.id = t.id AND o.key = %(gate_sender)s"
        f" AND o.target = ANY(%(gate_own)s::bigint[]) OFFSET 0) AND {where.on('t')}"
    )


def _asking(actor: Actor, where: Filter, **more: Any) -> dict[str, Any]:
    own = [reference_key(ref) for ref in (actor.ref, *actor.positions)]
    said = {"gate_who": own[0], "gate_own": Bigints(own), "gate_sender": _SENDER, "gate_kind": _MESSAGE}
    return {**where.params, **said, **more}


def unopened(
    conn: Connection[Any], actor: Actor, conversations: Sequence[int], where: Filter
) -> dict[int, int]:
    """How many messages of each conversation (by key) are new to this actor; costs what is in them."""
    sql = (
        "SELECT t.target, count(*) FROM index_ref t WHERE t.key = %(gate_part)s"  # noqa: S608
        " AND t.target = ANY(%(gate_talks)s::bigint[])"
        " AND EXISTS (SELECT 1 FROM index_token k WHERE k.id = t.id AND k.key = %(gate_kind)s)"
        f" AND {_new(where)} GROUP BY t.target"
    )
    asking = _asking(actor, where, gate_part=_PART_OF, gate_talks=Bigints(conversations))
    return dict(StoreCursor(conn).execute(sql, asking).fetchall())


#: So many of the latest messages about a patient are looked at for new ones.
LATEST = 300


def newest(
    conn: Connection[Any], actor: Actor, patient: int, where: Filter, count: int
) -> list[tuple[int, int]]:
    """Of conversations about a patient (by key): the latest message that is new to this actor, and how many.

    The latest ones first, at most `count`. Costs what was written lately, however long the record is.
    """
    latest = (
        "SELECT id, patient, sens, whn FROM index_token WHERE key = %(gate_kind)s"
        " AND patient = %(gate_patient)s ORDER BY whn DESC, id DESC LIMIT %(gate_latest)s"
    )
    sql = (
        "SELECT (array_agg(t.id ORDER BY t.whn DESC, t.id DESC))[1], count(*)"  # noqa: S608
        f" FROM ({latest}) t JOIN index_ref p ON p.id = t.id AND p.key = %(gate_part)s WHERE {_new(where)}"
        " GROUP BY p.target ORDER BY max(t.whn) DESC LIMIT %(gate_count)s"
    )
    about = {"gate_part": _PART_OF, "gate_patient": patient, "gate_latest": LATEST, "gate_count": count}
    return [(row[0], row[1]) for row in StoreCursor(conn).execute(sql, _asking(actor, where, **about))]


def pass_on(conn: Connection[Any], messages: Sequence[int], source: str, target: str) -> None:
    """What one `Patient/…` has opened of these messages (by key), another has: they are one person."""
    said = {
        "messages": Bigints(messages),
        "old": reference_key(source),
        "new": reference_key(target),
        "ref": target,
    }
    cursor = StoreCursor(conn)
    cursor.execute(
        "INSERT INTO seen (message, actor, ref, name, role, at)"
        " SELECT message, %(new)s, %(ref)s, name, role, at FROM seen"
        " WHERE message = ANY(%(messages)s) AND actor = %(old)s ON CONFLICT DO NOTHING",
        said,
    )
    cursor.execute("DELETE FROM seen WHERE message = ANY(%(messages)s) AND actor = %(old)s", said)
