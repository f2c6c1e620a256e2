"""The store's search and the plain way agree about random resources and random queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from random import Random
from typing import Any

import pytest
from psycopg import Connection

from rapport.fhir.definitions import about_people
from rapport.fhir.keys import resource_key
from rapport.fhir.outcomes import Refused
from rapport.fhir.search import parse
from rapport.store import choosing, compiling, counting, planning, searching
from rapport.store.compiling import Where
from rapport.store.records import EVERYTHING, Filter, Record
from rapport.store.wire import Bigints
from tests.oracle.asking import Asker, Query
from tests.oracle.searching import World, ref
from tests.oracle.worlds import world
from tests.store.make import store

Conn = Connection[Any]
#: Somebody who does not see what is labelled as restricted.
OPEN = Filter("{t}.sens = 0")
#: Somebody who sees the record of a few patients alone.
THEIRS = [resource_key("Patient", rid) for rid in "1234"]
FEW_PATIENTS = Filter(
    "{t}.patient = ANY(%(few)s)", {"few": Bigints(THEIRS)}, patients="SELECT unnest(%(few)s) AS patient"
)
QUERIES = 250  # of each world
FEW, MANY = 3, 100  # worlds: of the everyday run, and of the long one
#: What has to be asked at least once in the long run.
ASKED = {
    *(
        "token",
        "token:not",
        "token:text",
        "token:in",
        "token:not-in",
        "token:below",
        "token:above",
        "token:of-type",
    ),
    *(
        "token:missing",
        "reference",
        "reference:identifier",
        "reference:text",
        "reference:Patient",
        "date",
        "number",
    ),
    *(
        "quantity",
        "string",
        "string:exact",
        "string:contains",
        "uri",
        "uri:below",
        "uri:above",
        "composite",
        "special",
    ),
    *(
        "chain",
        "_has",
        "_list",
        "_sort",
        "_include",
        "_include:iterate",
        "_revinclude",
        "_revinclude:iterate",
    ),
}


def sees_all(rtype: str) -> Filter:
    return EVERYTHING


def sees_open(rtype: str) -> Filter:
    return OPEN


def sees_few(rtype: str) -> Filter:
    return FEW_PATIENTS if about_people(rtype) else EVERYTHING


def visible(record: Record, where: Where) -> bool:
    """Whether somebody sees a resource."""
    filter_ = where(record.rtype)
    labels = record.json.get("meta", {}).get("security", ())
    hidden = filter_ is OPEN and any(label.get("code") != "N" for label in labels)
    return not hidden and not (filter_ is FEW_PATIENTS and record.patient not in THEIRS)


def noted_otherwise(
    conn: Conn, rtype: str, pairs: list[tuple[str, str]], where: Where, wanted: list[str]
) -> str:
    """What is different about the first page when it is written down by the statement that finds it."""
    if where(rtype).nothing:
        return ""
    noting = ("SELECT array_agg(rid) FROM found", {})
    found = searching.search_noted(
        conn, parse(rtype, [*pairs, ("_count", str(max(1, len(wanted))))]), where, noting
    )
    got = [] if found is None else [record.ref for record in found.matches]
    return f"noted {got}, not {wanted}" if got != wanted else ""


def disagreement(conn: Conn, seen: World, where: Where, query: Query) -> str:
    """What is different between the two answers, "" for nothing."""
    pairs = [*query.conditions, *([("_sort", query.sort)] if query.sort else []), *query.includes]
    wanted = sorted(ref(one) for one in seen.matches(query.rtype, query.conditions))
    got: list[str] = []
    cursor: list[tuple[str, str]] = []
    try:
        while True:
            parsed = parse(
                query.rtype, [*pairs, ("_count", str(query.count)), ("_total", "accurate"), *cursor]
            )
            page = searching.search(conn, parsed, where)
            here = [record.ref for record in page.matches]
            if (
                not cursor
                and not query.includes
                and (wrong := noted_otherwise(conn, query.rtype, pairs, where, here))
            ):
                return wrong
            if page.total != len(wanted):
                return f"{page.total} in all, not {len(wanted)}: {wanted}"
            brought, due = {record.ref for record in page.included}, seen.included(here, query.includes)
            if brought != due or len(page.included) != len(brought):
                return f"on {here} too many came along {brought - due}, too few {due - brought}"
            got += here
            if page.next is None:
                break
            cursor = [("_cursor", page.next)]
    except Refused as refused:
        return f"refused: {refused.text}"
    if sorted(got) != wanted:
        return (
            f"too many {sorted(set(got) - set(wanted))}, too few {sorted(set(wanted) - set(got))}, {len(got)}"
        )
    if query.sort and not seen.in_order(got, query.sort):
        first, down = query.sort.split(",")[0].lstrip("-"), query.sort.startswith("-")
        return f"order {[(one, seen.rank(seen.by_ref[one], first, down)) for one in got]}"
    return ""


def compare(conn: Conn, seed: int, count: int) -> tuple[list[str], Counter[str]]:
    """One world and its queries: what they disagree about, and what was asked."""
    where = (sees_all, sees_open, sees_few)[seed % 3]
    seen = World([record.json for record in store(conn, *world(seed)) if visible(record, where)])
    asker = Asker(seen, Random(seed))
    faults, found = list[str](), 0
    for _ in range(count):
        query = asker.query()
        fault = disagreement(conn, seen, where, query)
        if fault:
            faults.append(f"{seed}: {query} {fault}")
        found += bool(seen.matches(query.rtype, query.conditions))
    return faults, Counter(asker.kinds) + Counter({"queries": count, "found something": found})


def test_store_and_plain_way_agree(conn: Conn, monkeypatch: pytest.MonkeyPatch) -> None:
    agree(conn, monkeypatch, range(FEW))


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_they_agree_on_25_000_queries(conn: Conn, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = agree(conn, monkeypatch, range(1000, 1000 + MANY))
    assert asked["queries"] == QUERIES * MANY
    assert asked.keys() >= ASKED


def agree(conn: Conn, monkeypatch: pytest.MonkeyPatch, seeds: Iterable[int]) -> Counter[str]:
    """Compare some worlds, each undone before the next; tells what was asked.

    In every other world whatever is asked goes the way of what is common, in every third it is tested by
    reading what fits at once, in every fifth PostgreSQL joins as it likes.
    """
    faults, asked = list[str](), Counter[str]()
    for seed in seeds:
        monkeypatch.setattr(choosing, "SOME", 500 if seed % 2 else 0)
        monkeypatch.setattr(compiling, "A_LOOK", 10 if seed % 3 else 1000)
        monkeypatch.setattr(planning, "FEW", 3000 if seed % 5 else 0)
        counting.forget()
        with conn.transaction(force_rollback=True):
            wrong, more = compare(conn, seed, QUERIES)
        faults += wrong
        asked += more
    assert faults == []
    assert asked["found something"] > asked["queries"] / 2
    print(dict(asked))
    return asked
