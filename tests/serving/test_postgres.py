"""The embedded PostgreSQL: starts, answers, survives, and goes when nobody needs it."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection

import rapport
from rapport.config import health


def test_conn_is_undone(conn: psycopg.Connection) -> None:
    conn.execute("CREATE TABLE here (a int)")


def test_conn_was_undone(conn: psycopg.Connection) -> None:
    assert conn.execute("SELECT to_regclass('here')").fetchone() == (None,)


@pytest.mark.django_db
def test_django_speaks_to_the_same_server() -> None:
    assert connection.vendor == "postgresql"
    status, words = health.state()
    assert (status, words["status"], words["version"]) == ("200 OK", "ok", rapport.__version__)


def test_own_database_keeps_commits(own_database: str, postgres) -> None:
    with psycopg.connect(own_database) as one:
        one.execute("CREATE TABLE mine (a int)")
    with psycopg.connect(own_database) as two:
        assert two.execute("SELECT count(*) FROM mine").fetchone() == (0,)
