"""Values and statements on their way to PostgreSQL and back."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest

from rapport.store import wire
from rapport.store.wire import NEVER, Bigints, Floats, StoreCursor, Texts, Times

Conn = psycopg.Connection[Any]
AT = datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "given", "back"),
    [
        ("bigint", -(2**63), -(2**63)),
        ("text", "Åse \U0001f600 %", "Åse \U0001f600 %".encode()),
        ("varchar", "plain", "plain"),
        ("boolean", True, True),
        ("float8", float("inf"), float("inf")),
        ("bytea", b"\x00\xff", b"\x00\xff"),
        ("timestamptz", AT, AT),
        ("timestamptz", NEVER, NEVER),
        ("date", date(1931, 2, 3), date(1931, 2, 3)),
        ("bigint[]", Bigints((1, -2)), [1, -2]),
        ("bigint[]", [], []),
        ("bigint[]", [3, 4], [3, 4]),
        ("float8[]", Floats((0.5,)), [0.5]),
        ("timestamptz[]", Times((None, AT)), [NEVER, AT]),
        ("text[]", Texts((b"a", b"")), [b"a", b""]),
        ("text[]", ["a", "b"], [b"a", b"b"]),
        ("text", None, None),
    ],
)
def test_values_come_back(conn: Conn, kind: str, given: Any, back: Any) -> None:
    cursor = StoreCursor(conn)
    for _ in range(3):  # once as it comes, then prepared
        assert cursor.execute(f"SELECT %(x)s::{kind}, '%%', %(x)s::{kind}", {"x": given}).fetchall() == [
            (back, b"%", back)
        ]
    assert cursor.execute(f"SELECT %s::{kind}, %s::int8", [given, 7]).fetchone() == (back, 7)


@pytest.mark.parametrize("given", ["a\x00b", "\ud800", 2**63, ["a\x00b"]])
def test_what_postgresql_cannot_hold_is_a_fault_of_the_data(conn: Conn, given: object) -> None:
    with pytest.raises(psycopg.DataError):
        StoreCursor(conn).execute("SELECT %s", [given])


def test_faults_are_those_of_psycopg(conn: Conn) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero), conn.transaction():
        StoreCursor(conn).execute("SELECT 1 / %s", [0])
    with pytest.raises(psycopg.ProgrammingError):
        StoreCursor(conn).execute("SELECT %s", [object()])


@pytest.mark.parametrize("threshold", [None, 0])
def test_a_rollback_takes_no_prepared_statement_away(own_database: str, threshold: int | None) -> None:
    """psycopg makes the server forget every one after a rollback, if it has prepared any itself."""
    with psycopg.connect(own_database, prepare_threshold=threshold) as conn:
        for _ in range(3):
            for number in range(3):
                conn.execute("SELECT %s::int8", [number])
                assert StoreCursor(conn).execute("SELECT %s::int8", [number]).fetchone() == (number,)
            conn.rollback()


def test_a_transaction_begins_as_the_connection_begins_its_own(own_database: str) -> None:
    with psycopg.connect(own_database) as conn:
        StoreCursor(conn).execute("CREATE TABLE passing (x int)")
        conn.rollback()
        assert StoreCursor(conn).execute("SELECT to_regclass('passing') IS NULL").fetchone() == (True,)


def test_statements_without_end_are_forgotten(conn: Conn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "_MOST", 10)
    cursor = StoreCursor(conn)
    for number in range(40):
        for _ in range(2):
            assert cursor.execute(f"SELECT {number} + %s::int8", [1]).fetchone() == (number + 1,)
    kept = cursor.execute(
        "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'rapport%%'"
    ).fetchone()
    assert kept is not None
    assert kept[0] <= 11


def test_a_statement_that_comes_back_after_many_is_not_forgotten(
    conn: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "_MOST", 10)
    cursor = StoreCursor(conn)
    for number in range(11):
        cursor.execute(f"SELECT {number} + %s::int8", [1])
    for number in range(11):
        assert cursor.execute(f"SELECT {number} + %s::int8", [1]).fetchone() == (number + 1,)


def test_a_lost_connection_says_so(own_database: str) -> None:
    with psycopg.connect(own_database, autocommit=True) as conn, psycopg.connect(own_database) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [conn.info.backend_pid])
        with pytest.raises(psycopg.OperationalError):
            StoreCursor(conn).execute("SELECT 1")


def test_a_very_long_statement_is_not_kept(conn: Conn) -> None:
    """A search may ask for thousands of values, each time another number of them."""
    cursor, before = StoreCursor(conn), wire._written.cache_info().currsize
    for length in range(3900, 3904):
        params = {f"q{number}": number for number in range(length)}
        sql = f"SELECT {' + '.join(f'%({name})s::int8' for name in params)}"
        for _ in range(3):
            assert cursor.execute(sql, params).fetchone() == (sum(params.values()),)
    assert wire._written.cache_info().currsize == before
    sql = "SELECT count(*) FROM pg_prepared_statements WHERE length(statement) > 20000"
    assert cursor.execute(sql).fetchone() == (0,)


def test_statements_are_not_left_behind_when_psycopg_lets_go_of_its_own(own_database: str) -> None:
    with psycopg.connect(own_database, prepare_threshold=1, autocommit=True) as conn:
        for turn in range(3):
            for number in range(130):  # psycopg keeps the latest hundred
                for _ in range(2):
                    conn.execute(f"SELECT {turn * 1000 + number}")
                assert StoreCursor(conn).execute("SELECT 5::int8").fetchone() == (5,)
        kept = conn.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'rapport%'"
        ).fetchone()
    assert kept == (2,)


def test_what_the_server_has_forgotten_is_prepared_anew(own_database: str) -> None:
    with psycopg.connect(own_database, prepare_threshold=None, autocommit=True) as conn:
        for _ in range(2):
            StoreCursor(conn).execute("SELECT 5::int8")
        conn.execute("DEALLOCATE ALL")
        with pytest.raises(psycopg.errors.InvalidSqlStatementName):
            StoreCursor(conn).execute("SELECT 5::int8")
        assert StoreCursor(conn).execute("SELECT 5::int8").fetchone() == (5,)


def test_a_transaction_with_a_fault_in_it_is_not_said_to_be_kept(own_database: str) -> None:
    with psycopg.connect(own_database, autocommit=True) as conn:
        lost = pytest.raises(psycopg.OperationalError, match="nothing of it is kept")
        with lost, wire.transaction(conn), suppress(psycopg.DataError):
            StoreCursor(conn).execute("SELECT 1 / 0")
        assert StoreCursor(conn).execute("SELECT 1").fetchone() == (1,)


# ---------------------------------------------------------------- several in one go

ADD = "SELECT %s::int8 + 1"
PLAN = "SELECT current_setting('plan_cache_mode')::varchar"


def test_several_statements_answer_in_the_order_they_were_asked(own_database: str) -> None:
    with psycopg.connect(own_database, autocommit=True) as conn:
        line = StoreCursor(conn)
        for turn in range(4):  # once as they come, then prepared
            asked = [(ADD, [number], None) for number in range(turn, turn + 3)]
            twice = ("SELECT %(x)s::text, %(x)s::text", {"x": "ö"}, False)
            assert line.execute_all([*asked, twice, ("SET TIME ZONE 'UTC'", (), None)]) == [
                *([(turn + number + 1,)] for number in range(3)),
                [("ö".encode(), "ö".encode())],
                [],
            ]
        assert line.execute_all([]) == []
        assert conn.execute("SELECT 1").fetchone() == (1,)  # psycopg finds the connection as it left it


@pytest.mark.parametrize("bad", [0, 1, 2])
def test_one_that_fails_takes_the_others_with_it(own_database: str, bad: int) -> None:
    with psycopg.connect(own_database, autocommit=True) as conn:
        line = StoreCursor(conn)
        line.execute("CREATE TABLE kept (x int)")
        asked: list[wire.Asked] = [("INSERT INTO kept VALUES (1) RETURNING x", (), None)] * 2
        asked.insert(bad, ("SELECT 1 / %s::int4", [0], None))
        for _ in range(3):
            with pytest.raises(psycopg.errors.DivisionByZero):
                line.execute_all(asked)
        assert line.execute("SELECT count(*) FROM kept").fetchone() == (0,)
        with pytest.raises(psycopg.DataError):  # found before anything is sent
            line.execute_all([asked[0], ("SELECT %s", ["a\x00b"], None)])
        assert line.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_several_statements_stand_in_the_transaction_under_way(own_database: str) -> None:
    with psycopg.connect(own_database, autocommit=True) as conn:
        line = StoreCursor(conn)
        line.execute("CREATE TABLE kept (x int)")
        put: wire.Asked = ("INSERT INTO kept VALUES (1)", (), None)
        with suppress(ZeroDivisionError), wire.transaction(conn):
            line.execute_all([put, put])
            _ = 1 / 0
        assert line.execute("SELECT count(*) FROM kept").fetchone() == (0,)
        with pytest.raises(psycopg.DataError), wire.transaction(conn):
            line.execute_all([put, ("SELECT 1 / 0", (), None)])
        with wire.transaction(conn):
            line.execute_all([put, put])
        assert line.execute("SELECT count(*) FROM kept").fetchone() == (2,)
    with psycopg.connect(own_database) as conn:  # begins its transactions by itself
        StoreCursor(conn).execute_all([put, put])
        conn.rollback()
        assert StoreCursor(conn).execute("SELECT count(*) FROM kept").fetchone() == (2,)


def test_many_long_statements_and_answers_pass_each_other(own_database: str) -> None:
    """More than the sockets hold, in both directions."""
    with psycopg.connect(own_database, autocommit=True) as conn:
        long = "x" * 1_000_000
        found = StoreCursor(conn).execute_all([("SELECT %s::text", [long], None)] * 12)
        assert [len(rows[0][0]) for rows in found] == [1_000_000] * 12


def test_a_connection_that_is_lost_with_several_under_way_is_of_no_more_use(own_database: str) -> None:
    with psycopg.connect(own_database, autocommit=True) as conn, psycopg.connect(own_database) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [conn.info.backend_pid])
        with pytest.raises(psycopg.OperationalError):
            StoreCursor(conn).execute_all([("SELECT 1", (), None), ("SELECT 2", (), None)])
        assert conn.closed


def test_more_statements_than_are_kept_do_not_lose_one_on_the_way(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "_MOST", 4)
    with psycopg.connect(own_database, autocommit=True) as conn:
        asked: list[wire.Asked] = [(f"SELECT {number}::int8", (), None) for number in range(9)]
        for _ in range(4):
            assert StoreCursor(conn).execute_all(asked) == [[(number,)] for number in range(9)]


def test_what_is_prepared_is_planned_once_and_what_is_not_each_time(own_database: str) -> None:
    with psycopg.connect(own_database, autocommit=True) as conn:
        line = StoreCursor(conn)
        for _ in range(3):
            assert line.execute(PLAN).fetchone() == ("force_generic_plan",)
            assert line.execute(PLAN, prepare=False).fetchone() == ("force_custom_plan",)
        for _ in range(4):
            line.execute(ADD, [1])
        plans = line.execute(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE %s",
            ["%int8 + 1%"],
        ).fetchone()
        assert plans == (3, 0)
        with wire.transaction(conn):
            assert line.execute(PLAN, prepare=False).fetchone() == ("force_custom_plan",)
        assert line.execute(PLAN).fetchone() == ("force_generic_plan",)
