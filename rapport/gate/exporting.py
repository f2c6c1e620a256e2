"""Exports: what may leave in bulk, and the table of those under way.

An export belongs to one program and holds what that program may find, as it was at one moment; never a
staff note, and nothing with a label that nobody here understands.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import orjson
from psycopg import Connection
from psycopg.types.json import Jsonb

from rapport.fhir.definitions import TYPE_NUMBERS, about_people
from rapport.fhir.keys import reference_key
from rapport.fhir.labels import STAFF, UNKNOWN
from rapport.fhir.outcomes import Refused, not_found
from rapport.store import exporting as stored
from rapport.store.records import Filter, Record
from rapport.store.restricting import restriction

from . import jobs
from .door import Door
from .permissions import SEARCH
from .policy import any_of, both

TASK = "fhir_api.export"
#: How long an export may take, and how long its files are kept after that.
LONGEST, KEPT = timedelta(hours=24), timedelta(hours=1)
#: How many a program may have under way at once.
AT_ONCE = 2
_LEAVES = Filter(f"({{t}}.sens & {STAFF | UNKNOWN}::bigint) = 0")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be exported.

    of        "system": the whole record, "patients": what belongs to patients, "group": to these
    patients  of a group: `Patient/…`
    filters   (type, query); of a type with filters comes what at least one of them finds
    """

    types: tuple[str, ...]
    of: str = "system"
    patients: tuple[str, ...] = ()
    since: str = ""
    filters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """How far an export is: in which type, behind which (updated, id) of it."""

    rtype: str
    updated: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class Export:
    """A row of the table; `files` are type → [bytes, resources]."""

    id: str
    client: str
    scopes: str
    request: str
    at: datetime
    state: str
    ends_at: datetime
    wanted: Wanted
    place: Place
    files: dict[str, list[int]]


_ROW = (
    "SELECT id, client, scopes, request, at, state, ends_at, wanted::text, place::text, files::text"
    " FROM bulk_export WHERE id = %s"
)


def _export(row: Sequence[Any] | None) -> Export | None:
    if row is None:
        return None
    wanted, place, files = (orjson.loads(text) for text in row[7:])
    asked = Wanted(
        tuple(wanted["types"]),
        wanted["of"],
        tuple(wanted["patients"]),
        wanted["since"],
        tuple((rtype, query) for rtype, query in wanted["filters"]),
    )
    export, client, scopes, request, at, state, ends_at = row[:7]
    return Export(export, client, scopes, request, at, state, ends_at, asked, Place(**place), files)


def begin(door: Door, wanted: Wanted, scopes: str, request: str) -> str:
    """Put an export off; its id. "forbidden" for who is no program or may not find a type that it names."""
    if door.actor.kind != "client":
        raise Refused("forbidden", "Only programs export.", "Ask whoever runs this site for a client.")
    closed = [rtype for rtype in wanted.types if door.where(SEARCH, rtype).nothing]
    if closed:
        raise Refused("forbidden", f"This client has no scope for {closed[0]}.", "Leave it out of _type.")
    for rtype, query in wanted.filters:
        restriction(rtype, query)
    door._note_search(request)
    with door.unit("export"):
        door.lock("export", door.actor.ref)
        row = door.conn.execute(
            "SELECT count(*) FROM bulk_export WHERE client = %s AND state = 'running' AND ends_at > now()",
            (door.actor.ref,),
        ).fetchone()
        if row and row[0] >= AT_ONCE:
            raise Refused("throttled", f"{AT_ONCE} exports are under way.", "Wait for one, or delete it.")
        found = secrets.token_urlsafe(24)
        door.conn.execute(
            "INSERT INTO bulk_export (id, client, scopes, request, wanted, place, at, ends_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, now() + %s)",
            (
                found,
                door.actor.ref,
                scopes,
                request,
                Jsonb(asdict(wanted)),
                Jsonb(asdict(Place(wanted.types[0]))),
                stored.latest_moment(door.conn),
                LONGEST,
            ),
        )
        again(door.conn, found)
    return found


def fetched(door: Door, file: str) -> None:
    """Note that a file of an export was given out."""
    door._note_search(file)


def again(conn: Connection[Any], export: str) -> None:
    """Let a worker go on with an export; it is harmless to say so more than once: see `held`."""
    jobs.later(conn, TASK, once=f"export {export}", export=export)


def types_of(patients: bool) -> tuple[str, ...]:
    """The types that an export of patients, or of everything, may hold."""
    return tuple(rtype for rtype in TYPE_NUMBERS if not patients or about_people(rtype))


def find(conn: Connection[Any], export: str, client: str) -> Export:
    """An export of this program; "not-found" for any other, and for one whose time is over."""
    row = conn.execute(f"{_ROW} AND client = %s AND ends_at > now()", (export, client)).fetchone()
    found = _export(row)
    if found is None:
        raise not_found()
    return found


def held(conn: Connection[Any], export: str) -> Export | None:
    """A running export, held until the transaction ends so that nobody else goes on with it."""
    return _export(conn.execute(f"{_ROW} AND state = 'running' FOR UPDATE", (export,)).fetchone())


def overtaken(conn: Connection[Any], export: Export) -> bool:
    """Whether somebody has closed something to this program since; then the export has failed.

    What it holds may be what they closed. Asked for again it is made without that.
    """
    done = conn.execute(
        "UPDATE bulk_export SET state = 'failed' WHERE id = %(id)s AND EXISTS (SELECT 1 FROM access_denial n"
        " JOIN access_denial d ON d.patient = n.patient JOIN resource c ON c.id = d.source"
        " WHERE NOT n.exception AND n.actor = %(program)s AND NOT d.exception AND d.valid_from <= now()"
        " AND (c.updated > %(at)s OR d.valid_from > %(at)s)) RETURNING id",
        {"id": export.id, "program": reference_key(export.client), "at": export.at},
    )
    return done.fetchone() is not None


def remove(conn: Connection[Any], export: str) -> None:
    """Forget an export. Its files are the caller's to delete, afterwards."""
    conn.execute("DELETE FROM bulk_export WHERE id = %s", (export,))


def advance(conn: Connection[Any], export: str, place: Place | None, files: Mapping[str, list[int]]) -> None:
    """Note how far it is; None: it is done, and its files are kept for `KEPT`."""
    if place is None:
        conn.execute(
            "UPDATE bulk_export SET state = 'done', files = %s, ends_at = now() + %s WHERE id = %s",
            (Jsonb(files), KEPT, export),
        )
    else:
        conn.execute(
            "UPDATE bulk_export SET place = %s, files = %s, tries = 0 WHERE id = %s",
            (Jsonb(asdict(place)), Jsonb(files), export),
        )


def trying(conn: Connection[Any], export: str, most: int) -> bool:
    """Count a try; False, and the export has failed, when it got no further for too many."""
    row = conn.execute(
        "UPDATE bulk_export SET tries = tries + 1,"
        " state = CASE WHEN tries >= %s THEN 'failed' ELSE state END"
        " WHERE id = %s AND state = 'running' RETURNING state",
        (most, export),
    ).fetchone()
    return row is not None and row[0] == "running"


def sweep(conn: Connection[Any]) -> set[str]:
    """Forget exports whose time is over, let those go on that stand still; the ids of all that are left."""
    conn.execute("DELETE FROM bulk_export WHERE ends_at <= now()")
    left = conn.execute("SELECT id, state FROM bulk_export").fetchall()
    for export, state in left:
        if state == "running":
            again(conn, export)
    return {export for export, _ in left}


class Exporting(Door):
    """The door of a program that exports: it gives pages, and notes them as found by that program."""

    def leaving(self, rtype: str, wanted: Wanted) -> Filter:
        """The filter of what may leave of a type."""
        limits = [restriction(rtype, query) for name, query in wanted.filters if name == rtype]
        own = both(self.where(SEARCH, rtype), _LEAVES)
        return both(own, any_of(limits)) if limits else own

    def page(self, export: Export, count: int) -> tuple[Place, list[Record], Place | None]:
        """Where the next resources are, these (all of one type), and where it goes on; None: nowhere."""
        wanted, place = export.wanted, export.place
        extent = stored.Slice(
            export.at,
            datetime.fromisoformat(wanted.since) if wanted.since else None,
            wanted.of != "system",
            [reference_key(one) for one in wanted.patients] if wanted.of == "group" else None,
        )
        while True:
            behind = (datetime.fromisoformat(place.updated), place.id) if place.updated else None
            where = self.leaving(place.rtype, wanted)
            records = stored.page(self.conn, place.rtype, where, extent, behind=behind, count=count)
            self._note(SEARCH, records)
            if len(records) == count:
                last = records[-1]
                return place, records, replace(place, updated=last.updated.isoformat(), id=last.id)
            rest = wanted.types[wanted.types.index(place.rtype) + 1 :]
            if records or not rest:
                return place, records, Place(rest[0]) if rest else None
            place = Place(rest[0])
