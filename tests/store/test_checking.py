"""The check finds whatever was changed behind the store's back, and nothing else."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from rapport.fhir.keys import resource_key
from rapport.fhir.outcomes import Refused
from rapport.store import checking, reading, writing
from tests.store.make import TABLES, change, creation, deletion, observation, patient, store

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


MENDABLE = [statement for statement in TAMPERED if "history" not in statement]


@pytest.mark.parametrize("statement", MENDABLE)
def test_what_can_be_mended_is(lived: Conn, statement: str) -> None:
    before = {table: rows(lived, table) for table in TABLES}
    lived.execute(statement.encode())
    told = [*checking.orphans(lived, mend=True)]
    told += [text for batch in checking.walk(lived, mend=True) for text in batch.faults]
    assert any(TAMPERED[statement] in text for text in told)
    assert list(checking.faults(lived)) == []
    if "body" not in statement:
        assert {table: rows(lived, table) for table in TABLES} == before


def test_a_gap_in_the_history_is_told_and_left(lived: Conn) -> None:
    lived.execute("DELETE FROM history WHERE vid = 1 AND rid = 'amina'")
    [batch] = checking.walk(lived, mend=True)
    assert batch.mended == 0 and len(batch.faults) == 1 and list(checking.faults(lived))


def test_a_walk_goes_on_where_it_stopped(lived: Conn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "_SOME", 1)
    batches = list(checking.walk(lived))
    assert len(batches) == 3 and [batch.looked for batch in batches] == [1, 1, 1]
    assert list(checking.walk(lived, batches[0].after)) == batches[1:]


def rows(conn: Conn, table: str) -> list[Any]:
    return sorted(conn.execute(f"SELECT * FROM index_{table}").fetchall())


# ---------------------------------------------------------------- while others write


def living(conn: Conn, rng: random.Random, stop: threading.Event) -> int:
    """Write at random until told to stop; how many writes were taken."""
    taken = 0
    while not stop.is_set():
        rid = f"o{rng.randrange(40)}"
        before = reading.read(conn, [resource_key("Observation", rid)])
        body = observation(rid, rng.choice(["amina", "bilal"]), str(rng.randrange(5)))
        write = change(body, before[0]) if before else creation(body)
        if before and not before[0].deleted and rng.random() < 0.2:
            write = deletion(before[0])
        try:
            with conn.transaction():
                writing.write(conn, [write])
            taken += 1
        except Refused as refused:
            assert refused.code in ("stale", "conflict")
    return taken


def written_meanwhile(url: str, act: Callable[[Conn], None], seconds: float) -> int:
    """Do something again and again while three others write; how many of their writes were taken."""
    stop, until = threading.Event(), time.monotonic() + seconds
    with ExitStack() as stack:
        conns = [stack.enter_context(psycopg.connect(url, autocommit=True)) for _ in range(4)]
        pool = stack.enter_context(ThreadPoolExecutor(3))
        writers = [pool.submit(living, conn, random.Random(n), stop) for n, conn in enumerate(conns[:3])]
        try:
            while time.monotonic() < until:
                act(conns[3])
        finally:
            stop.set()
        return sum(writer.result(30) for writer in writers)


def test_a_check_sees_no_faults_in_what_is_being_written(own_database: str) -> None:
    found: list[str] = []
    taken = written_meanwhile(own_database, lambda conn: found.extend(checking.faults(conn)), 4)
    assert found == [] and taken > 50


def test_mending_while_others_write(own_database: str) -> None:
    """Rows are torn out and bent all the while. In the end every row is right, and no write was refused."""
    rng, mended = random.Random(9), [0]

    def tear_and_mend(conn: Conn) -> None:
        table = rng.choice(["token", "ref", "date"])
        with conn.transaction():  # alone with the table: who tears takes rows in no order, and would lock up
            conn.execute(f"LOCK TABLE index_{table} IN SHARE ROW EXCLUSIVE MODE")
            conn.execute(f"DELETE FROM index_{table} WHERE random() < 0.3")
            conn.execute(f"UPDATE index_{table} SET patient = 1 WHERE random() < 0.2")
        mended[0] += sum(batch.mended for batch in checking.walk(conn, mend=True))

    assert written_meanwhile(own_database, tear_and_mend, 6) > 50 and mended[0] > 20
    with psycopg.connect(own_database, autocommit=True) as conn:
        list(checking.walk(conn, mend=True))  # what was torn in the last moment
        assert list(checking.faults(conn)) == []
