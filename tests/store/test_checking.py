"""The check finds whatever was changed behind the store's back, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg import Connection

from rapport.store import checking, writing
from tests.store.make import change, deletion, observation, patient, store

Conn = Connection[Any]


@pytest.fixture
def lived(conn: Conn) -> Conn:
    """Resources that were made, changed and deleted."""
    first, second, third = store(
        conn, patient("amina"), observation("o1", "amina"), observation("o2", "amina")
    )
    writing.write(conn, [change(patient("amina", "Nasser"), first), deletion(third)])
    writing.write(conn, [change(observation("o1", "bilal"), second)])
    return conn


def test_what_the_store_wrote_agrees(lived: Conn) -> None:
    assert list(checking.faults(lived)) == []


TAMPERED = {
    "DELETE FROM index_token WHERE ctid = (SELECT min(ctid) FROM index_token)": "index_token",
    "UPDATE index_ref SET patient = 1 WHERE ctid = (SELECT min(ctid) FROM index_ref)": "index_ref",
    "UPDATE index_date SET low = low - interval '1 day'": "Observation/o1: its rows in index_date",
    "INSERT INTO index_uri VALUES (1, 2, 3, now(), 0, 'x')": "index_uri has 1",
    "DELETE FROM history WHERE vid = 1 AND rid = 'amina'": "Patient/amina is version 2, but",
    "UPDATE resource SET sens = 2 WHERE rid = 'o1'": "Observation/o1 carries another patient or other labels",
    'UPDATE resource SET deleted = false, body = \'{"resourceType":"Observation","status":"final"}\''
    " WHERE rid = 'o2'": "Observation/o2: its rows in index_token",
}


@pytest.mark.parametrize("statement", TAMPERED)
def test_what_was_tampered_with_is_named(lived: Conn, statement: str) -> None:
    lived.execute(statement.encode())
    assert any(TAMPERED[statement] in fault for fault in checking.faults(lived))
