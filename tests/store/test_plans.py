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

from rapport.fhir import index
from rapport.fhir.keys import resource_key
from rapport.fhir.search import parse
from rapport.store import frequencies, searching
from rapport.store.records import EVERYTHING, Filter
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
        yield conn
    postgres.drop(name)


def _pairs(query: str) -> list[tuple[str, str]]:
    pieces = (piece.partition("=") for piece in query.partition("?")[2].split("&"))
    return [(name, value) for name, _, value in pieces if name]


def plan(conn: psycopg.Connection[Any], query: str, where: Filter = EVERYTHING) -> list[dict[str, Any]]:
    """The nodes of the plan that PostgreSQL really ran, outermost first."""
    search = parse(query.partition("?")[0], _pairs(query))
    sql, params = searching.statement(conn, search, lambda rtype: where)
    [row] = StoreCursor(conn).execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
    found = row[0] if isinstance(row[0], list) else orjson.loads(row[0])
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
    # Either way is quick here: the 1,500 of the owner, or the 40 that are open. The rarer the open ones, the
    # surer the planner takes these.
    "Task?owner=Organization/1&status=requested,accepted&_sort=-authored-on": (None, 1600),
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


@pytest.mark.slow
def test_the_way_is_chosen_by_what_is_common(big: psycopg.Connection[Any]) -> None:
    """What PostgreSQL counted decides where a search begins, whichever condition comes first."""
    frequencies.forget()
    known = frequencies.frequencies(big)
    done, requested = (index.token_key("Task", "status", word) for word in ("completed", "requested"))
    owner, team = index.range_key("Task", "owner"), index.target_key("Organization/1")
    assert known.of_tokens([done]) > 4000 > 100 > known.of_tokens([requested])
    assert 1000 < known.of_references(owner, [team]) < 2000
    assert known.of_references(owner, [index.target_key("Organization/none")]) == frequencies.RARE
    for query in ("Task?owner=Organization/1&status=accepted", "Task?status=accepted&owner=Organization/1"):
        sql, _ = searching.statement(big, parse("Task", _pairs(query)), lambda rtype: EVERYTHING)
        assert "FROM index_token t" in sql
        assert "OFFSET 0" in sql
    common = parse("Task", _pairs("Task?status=completed&intent=order"))
    assert "OFFSET 0" not in searching.statement(big, common, lambda rtype: EVERYTHING)[0]


@pytest.mark.slow
def test_the_last_page_costs_what_the_first_costs(big: psycopg.Connection[Any]) -> None:
    """Paging goes on behind the last row instead of counting past all rows before it."""
    pairs = [("owner", "Organization/1"), ("_sort", "-authored-on"), ("_count", "50")]
    cursor, counts = "", []
    while True:
        query = parse("Task", [*pairs, *([("_cursor", cursor)] if cursor else [])])
        sql, params = searching.statement(big, query, lambda rtype: EVERYTHING)
        [row] = StoreCursor(big).execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
        counts.append(str(row[0]).count("Seq Scan"))
        found = searching.search(big, query, lambda rtype: EVERYTHING)
        if found.next is None:
            break
        cursor = found.next
    assert len(counts) > 20 and not any(counts)
    assert (
        touched(plan(big, f"Task?owner=Organization/1&_sort=-authored-on&_count=50&_cursor={cursor}")) <= 60
    )
