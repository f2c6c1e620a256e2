"""Consents into grants and denials, in the transaction that writes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import Connection

from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.fhir.index_keys import token_key
from rapport.fhir.labels import JOINED
from rapport.store.reading import COLUMNS, records_of
from rapport.store.records import Record
from rapport.store.wire import Bigints, StoreCursor

from .regions import Regions, of_part, regions
from .rows import DENIAL_COLUMNS, GRANT_COLUMNS, denial_rows, grant_rows, insert

Body = dict[str, Any]

_GRANTS = insert("access_grant", GRANT_COLUMNS)
_DENIALS = insert("access_denial", DENIAL_COLUMNS)
#: The Consents in force of some patients.
_OF_PATIENTS = (
    f"SELECT {COLUMNS.format(t='r')} FROM resource r WHERE NOT r.deleted AND r.rtype = %(rtype)s"  # noqa: S608
    " AND r.id IN (SELECT t.id FROM index_token t WHERE t.key = %(active)s AND t.patient = ANY(%(patients)s))"
)


_PATIENTS = (
    f"SELECT {COLUMNS.format(t='r')} FROM resource r"  # noqa: S608
    " WHERE r.id = ANY(%(patients)s) AND NOT r.deleted FOR SHARE"
)


def compile_consents(
    conn: Connection[Any], changed: Sequence[tuple[Record, Body | None]], patients: Sequence[Record] = ()
) -> None:
    """Compile anew these Consents (None as a body: deleted), and all that are in force of these patients.

    A patient's date of birth says when a parent's view narrows: it may have been put right.
    """
    bodies = dict(changed)
    if patients:
        params = {
            "rtype": TYPE_NUMBERS["Consent"],
            "active": token_key("Consent", "status", "active"),
            "patients": Bigints(patient.id for patient in patients),
        }
        held = {record.id for record in bodies}
        found = records_of(StoreCursor(conn).execute(_OF_PATIENTS, params))
        bodies |= {record: record.json for record in found if record.id not in held}
    sources = [record.id for record in bodies]
    if not sources:
        return
    for table in ("access_grant", "access_denial"):
        conn.execute(f"DELETE FROM {table} WHERE source = ANY(%s)", (sources,))  # noqa: S608
    said = [(record, body) for record, body in bodies.items() if body is not None and record.patient]
    births = born(conn, {record.patient for record, _ in said})
    read = [
        (record, of_part(regions(body, births.get(record.patient, "")), record.sens & JOINED))
        for record, body in said
    ]
    write(conn, [(record.id, record.patient, found) for record, found in read])


def write(conn: Connection[Any], read: Iterable[tuple[int, int, Regions]]) -> None:
    """Insert what some Consents open and close: (key of the Consent, key of the patient, regions)."""
    grants: list[tuple[Any, ...]] = []
    denials: list[tuple[Any, ...]] = []
    for source, patient, found in read:
        grants += grant_rows(found, source, patient)
        denials += denial_rows(found, source, patient)
    for statement, rows in ((_GRANTS, grants), (_DENIALS, denials)):
        if rows:
            conn.execute(statement, [list(column) for column in zip(*rows, strict=True)])


def born(conn: Connection[Any], patients: set[int]) -> dict[int, str]:
    """The dates of birth of patients by key, as written; who changes one meanwhile waits for us."""
    if not patients:
        return {}
    found = records_of(StoreCursor(conn).execute(_PATIENTS, {"patients": Bigints(patients)}))
    return {record.id: str(record.json.get("birthDate", "")) for record in found}
