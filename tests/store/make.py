"""Resources and writes for the tests of the store, and the plain way to read its tables."""

from __future__ import annotations

from typing import Any

import orjson
from psycopg import Connection

from rapport.fhir.index import rows
from rapport.fhir.keys import resource_key
from rapport.store import reading, writing
from rapport.store.records import Record, Write

Json = dict[str, Any]
LOINC = "http://loinc.org"
TABLES = ("token", "ref", "date", "number", "string", "uri")


def patient(rid: str, family: str = "Haddad", **more: Any) -> Json:
    return {"resourceType": "Patient", "id": rid, "name": [{"family": family, "given": ["Amina"]}], **more}


def observation(rid: str, owner: str, code: str = "8302-2", at: str = "2024-05-01", **more: Any) -> Json:
    return {
        "resourceType": "Observation",
        "id": rid,
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "subject": {"reference": f"Patient/{owner}"},
        "effectiveDateTime": at,
        **more,
    }


def task(rid: str, owner: str, status: str = "requested", **more: Any) -> Json:
    return {
        "resourceType": "Task",
        "id": rid,
        "status": status,
        "intent": "order",
        "for": {"reference": "Patient/amina"},
        "owner": {"reference": owner},
        **more,
    }


def creation(body: Json) -> Write:
    return Write(orjson.dumps(body), body, body["id"])


def change(body: Json, before: Record) -> Write:
    return Write(orjson.dumps(body), body, before.rid, before)


def deletion(before: Record) -> Write:
    return Write(b"", {}, before.rid, before, delete=True)


def store(conn: Connection[Any], *bodies: Json) -> list[Record]:
    return writing.write(conn, [creation(body) for body in bodies])


def current(conn: Connection[Any], ref: str) -> Record | None:
    found = reading.read(conn, [resource_key(*ref.split("/"))])
    return found[0] if found else None


def index_rows(conn: Connection[Any], key: int) -> dict[str, set[tuple[Any, ...]]]:
    """What the index tables hold of a resource, each row without its carried columns."""
    columns = {
        "token": "key, second",
        "ref": "key, target",
        "date": "key, low, high",
        "number": "key, low, high, unit",
        "string": "key, value",
        "uri": "key, value",
    }
    return {
        kind: set(conn.execute(f"SELECT {names} FROM index_{kind} WHERE id = %s", [key]).fetchall())
        for kind, names in columns.items()
    }


def expected_rows(body: Json) -> dict[str, set[tuple[Any, ...]]]:
    """What they should hold."""
    found = rows(body)
    return {kind: set(getattr(found, kind)) for kind in TABLES}


def carried(conn: Connection[Any], key: int) -> set[tuple[Any, ...]]:
    """The different (patient, whn, sens) on all rows of a resource, index and version alike."""
    sql = " UNION ".join(
        f"SELECT patient, whn, sens FROM {name} WHERE id = %(id)s"
        for name in ("resource", *(f"index_{kind}" for kind in TABLES))
    )
    return set(conn.execute(sql, {"id": key}).fetchall())
