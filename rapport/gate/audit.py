"""The audit: one row a request or unit, with everything it touched, in the same transaction.

A row names who, in which role, what, when and why. Rows hold references and keys, never content.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from psycopg import Connection
from psycopg.pq import TransactionStatus

from rapport.fhir.keys import reference_key
from rapport.store.reading import COLUMNS
from rapport.store.records import EVERYTHING, Filter, Record
from rapport.store.wire import Asked, Bigints, StoreCursor
from rapport.store.writing import Beside

from . import joins, live
from .actor import Actor
from .permissions import Action

DONE, REFUSED, FAILED = "0", "4", "8"
_RANK = {"D": 5, "C": 4, "U": 3, "E": 2, "R": 1, "": 0}
#: FHIR AuditEvent.action of our letters; a search is an execution.
_FHIR_ACTION = {"c": "C", "r": "R", "u": "U", "d": "D", "s": "E"}

_COLUMNS = (
    "actor, ref, name, role, purpose, action, outcome, source, request, why, query,"
    " patients, entities, owners"
)
_VALUES = (
    "%(note_actor)s::bigint, %(note_ref)s, %(note_name)s, %(note_role)s, %(note_purpose)s, %(note_action)s,"
    " %(note_outcome)s, %(note_source)s, %(note_request)s, %(note_why)s, %(note_query)s,"
    " %(note_patients)s::bigint[], %(note_entities)s::text[], %(note_owners)s::bigint[]"
)
INSERT = f"INSERT INTO audit ({_COLUMNS}) SELECT {_VALUES}"
#: Reads need not be on the disk before the answer goes out: a crash may lose those of the time that
#: PostgreSQL takes to write by itself (three times `wal_writer_delay`, 0.6 s).
_SOON = "(SELECT set_config('synchronous_commit', 'off', true)) AS soon"
_INSERT_SOON = f"{INSERT} FROM {_SOON} WHERE {{}} RETURNING 1"
#: One statement that reads a resource by `found` and writes down that it was read.
_READ_AND_NOTE = f"""
    WITH found AS ({{}}), noted AS (
        INSERT INTO audit ({_COLUMNS})
        SELECT %(note_actor)s, %(note_ref)s, %(note_name)s, %(note_role)s, %(note_purpose)s, 'R', '0',
               %(note_source)s, %(note_request)s, '', '',
               CASE patient WHEN 0 THEN ARRAY[]::bigint[] ELSE ARRAY[patient] END,
               ARRAY[%(note_entity)s || vid], ARRAY[patient]
        FROM found, {_SOON} WHERE NOT deleted)
    SELECT * FROM found
"""  # noqa: S608
#: The same for the first `{count}` of what a search found; it returns a row if it wrote one.
_FOUND_AND_NOTE = f"""
    INSERT INTO audit ({_COLUMNS})
    SELECT %(note_actor)s, %(note_ref)s, %(note_name)s, %(note_role)s, %(note_purpose)s, 'E', '0',
           %(note_source)s, %(note_request)s, '', %(note_query)s,
           ARRAY(SELECT DISTINCT patient FROM ({{shown}}) f WHERE patient <> 0 ORDER BY patient),
           ARRAY(SELECT %(note_entity)s || rid || '/_history/' || vid FROM ({{shown}}) f),
           ARRAY(SELECT patient FROM ({{shown}}) f)
    FROM {_SOON} WHERE {{warrant}} RETURNING 1
"""  # noqa: S608
_RESOURCE = COLUMNS.format(t="r")


def _plain(text: str) -> str:
    """What a text column can hold: people send anything."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


@dataclass(slots=True)
class Trail:
    """What one request or unit has touched so far."""

    why: str = ""
    action: str = ""
    queries: list[str] = field(default_factory=list)
    entities: dict[str, int] = field(default_factory=dict)  # with the patient whose each is, 0 for none

    def add(self, letter: str, reference: str, vid: int | None = None, patient: int = 0) -> None:
        """Note one resource, by its reference; `letter` is one of permissions.Action."""
        action = _FHIR_ACTION[letter]
        if _RANK[action] > _RANK[self.action]:
            self.action = action
        entity = f"{letter} {reference}/_history/{vid}" if vid else f"{letter} {reference}"
        self.entities[_plain(entity)] = patient

    def met(self, letter: Action, records: Iterable[Record]) -> None:
        """Note stored versions, as `add` does each."""
        found = {
            f"{letter} {record.rtype}/{record.rid}/_history/{record.vid}": record.patient
            for record in records
        }
        action = _FHIR_ACTION[letter]
        if found and _RANK[action] > _RANK[self.action]:
            self.action = action
        self.entities.update(found)

    def searched(self, query: str) -> None:
        """Note a search that was made, whether or not it found anything."""
        if not self.action:
            self.action = "E"
        self.queries.append(_asked(query))

    def __bool__(self) -> bool:
        return bool(self.entities or self.queries)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the log as it is read: its number, who (ref, name, role), what, when, why, how it ended."""

    number: int
    at: datetime
    ref: str
    name: str
    role: str
    purpose: str
    action: str
    outcome: str
    why: str
    entities: Sequence[str]


@dataclass(frozen=True, slots=True)
class Witness:
    """Who is written down: the actor, the purpose, the way in and the request's own id."""

    actor: Actor
    purpose: str
    source: str
    request: str

    def row(self, trail: Trail, outcome: str = DONE) -> dict[str, Any]:
        """The values of `INSERT` for a trail."""
        owners = list(trail.entities.values())
        return {
            **self._who(),
            "note_action": trail.action or "E",
            "note_outcome": outcome,
            "note_why": _plain(trail.why),
            "note_query": "\n".join(trail.queries)[:4000],
            "note_patients": Bigints(sorted({*owners} - {0})),
            "note_entities": list(trail.entities),
            "note_owners": Bigints(owners),
        }

    def _who(self) -> dict[str, Any]:
        actor = self.actor
        return {
            "note_actor": reference_key(actor.ref),
            "note_ref": actor.ref,
            "note_name": actor.name,
            "note_role": actor.role,
            "note_purpose": self.purpose,
            "note_source": self.source,
            "note_request": self.request,
        }

    def write(
        self, conn: Connection[Any], trail: Trail, outcome: str = DONE, topics: Iterable[int] = ()
    ) -> None:
        """Insert the row of a trail in the transaction that is under way, and count live topics up."""
        sql, params, _ = self.writing(trail, outcome, topics)
        StoreCursor(conn).execute(sql, params)

    def writing(self, trail: Trail, outcome: str = DONE, topics: Iterable[int] = ()) -> Asked:
        """The statement of `write`."""
        bumped, params = self._counted(topics)
        return f"{bumped}{INSERT}", {**params, **self.row(trail, outcome)}, None

    @staticmethod
    def _counted(topics: Iterable[int]) -> tuple[str, dict[str, Any]]:
        keys = sorted(set(topics))
        return (f"WITH bumped AS ({live.BUMP}) ", {"note_topics": Bigints(keys)}) if keys else ("", {})

    def beside(self, trail: Trail, topics: Iterable[int]) -> Beside:
        """The same as `write`, to go along with the statement that stores what the trail tells of."""
        bumped, params = self._counted(topics)
        sql = f",\n {bumped[5:-1]}" if bumped else ""
        sql += f",\n noted AS ({INSERT} WHERE EXISTS (SELECT 1 FROM n))"  # noqa: S608
        return sql, {**params, **self.row(trail)}

    def write_reads(self, conn: Connection[Any], trail: Trail, warrant: Filter | None = None) -> bool:
        """Insert the row of what was only read, as a transaction of its own; False if the warrant does not
        hold. The connection must be idle."""
        warrant = warrant or EVERYTHING
        sql = _INSERT_SOON.format(warrant.sql)
        return bool(StoreCursor(conn).execute(sql, {**warrant.params, **self.row(trail)}).fetchone())

    def of(self, reference: str) -> dict[str, Any]:
        """The parameters of `reading_and_noting` for that resource, but for its key and the filter's."""
        return {**self._who(), "note_entity": f"r {reference}/_history/"}

    def noting_found(
        self, rtype: str, query: str, count: int, warrant: Filter | None
    ) -> tuple[str, dict[str, Any]]:
        """A statement that writes down a search and the first `count` rows of what it `found`, and its
        parameters; it writes nothing where the warrant does not hold."""
        warrant = warrant or EVERYTHING
        shown = f"SELECT rid, vid, patient FROM found LIMIT {count:d}"  # noqa: S608
        params = {**warrant.params, **self._who(), "note_entity": f"s {rtype}/", "note_query": _asked(query)}
        return _FOUND_AND_NOTE.format(shown=shown, warrant=warrant.sql), params


@lru_cache(maxsize=256)
def reading_and_noting(where: str) -> str:
    """The statement that reads the resource of a `key` through that filter, and writes down that it was."""
    found = f"SELECT {_RESOURCE} FROM resource r WHERE r.id = %(key)s AND {where.format(t='r')}"  # noqa: S608
    return _READ_AND_NOTE.format(found)


def _asked(query: str) -> str:
    return _plain(query[:500])


def idle(conn: Connection[Any]) -> bool:
    """Whether each statement on this connection is a transaction of its own just now."""
    return conn.autocommit and conn.pgconn.transaction_status == TransactionStatus.IDLE


def log_of(
    conn: Connection[Any],
    patient: str,
    *,
    before: datetime | None = None,
    limit: int = 50,
    others: bool = False,
    number: int | None = None,
) -> list[Entry]:
    """Who looked at this patient's record or wrote in it, newest first, and of each request only their part.

    The log of a record that was joined to theirs is theirs, too.

    others: without what they did themselves; number: this row alone. Ask through `Door.log`, which knows who
    may see it.
    """
    rows = conn.execute(
        "SELECT id, at, ref, name, role, purpose, action::text, outcome::text, why, ARRAY(SELECT e FROM"
        " unnest(entities, owners) AS part(e, owner) WHERE owner = ANY(%(keys)s::bigint[])) FROM audit"
        " WHERE patients && %(keys)s::bigint[] AND at < coalesce(%(before)s, 'infinity'::timestamptz)"
        " AND NOT (%(others)s AND actor = ANY(%(keys)s::bigint[])) AND id = coalesce(%(number)s, id)"
        " ORDER BY at DESC, id DESC LIMIT %(limit)s",
        {
            "keys": joins.keys_of(conn, patient),
            "before": before,
            "limit": limit,
            "others": others,
            "number": number,
        },
    ).fetchall()
    return [Entry(*row) for row in rows]
