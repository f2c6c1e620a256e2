"""Over HTTP, too, search agrees with the plain way: written in an address or a form, page by page.

For people it finds what they may read one by one, no less and no more.
"""

from __future__ import annotations

from random import Random
from urllib.parse import urlencode

import orjson
import psycopg
import pytest

from tests.fhir_api.conftest import Call
from tests.oracle.asking import Asker, Query
from tests.oracle.searching import World
from tests.oracle.worlds import world
from tests.store.make import store

BASE = "http://testserver/fhir/"
FORM = "application/x-www-form-urlencoded"
QUERIES = 100


TEAM = {"member": {"reference": "Organization/harbour-street"}}


def everything(api: Call, database: str, who: str) -> World:
    """A world beside the people of the tests, as far as somebody may read it. Some of it is their team's."""
    with psycopg.connect(database) as conn:
        store(conn, *world(5))
        bodies = conn.execute("SELECT body FROM resource WHERE NOT deleted").fetchall()
    for rid in "135":
        care = {"id": f"care-{rid}", "status": "active", "subject": {"reference": f"Patient/{rid}"}}
        made = api("PUT", f"CareTeam/care-{rid}", {"resourceType": "CareTeam", **care, "participant": [TEAM]})
        assert made.status == 201
        bodies.append((made.body,))
    each = [orjson.loads(body) for (body,) in bodies]
    return World(
        [one for one in each if api("GET", f"{one['resourceType']}/{one['id']}", who=who).status == 200]
    )


def disagreement(api: Call, who: str, seen: World, query: Query, by_form: bool) -> str:
    """What is different between the two answers, "" for nothing."""
    pairs = [*query.conditions, *([("_sort", query.sort)] if query.sort else []), *query.includes]
    written = urlencode([*pairs, ("_count", str(query.count)), ("_total", "accurate")])
    wanted = seen.matches(query.rtype, query.conditions)
    got: list[str] = []
    url = f"{query.rtype}?{written}"
    while url:
        first = by_form and not got
        form = (f"{query.rtype}/_search", written.encode(), who, FORM)
        said = api("POST", *form) if first else api("GET", url, who=who)
        if said.status != 200:
            return said.body.decode()
        entries = {"match": [], "include": []}  # type: dict[str, list[str]]
        for entry in said.json.get("entry", ()):
            entries[entry["search"]["mode"]].append(entry["fullUrl"].removeprefix(BASE))
        brought = seen.included(entries["match"], query.includes)
        if said.json["total"] != len(wanted) or set(entries["include"]) != brought:
            return f"{said.json['total']} not {len(wanted)}; {entries['include']} not {brought}"
        got += entries["match"]
        more = [link["url"] for link in said.json["link"] if link["relation"] == "next"]
        url = more[0].removeprefix(BASE) if more else ""
    right = sorted(got) == sorted(f"{one['resourceType']}/{one['id']}" for one in wanted)
    return "" if right and (not query.sort or seen.in_order(got, query.sort)) else f"found {got}"


@pytest.mark.slow
@pytest.mark.usefixtures("no_guards")
@pytest.mark.parametrize(("who", "least"), [("program", 95), ("dara", 40), ("amina", 15)])
def test_what_is_found_is_what_may_be_read(api: Call, own_database: str, who: str, least: int) -> None:
    seen = everything(api, own_database, who)
    assert len(seen.all) >= least
    asker, faults = Asker(seen, Random(5)), list[str]()
    for number in range(QUERIES):
        query = asker.query()
        fault = disagreement(api, who, seen, query, by_form=number % 2 == 1)
        if fault:
            faults.append(f"{query} {fault}")
    assert faults == []
