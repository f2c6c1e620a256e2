"""Connections of `/fhir`: the last one used is the next, broken ones go, and nobody waits for ever."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from rapport.fhir.outcomes import Refused
from rapport.fhir_api import pool as connections
from tests.fhir_api.conftest import Call


def test_the_last_one_used_is_the_next(own_database: str) -> None:
    pool = connections.Pool(own_database)
    first, second = pool.take(), pool.take()
    pool.give(first)
    pool.give(second)
    assert pool.take() is second
    pool.give(second)
    pool.close()
    assert first[0].closed
    assert second[0].closed


def test_one_that_is_not_at_rest_is_closed(own_database: str) -> None:
    pool = connections.Pool(own_database)
    taken = pool.take()
    taken[0].execute("BEGIN")
    assert taken[0].pgconn.transaction_status == TransactionStatus.INTRANS
    pool.give(taken)
    assert taken[0].closed
    assert pool.take() is not taken


def test_an_old_one_is_closed(own_database: str) -> None:
    pool = connections.Pool(own_database)
    conn, _ = pool.take()
    pool.give((conn, 0.0))
    assert conn.closed


def test_nobody_waits_for_ever(own_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST", 1)
    monkeypatch.setattr(connections, "PATIENCE", 0.05)
    pool = connections.Pool(own_database)
    taken = pool.take()
    with pytest.raises(Refused) as refused:
        pool.take()
    assert refused.value.status == 503
    pool.give(taken)
    assert pool.take() is taken


def test_after_the_server_was_away_one_request_is_told_to_try_again(api: Call, own_database: str) -> None:
    assert api("GET", "Patient/amina").status == 200
    with psycopg.connect(own_database, autocommit=True) as conn:
        conn.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = ''"
        )
    assert api("GET", "Patient/amina").status == 503
    assert api("GET", "Patient/amina").status == 200
