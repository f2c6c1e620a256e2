"""The everyday searches use the index they are meant to use, on twenty thousand resources.

What is asserted is the shape of the plan: no walk over a whole table, and the big table `resource`
touched for the rows of the page alone.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from typing import Any

import orjson
import psycopg
import pytest
from psycopg import sql as sql_of

from rapport.fhir import index
from rapport.fhir.keys import resource_key
from rapport.fhir.search import Search, parse
from rapport.store import counting, searching, wire
from rapport.store.records import EVERYTHING, Filter
from rapport.store.values import sent
from rapport.store.wire import Bigints, StoreCursor
from tests.store.make import LOINC, observation, patient, store, task

PATIENTS, OBSERVATIONS, TASKS = 500, 15_000, 4_500
STATUSES = ["completed"] * 200 + ["requested", "accepted"]


@pytest.fixture(scope="module")
def big(request: pytest.FixtureRequest) -> Iterator[psycopg.Connection[Any]]:
    """The connection to a database of this file alone with 20,000 resources in it."""
    postgres = request.getfixturevalue("postgres")
    request.getfixturevalue("django_db_setup")
    name = f"rapport_plans_{uuid.uuid4().hex[:8]}"  # two workers may take tests of this file
    url = postgres.create(name)
    dice = random.Random(3)
    day = [
        f"20{year:02}-{month:02}-{dom:02}"
        for year in range(10, 26)
        for month in range(1, 13)
        for dom in (3, 17)
    ]
    with psycopg.connect(url, autocommit=True) as conn:
        with conn.transaction():
            for start in range(0, PATIENTS, 250):
                store(
                    conn,
                    *(
                        patient(
                            f"p{number}",
                            f"Family{number}",
                            birthDate=dice.choice(day),
                            identifier=[{"system": "urn:mrn", "value": f"{number:05}"}],
                        )
                        for number in range(start, start + 250)
                    ),
                )
            for start in range(0, OBSERVATIONS, 500):
                codes = [str(dice.randrange(40)) for _ in range(500)]
                store(
                    conn,
                    *(
                        observation(f"o{start + n}", f"p{dice.randrange(PATIENTS)}", code, dice.choice(day))
                        for n, code in enumerate(codes)
                    ),
                )
            for start in range(0, TASKS, 500):
                store(
                    conn,
                    *(
                        task(
                            f"t{start + n}",
                            f"Organization/{dice.randrange(3)}",
                            dice.choice(STATUSES),
                            authoredOn=dice.choice(day),
                        )
                        for n in range(500)
                    ),
                )
        conn.execute("VACUUM ANALYZE")
        conn.execute("SET random_page_cost = 1.1")  # as the embedded server has it
        conn.execute("SET plan_cache_mode = force_generic_plan")  # as the connections of `/fhir` have it
        yield conn
    postgres.drop(name)


def _pairs(query: str) -> list[tuple[str, str]]:
    pieces = (piece.partition("=") for piece in query.partition("?")[2].split("&"))
    return [(name, value) for name, _, value in pieces if name]


def _explained(conn: psycopg.Connection[Any], search: Search, where: Filter) -> Any:
    """What PostgreSQL really did, planned as it is served: once for any values, or for these alone."""
    sql, params, prepare = searching.statement(conn, search, lambda rtype: where)
    if prepare is False:
        [row] = StoreCursor(conn).execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params, prepare=False)
        return row[0] if isinstance(row[0], list) else orjson.loads(row[0])
    text, names = wire._put_into_words(sql)
    values = [params[name] for name in names or ()]
    conn.pgconn.prepare(b"shown", text, [sent(value)[0] for value in values])
    try:
        given = sql_of.SQL(", ").join(map(sql_of.Literal, values))
        asked = sql_of.SQL("EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE shown") + (
            sql_of.SQL("({})").format(given) if values else sql_of.SQL("")
        )
        return conn.execute(asked).fetchall()[0][0]
    finally:
        conn.execute("DEALLOCATE shown")


def plan(conn: psycopg.Connection[Any], query: str, where: Filter = EVERYTHING) -> list[dict[str, Any]]:
    """The nodes of the plan that PostgreSQL really ran, outermost first."""
    found = _explained(conn, parse(query.partition("?")[0], _pairs(query)), where)
    nodes: list[dict[str, Any]] = []

    def walk(node: dict[str, Any]) -> None:
        nodes.append(node)
        for below in node.get("Plans", ()):
            walk(below)

    walk(found[0]["Plan"])
    return nodes


def touched(nodes: list[dict[str, Any]]) -> int:
    """Rows of index tables that were looked at."""
    return sum(
        int(node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * int(node["Actual Loops"])
        for node in nodes
        if str(node.get("Relation Name", "")).startswith("index_")
    )


SOME = Filter("{t}.patient <> 0 AND {t}.sens & 6 = 0")
EVERYDAY = {
    # query: the index that finds the candidates, rows of index tables looked at (at most)
    "Patient?identifier=urn:mrn|00042": ("index_token_find", 3),
    "Patient?family=family42": ("index_string_find", 15),
    "Patient?birthdate=2015-05-17": ("index_date_find", 20),
    f"Observation?patient=p7&code={LOINC}|7&_sort=-date": ("index_token_find", 25),
    f"Observation?patient=p7&code={LOINC}|7&date=ge2015&_sort=-date": ("index_token_find", 50),
    "Observation?patient=p7&_sort=-date": ("index_ref_find", 25),
    "Observation?subject=Patient/p7&date=ge2015&_sort=date": ("index_ref_find", 120),
    "Observation?code=7&_sort=-date": ("index_token_find", 600),
    # The 1,500 of the owner, or the 40 that are open: begun at these, whatever PostgreSQL knows of them.
    "Task?owner=Organization/1&status=requested,accepted&_sort=-authored-on": ("index_token_find", 110),
    "Task?owner=Organization/1&_sort=-authored-on": ("index_ref_find", 25),
    "Task?owner=Organization/1&_sort=authored-on": ("index_ref_find", 25),
    "Task?status=requested&_sort=authored-on": ("index_token_find", 100),
    "Observation?_sort=date": (None, 0),
    "Observation?patient.identifier=urn:mrn|00042&_sort=-date": (None, 100),
    "Observation?_sort=-_lastUpdated": (None, 0),
    "Observation": (None, 0),
}


@pytest.mark.slow
@pytest.mark.parametrize("query", EVERYDAY)
@pytest.mark.parametrize("where", [EVERYTHING, SOME], ids=["all", "some"])
def test_everyday_searches_touch_little(big: psycopg.Connection[Any], query: str, where: Filter) -> None:
    index, most = EVERYDAY[query]
    nodes = plan(big, query, where)
    assert not [node for node in nodes if node["Node Type"] == "Seq Scan"], query
    if index:
        assert index in {node.get("Index Name") for node in nodes}, query
    assert touched(nodes) <= most, query
    bodies = [node for node in nodes if node.get("Relation Name") == "resource"]
    pages = [node for node in bodies if node.get("Index Name") == "resource_pkey"]
    assert sum(int(node["Actual Loops"]) for node in pages) <= 21, query
    others = [node for node in bodies if node not in pages]
    assert {node.get("Index Name") for node in others} <= {"resource_of_type", "resource_by_time"}, query
    assert all(node["Actual Rows"] <= 21 for node in others), query


#: Somebody who sees the record of five patients.
FIVE = Filter(
    "{t}.patient = ANY(%(five)s)",
    {"five": Bigints(resource_key("Patient", f"p{number}") for number in range(5))},
    patients="SELECT unnest(%(five)s) AS patient",
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "query",
    [
        "Observation",
        "Observation?_sort=date",
        "Observation?status=final",
        "Observation?date=ge2011",
        "Observation?code:not=1",
        "Observation?_lastUpdated=gt2020&_summary=count",
        "Patient",
    ],
)
def test_what_is_shared_is_found_by_whom_it_is_about(big: psycopg.Connection[Any], query: str) -> None:
    """Five of 500 patients have about 150 of 15,000 observations: only these are looked at, a few times."""
    nodes = plan(big, query, FIVE)
    assert not [node for node in nodes if node["Node Type"] == "Seq Scan"], query
    assert touched(nodes) <= 800, query
    bodies = [node for node in nodes if node.get("Relation Name") == "resource"]
    assert sum(int(node["Actual Rows"]) * int(node["Actual Loops"]) for node in bodies) <= 200, query


def _drives(conn: psycopg.Connection[Any], query: str) -> str:
    """The table whose rows are the candidates, and whether PostgreSQL has a choice."""
    search = parse(query.partition("?")[0], _pairs(query))
    sql, _, prepare = searching.statement(conn, search, lambda rtype: EVERYTHING)
    return f"{sql.split('FROM ', 1)[1].split(' ', 1)[0]}{'' if prepare is None else ' or else'}"


@pytest.mark.slow
def test_a_search_begins_where_the_fewest_rows_are(big: psycopg.Connection[Any]) -> None:
    """Whichever condition comes first, and whatever PostgreSQL has noticed of what was stored."""
    for query in ("Task?owner=Organization/1&status=accepted", "Task?status=accepted&owner=Organization/1"):
        assert _drives(big, query) == "index_token"
    assert _drives(big, "Task?owner=Organization/1&status=completed") == "index_ref"
    assert _drives(big, "Task?owner=Organization/9&status=accepted") == "index_ref"  # nothing is owned by it
    assert _drives(big, "Task?status=completed&intent=order") == "index_token or else"
    assert _drives(big, "Observation?patient=p7&code=7&status=final") == "index_token"
    assert _drives(big, "Task?patient=amina&owner=Organization/1") == "index_ref"


@pytest.mark.slow
def test_what_was_just_stored_is_counted(big: psycopg.Connection[Any]) -> None:
    """No ANALYZE has to come first: a status that nobody had a moment ago is common now, or the other way."""
    query = "Task?owner=Organization/new&status=on-hold"
    store(big, *(task(f"held{n}", "Organization/other", "on-hold") for n in range(100)))
    store(big, task("new0", "Organization/new", "on-hold"))
    counting.forget()
    assert _drives(big, query) == "index_ref"
    store(big, *(task(f"new{n}", "Organization/new", "completed") for n in range(1, 300)))
    assert _drives(big, query) == "index_ref"  # as was counted before
    counting.forget()
    assert _drives(big, query) == "index_token"
    known = counting.counted(big, [("index_token", 0, (index.token_key("Task", "status", "completed"),))])
    assert list(known.values()) == [counting.MANY + 1]  # no further


@pytest.mark.slow
def test_what_few_rows_fit_is_read_at_once(big: psycopg.Connection[Any]) -> None:
    """Of the tasks of an owner none fits: to ask each of them would take ten times as long."""
    store(big, *(task(f"late{n}", "Organization/2", "failed") for n in range(60)))
    store(big, *(task(f"mine{n}", "Organization/few", "completed") for n in range(55)))
    counting.forget()
    nodes = plan(big, "Task?owner=Organization/few&status=failed&_sort=-authored-on")
    assert touched(nodes) <= 120
    assert all(node["Actual Loops"] == 1 for node in nodes if node.get("Index Name") == "index_token_find")


@pytest.mark.slow
def test_the_last_page_costs_what_the_first_costs(big: psycopg.Connection[Any]) -> None:
    """Paging goes on behind the last row instead of counting past all rows before it."""
    pairs = [("owner", "Organization/1"), ("_sort", "-authored-on"), ("_count", "50")]
    cursor, counts = "", []
    while True:
        query = parse("Task", [*pairs, *([("_cursor", cursor)] if cursor else [])])
        counts.append(str(_explained(big, query, EVERYTHING)).count("Seq Scan"))
        found = searching.search(big, query, lambda rtype: EVERYTHING)
        if found.next is None:
            break
        cursor = found.next
    assert len(counts) > 20 and not any(counts)
    assert (
        touched(plan(big, f"Task?owner=Organization/1&_sort=-authored-on&_count=50&_cursor={cursor}")) <= 60
    )
