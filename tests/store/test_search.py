"""What search answers, page after page, and through the filter of every type it touches.

Whether it agrees with the plain way about anything that may be asked: see `test_oracle`.
"""

from __future__ import annotations

import json
import random
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection

from rapport.fhir.keys import resource_key
from rapport.fhir.outcomes import Refused
from rapport.fhir.search import parse
from rapport.store import searching, writing
from rapport.store.records import EVERYTHING, NOTHING, Filter, Record
from rapport.store.searching import Found
from tests.store.make import LOINC, Json, change, creation, deletion, observation, patient, store, task

Conn = Connection[Any]
Pairs = list[tuple[str, str]]

FAMILIES = ["Haddad", "Hadley", "Çelik", "Okafor", "O'Neil", "de la Cruz"]
CITIES = ["Lyon", "Leeds", "Lagos", "León"]
DAYS = ["1999", "2001-02", "2001-02-28", "2001-03-01", "2024-02-29T10:00:00Z", "2024-02-29T23:59:59+02:00"]
SPANS = [{"start": "2001-02-20", "end": "2001-03-10"}, {"start": "2020"}, {"end": "1999-06-30"}]
VALUES = [0.5, 1, 1.04, 1.5, 100, 100.4, 180]


def _world(seed: int = 7) -> list[Json]:
    """Two hundred resources, few different values: every query has something to tell apart."""
    dice = random.Random(seed)
    people = []
    for number in range(40):
        one = patient(
            f"p{number}", dice.choice(FAMILIES), identifier=[{"system": "urn:mrn", "value": str(number % 7)}]
        )
        if number % 3:
            one["gender"] = dice.choice(["male", "female"])
            one["birthDate"] = dice.choice(DAYS[:4])
            one["address"] = [{"city": dice.choice(CITIES)}, {"city": dice.choice(CITIES)}]
        people.append(one)
    found = []
    for number in range(160):
        one = observation(f"o{number}", f"p{dice.randrange(6)}", dice.choice("123"))
        del one["effectiveDateTime"]
        one["status"] = dice.choice(["final", "preliminary"])
        if number % 4 == 0:
            one["effectivePeriod"] = dice.choice(SPANS)
        elif number % 4 != 3:
            one["effectiveDateTime"] = dice.choice(DAYS)
        if number % 2:
            one["valueQuantity"] = {"value": dice.choice(VALUES), "unit": dice.choice(["cm", "kg"])}
        if number % 5 == 0:
            one["performer"] = [{"reference": f"Practitioner/{dice.randrange(3)}"}]
        if number % 7 == 0:
            one["code"]["coding"].append({"system": "urn:other", "code": dice.choice("123")})
        found.append(one)
    return people + found


WORLD = _world()


@pytest.fixture
def world(conn: Conn) -> Conn:
    """The resources, stored."""
    store(conn, *WORLD)
    return conn


def run(conn: Conn, rtype: str, *pairs: tuple[str, str], where: Any = None) -> Found:
    return searching.search(conn, parse(rtype, pairs), where or (lambda rtype: EVERYTHING))


def ids(records: tuple[Record, ...] | list[Record]) -> list[str]:
    return [record.rid for record in records]


@pytest.fixture
def loop(conn: Conn) -> Conn:
    """A few resources that point to each other."""
    store(
        conn,
        patient("amina", "Haddad"),
        patient("bilal", "Nasser"),
        observation("a1", "amina", "1", valueQuantity={"value": 5, "unit": "mg"}),
        observation("a2", "amina", "2", at="2024-06-01"),
        observation("b1", "bilal", "1", at="2024-07-01"),
        {"resourceType": "Organization", "id": "t", "name": "Harbour Street"},
        task("t1", "Organization/t", authoredOn="2024-01-01", focus={"reference": "Observation/a1"}),
        task("t2", "Practitioner/chen", "completed", authoredOn="2024-01-02"),
    )
    return conn


def test_chains_go_through_references(loop: Conn) -> None:
    assert sorted(ids(run(loop, "Observation", ("patient.family", "had")).matches)) == ["a1", "a2"]
    assert ids(run(loop, "Observation", ("subject:Patient.family", "nas"), ("code", "1")).matches) == ["b1"]
    assert ids(run(loop, "Observation", ("subject.name", "nas")).matches) == ["b1"]
    assert ids(run(loop, "Task", ("owner:Organization.name", "harb")).matches) == ["t1"]
    assert ids(run(loop, "Task", ("focus:Observation.patient.family", "had")).matches) == ["t1"]
    assert ids(run(loop, "Observation", ("patient._id", "bilal")).matches) == ["b1"]
    assert ids(run(loop, "Observation", ("patient.gender:missing", "true"), ("code", "2")).matches) == ["a2"]


def test_has_goes_against_references(loop: Conn) -> None:
    assert ids(run(loop, "Patient", ("_has:Observation:patient:code", "2")).matches) == ["amina"]
    found = run(loop, "Patient", ("_has:Observation:patient:code", "1"), ("family", "nas"))
    assert ids(found.matches) == ["bilal"]
    assert ids(run(loop, "Observation", ("_has:Task:focus:status", "requested")).matches) == ["a1"]


def test_includes_bring_what_belongs(loop: Conn) -> None:
    found = run(loop, "Observation", ("code", "1"), ("_include", "Observation:patient"), ("_sort", "date"))
    assert ids(found.matches) == ["a1", "b1"] and sorted(ids(found.included)) == ["amina", "bilal"]
    found = run(loop, "Patient", ("_id", "amina"), ("_revinclude", "Observation:subject"))
    assert sorted(ids(found.included)) == ["a1", "a2"]
    once = (("_id", "t1"), ("_include", "Task:focus"), ("_include", "Task:owner:Organization"))
    assert sorted(ids(run(loop, "Task", *once).included)) == ["a1", "t"]
    deep = run(
        loop, "Task", ("_id", "t1"), ("_include", "Task:focus"), ("_include:iterate", "Observation:patient")
    )
    assert sorted(ids(deep.included)) == ["a1", "amina"]
    assert run(loop, "Task", ("_id", "t1"), ("_include", "Task:owner:Practitioner")).included == ()


def test_every_type_is_filtered(loop: Conn) -> None:
    """Nothing that may not be seen is found, counted, chained over, or brought along."""
    amina = resource_key("Patient", "amina")
    hers = Filter("{t}.patient = %(me)s", {"me": amina})

    def where(rtype: str) -> Filter:
        return NOTHING if rtype == "Organization" else hers

    assert run(loop, "Observation", ("_total", "accurate"), ("_count", "1"), where=where).total == 2
    assert run(loop, "Observation", ("code", "1"), ("_summary", "count"), where=where).total == 1
    assert ids(run(loop, "Observation", ("patient.family", "nas"), where=where).matches) == []
    assert run(loop, "Organization", where=where) == Found(total=0)
    assert ids(run(loop, "Task", ("owner:Organization.name", "harb"), where=where).matches) == []
    assert run(loop, "Task", ("_id", "t1"), ("_include", "Task:owner"), where=where).included == ()
    assert ids(run(loop, "Patient", ("_has:Observation:patient:code", "1"), where=where).matches) == ["amina"]

    def no_observations(rtype: str) -> Filter:
        return NOTHING if rtype == "Observation" else EVERYTHING

    found = run(loop, "Patient", ("_has:Observation:patient:code", "1"), where=no_observations)
    assert found.matches == ()
    assert run(loop, "Patient", ("_revinclude", "Observation:patient"), where=no_observations).included == ()


def test_composites_ask_for_one_and_the_same_part(conn: Conn) -> None:
    def pressure(rid: str, high: float, low: float) -> Json:
        parts = [("8480-6", high), ("8462-4", low)]
        return observation(rid, "amina", "85354-9") | {
            "component": [
                {
                    "code": {"coding": [{"system": LOINC, "code": code}]},
                    "valueQuantity": {"value": value, "unit": "mm[Hg]"},
                }
                for code, value in parts
            ]
        }

    weight = observation("w", "amina", "29463-7") | {"valueQuantity": {"value": 130, "unit": "kg"}}
    store(conn, pressure("a", 140, 90), pressure("b", 110, 130), weight)

    def asked(name: str, value: str) -> list[str]:
        return sorted(ids(run(conn, "Observation", (name, value)).matches))

    assert asked("component-code-value-quantity", "8480-6$gt120") == ["a"]
    assert asked("component-code-value-quantity", f"{LOINC}|8462-4$gt120") == ["b"]
    assert asked("code-value-quantity", "29463-7$gt120") == ["w"]
    assert asked("code-value-quantity", "29463-7$gt140,29463-7$lt120") == []
    assert asked("combo-code-value-quantity", "29463-7$gt120,8480-6$gt120") == ["a", "w"]


def test_last_updated_and_ids(conn: Conn) -> None:
    old, new = [store(conn, patient(rid))[0] for rid in ("old", "new")]
    at = new.updated.isoformat().replace("+00:00", "Z")
    assert ids(run(conn, "Patient", ("_lastUpdated", f"lt{at}")).matches) == ["old"]
    assert ids(run(conn, "Patient", ("_lastUpdated", f"ge{at}")).matches) == ["new"]
    assert ids(run(conn, "Patient", ("_sort", "_lastUpdated")).matches) == ["old", "new"]
    assert ids(run(conn, "Patient", ("_sort", "_id"), ("family", "had")).matches) == ["new", "old"]
    assert ids(run(conn, "Patient", ("_id", "old,none"), ("_lastUpdated", "gt2000")).matches) == ["old"]
    writing.write(conn, [change(patient("old", "Nasser"), old), deletion(new)])
    assert ids(run(conn, "Patient").matches) == ["old"]
    assert run(conn, "Patient", ("_id", "new")).matches == ()


def test_references_by_identifier_and_address(conn: Conn) -> None:
    by_name = {"reference": "http://elsewhere/Patient/9", "identifier": {"system": "urn:mrn", "value": "9"}}
    store(
        conn,
        observation("o", "amina") | {"subject": by_name, "performer": [{"reference": "Practitioner/chen"}]},
    )
    for name, value in (
        ("subject", "http://elsewhere/Patient/9"),
        ("subject:identifier", "urn:mrn|9"),
        ("performer", "chen"),
        ("performer:Practitioner", "chen"),
    ):
        assert ids(run(conn, "Observation", (name, value)).matches) == ["o"], name
    assert run(conn, "Observation", ("performer:Organization", "chen")).matches == ()


def test_identifiers_by_type(conn: Conn) -> None:
    kind = {"coding": [{"system": "urn:kinds", "code": "MR"}]}
    store(
        conn,
        patient("a", identifier=[{"type": kind, "value": "7"}]),
        patient("b", identifier=[{"value": "7"}]),
    )
    assert ids(run(conn, "Patient", ("identifier:of-type", "urn:kinds|MR|7")).matches) == ["a"]
    assert ids(run(conn, "Patient", ("identifier:of-type", "urn:kinds|MR|8,urn:kinds|SS|7")).matches) == []
    assert sorted(ids(run(conn, "Patient", ("identifier", "7")).matches)) == ["a", "b"]


def test_uris(conn: Conn) -> None:
    for rid, url in (
        ("a", "http://x.org/forms"),
        ("b", "http://x.org/forms/one"),
        ("c", "http://x.org/formsets"),
    ):
        store(conn, {"resourceType": "Questionnaire", "id": rid, "url": url, "status": "active"})
    found = {
        modifier: sorted(ids(run(conn, "Questionnaire", (f"url{modifier}", value)).matches))
        for modifier, value in (("", "http://x.org/forms"), (":below", "http://x.org/forms"))
    }
    assert found == {"": ["a"], ":below": ["a", "b"]}
    above = run(conn, "Questionnaire", ("url:above", "http://x.org/forms/one/two"))
    assert sorted(ids(above.matches)) == ["a", "b"]


def test_a_code_with_the_system_of_its_value_set(conn: Conn) -> None:
    store(conn, task("t", "Organization/t"))
    found = run(conn, "Task", ("status", "http://hl7.org/fhir/task-status|requested"))
    assert ids(found.matches) == ["t"]
    assert run(conn, "Task", ("status", "http://elsewhere|requested")).matches == ()


def test_a_page_belongs_to_its_search(world: Conn) -> None:
    cursor = run(world, "Patient", ("_count", "2"), ("_sort", "family")).next
    assert cursor
    for pairs in ([("_sort", "-family")], [], [("_sort", "birthdate")]):
        with pytest.raises(Refused, match="does not belong"):
            run(world, "Patient", *pairs, ("_cursor", cursor))
    mark, *rest = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    forged = [[], [*rest, 1], [7, 1], ["a\x00", 1], ["a", 2**70], ["a", "b"]]
    words = [urlsafe_b64encode(json.dumps([mark, *one]).encode()).decode() for one in forged]
    for broken in ("x", "e30", cursor[:-3], "W10", "é", *words):
        with pytest.raises(Refused, match="does not belong"):
            run(world, "Patient", ("_sort", "family"), ("_cursor", broken))


def test_paging_holds_still_while_others_write(conn: Conn) -> None:
    """What is new before the page seen last neither repeats nor pushes out what was there."""
    store(conn, *(observation(f"o{number}", "amina", at=f"2024-01-{number + 1:02}") for number in range(9)))
    pairs = [("patient", "amina"), ("_sort", "-date"), ("_count", "4")]
    first = run(conn, "Observation", *pairs)
    store(conn, observation("new", "amina", at="2025-01-01"))
    second = run(conn, "Observation", *pairs, ("_cursor", first.next or ""))
    third = run(conn, "Observation", *pairs, ("_cursor", second.next or ""))
    assert ids(first.matches + second.matches + third.matches) == [f"o{n}" for n in range(8, -1, -1)]
    assert third.next is None


def test_nothing_is_skipped_or_repeated_when_all_is_changed(conn: Conn) -> None:
    """Whoever turns the pages sees each resource once, although all are written anew meanwhile."""
    people = store(conn, *(patient(f"p{number}") for number in range(12)))
    notes = store(
        conn, *(observation(f"o{number}", "p1", at=f"2024-01-{number + 1:02}") for number in range(12))
    )

    def turned(rtype: str, *pairs: tuple[str, str]) -> list[str]:
        nonlocal people, notes
        found: list[str] = []
        cursor: Pairs = []
        while True:
            page = run(conn, rtype, *pairs, ("_count", "5"), *cursor)
            found += ids(page.matches)
            if page.next is None:
                return found
            cursor = [("_cursor", page.next)]
            people, notes = (
                writing.write(conn, [change(one.json | {"language": "en"}, one) for one in each])
                for each in (people, notes)
            )

    for rtype, *pairs in (
        ("Patient",),
        ("Patient", ("_sort", "family")),
        ("Patient", ("_sort", "-birthdate,_id")),
        ("Observation",),
        ("Observation", ("patient", "p1")),
        ("Observation", ("_sort", "date")),
        ("Observation", ("_sort", "status,-code,value-quantity")),
    ):
        got = turned(rtype, *pairs)
        assert len(got) == 12 == len(set(got)), (rtype, pairs)


def test_what_has_no_value_comes_last(conn: Conn) -> None:
    born = {"a": {"birthDate": "1990"}, "b": {"birthDate": "1980"}, "c": {}}
    store(
        conn, *(patient(rid, gender="female", **more) for rid, more in born.items()), patient("d", "Zo\u00eb")
    )
    assert ids(run(conn, "Patient", ("_sort", "birthdate,_id")).matches) == ["b", "a", "c", "d"]
    assert ids(run(conn, "Patient", ("_sort", "-birthdate,_id")).matches) == ["a", "b", "c", "d"]
    assert ids(run(conn, "Patient", ("_sort", "gender,-_id")).matches) == ["c", "b", "a", "d"]
    assert ids(run(conn, "Patient", ("_sort", "-gender,_id")).matches) == ["a", "b", "c", "d"]
    assert ids(run(conn, "Patient", ("_sort", "-family,-_id")).matches) == ["d", "c", "b", "a"]
    undated = observation("o", "a")
    del undated["effectiveDateTime"]
    store(conn, undated, observation("p", "a", at="2020"), observation("q", "a", at="2019"))
    for extra in ([], [("patient", "a")], [("status", "final")]):
        assert ids(run(conn, "Observation", ("_sort", "date"), *extra).matches) == ["q", "p", "o"]
        assert ids(run(conn, "Observation", ("_sort", "-date"), *extra).matches) == ["p", "q", "o"]


ODD_NAMES = [
    *("code", "code:not", "date", "value-quantity", "subject", "performer:identifier", "_id", "_lastUpdated"),
    *(
        "patient.family",
        "patient.family:contains",
        "patient.family:exact",
        "_has:Task:focus:status",
        "_profile",
    ),
    *("code-value-quantity", "combo-code-value-quantity", "subject.identifier:of-type", "_sort", "_cursor"),
    *(
        "date:missing",
        "code:text",
        "code:in",
        "code:below",
        "status:above",
        "_has:List:item:_list",
        "_count",
        "_include",
        "_profile:below",
        "_profile:above",
        "subject:Patient",
    ),
]
ODD_WORDS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["\x00", "1|2|3", "a$b", "gt1e299", "0001", "9999-12-31", "ge9999", "-1e-299", "%", "'", "\\"]
    ),
    st.builds(lambda a, b: f"{a}|{b}", st.text(max_size=5), st.text(max_size=5)),
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs=st.lists(st.tuples(st.sampled_from(ODD_NAMES), ODD_WORDS), min_size=1, max_size=3))
def test_whatever_is_asked_is_answered_or_refused(world: Conn, pairs: Pairs) -> None:
    try:
        run(world, "Observation", *pairs)
    except Refused as refused:
        assert refused.code == "invalid"


def test_total_is_told_when_known_or_asked(world: Conn, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(world, "Patient", ("_count", "3")).total is None
    assert run(world, "Patient", ("_count", "3"), ("_total", "accurate")).total == 40
    assert run(world, "Patient", ("_count", "3"), ("_total", "estimate")).total == 40
    monkeypatch.setattr(searching, "EXACT", 10)
    guess = run(world, "Patient", ("_count", "3"), ("_total", "estimate")).total
    assert guess is not None and guess >= 11
    mine = Filter(
        "{t}.patient <> %(gate_none)s", {"gate_none": 0}
    )  # who does not see all, hears nothing of it
    assert run(world, "Patient", ("_count", "3"), ("_total", "estimate"), where=lambda _: mine).total == 40
    assert run(world, "Patient", ("_count", "100")).total == 40
    assert run(world, "Patient", ("_count", "0")) == Found(total=40)
    assert creation(WORLD[0]).rtype == "Patient"
