"""Results that wait for a talk: Tasks that hold them become rows, in the transaction that writes the Task.

Held is: from the person themselves and from their circle, wherever they look, until a moment. The filter
compares that moment with the clock, so a hold ends on the second, whether or not anything runs. Staff and
programs see what is held.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection

from rapport.fhir.keys import reference_key
from rapport.store.records import Record

from .claims import kinds

Body = dict[str, Any]

#: The kind of Task that holds; what it holds stands in its inputs, until when in its restriction.
HOLD = "hold"
#: Task.status of a hold that is in force.
RUNNING = "in-progress"

_INSERT = (
    "INSERT INTO access_hold (patient, resource, ends, source)"
    " SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::bigint[])"
)


def is_hold(body: Body | None) -> bool:
    """Whether a resource holds something, or once did."""
    return body is not None and body.get("resourceType") == "Task" and HOLD in kinds(body)


def held(body: Body) -> tuple[tuple[str, ...], datetime] | None:
    """What a Task holds (references) and until when; None for one that holds nothing, or says no end."""
    if not is_hold(body) or body.get("status") != RUNNING:
        return None
    end = ((body.get("restriction") or {}).get("period") or {}).get("end")
    try:
        until = datetime.fromisoformat(str(end))
    except ValueError:
        return None
    things = (item.get("valueReference") or {} for item in body.get("input") or ())
    found = tuple(str(thing["reference"]) for thing in things if thing.get("reference"))
    return (found, until) if found and until.tzinfo else None


def compile_holds(conn: Connection[Any], changes: Sequence[tuple[Record, Body | None]]) -> None:
    """Compile anew what these Tasks hold; None as a body stands for a deletion."""
    tasks = [(record, body) for record, body in changes if record.rtype == "Task"]
    old = [record.id for record, body in tasks if record.vid > 1 and (body is None or is_hold(body))]
    if old:
        conn.execute("DELETE FROM access_hold WHERE source = ANY(%s)", (old,))
    rows = [row for record, body in tasks if body is not None for row in _rows(record, body)]
    if rows:
        conn.execute(_INSERT, [list(column) for column in zip(*rows, strict=True)])


def _rows(record: Record, body: Body) -> Iterator[tuple[int, int, datetime, int]]:
    found = held(body)
    if found is not None and record.patient:
        for reference in found[0]:
            yield record.patient, reference_key(reference), found[1], record.id
