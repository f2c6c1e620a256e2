"""Searches by the words beside codes, by value sets, hierarchies, places and units."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg import Connection

from rapport.fhir.outcomes import Refused
from rapport.store import codes
from rapport.store.records import EVERYTHING, NOTHING, Filter
from rapport.store.restricting import restriction
from tests.oracle.worlds import OURS, SOME, TREE, UCUM
from tests.store.make import LOINC, Json, observation, patient, store
from tests.store.test_search import ids, run

Conn = Connection[Any]


def found(conn: Conn, rtype: str, *pairs: tuple[str, str]) -> list[str]:
    return sorted(ids(run(conn, rtype, *pairs).matches))


def coded(rid: str, code: str, **more: Any) -> Json:
    return observation(rid, "amina") | {"code": {"coding": [{"system": OURS, "code": code}]}, **more}


def test_words_stand_beside_codes_and_references(conn: Conn) -> None:
    code = {"text": "Größe, stehend", "coding": [{"code": "1", "display": "Body Height"}]}
    one = observation("o", "amina") | {
        "code": code,
        "subject": {"reference": "Patient/amina", "display": "Amina"},
    }
    kind = {"text": "Passport", "coding": [{"code": "PPN"}]}
    store(conn, one, patient("amina", identifier=[{"value": "7", "type": kind}]))
    for name, words in (("code", "body h"), ("combo-code", "BODY"), ("code", "grosse"), ("subject", "amina")):
        assert found(conn, "Observation", (f"{name}:text", words)) == ["o"], words
    assert found(conn, "Observation", ("patient:text", "amina"), ("code:text", "no,body")) == ["o"]
    assert found(conn, "Patient", ("identifier:text", "pass")) == ["amina"]
    for name, words in (("code", "height"), ("category", "body"), ("performer", "amina")):
        assert found(conn, "Observation", (f"{name}:text", words)) == [], words
    with pytest.raises(Refused, match=":text is not supported on status"):
        run(conn, "Observation", ("status:text", "final"))


def test_codes_of_a_value_set(conn: Conn) -> None:
    store(conn, SOME, *(coded(code, code) for code in ("a", "a1", "a2")))
    for address in (SOME["url"], "ValueSet/some"):
        assert found(conn, "Observation", ("code:in", address)) == ["a", "a2"]
        assert found(conn, "Observation", ("code:not-in", address)) == ["a1"]
    statuses = "http://hl7.org/fhir/ValueSet/observation-status"
    assert found(conn, "Observation", ("status:in", statuses)) == ["a", "a1", "a2"]
    assert found(conn, "Patient", ("_has:Observation:patient:code:in", SOME["url"])) == []
    with pytest.raises(Refused, match="http://none") as refused:
        run(conn, "Observation", ("code:in", "http://none"))
    assert refused.value.status == 400

    many = ",".join(f"http://many/{number}" for number in range(30))
    with pytest.raises(Refused, match="not known here"):
        run(conn, "Observation", ("code:in", many))
    types = ("category:in", "http://hl7.org/fhir/ValueSet/all-types")
    with pytest.raises(Refused, match="too many codes"):
        run(conn, "Observation", *[types] * 30)

    def hidden(rtype: str) -> Filter:
        return NOTHING if rtype == "ValueSet" else EVERYTHING

    with pytest.raises(Refused, match="not known here"):
        run(conn, "Observation", ("code:in", SOME["url"]), where=hidden)


def test_value_sets_made_of_others(conn: Conn) -> None:
    """By a whole code system, a branch of it, other value sets, and without some."""

    def made(rid: str, *include: Json, exclude: tuple[Json, ...] = ()) -> Json:
        compose = {"include": list(include)} | ({"exclude": list(exclude)} if exclude else {})
        return {"resourceType": "ValueSet", "id": rid, "url": f"urn:vs:{rid}", "compose": compose}

    def below(code: str, sign: str = "is-a") -> Json:
        return {"system": OURS, "filter": [{"property": "concept", "op": sign, "value": code}]}

    codes = ("a", "a1", "a2", "b", "c")
    store(
        conn,
        *(TREE, SOME, *(coded(code, code) for code in codes)),
        made("all", {"system": OURS}),
        made("branch", below("a1")),
        made("inside", below("a", "descendent-of")),
        made("both", {"system": OURS, "valueSet": ["urn:vs:branch", SOME["url"]]}),
        made("two", {"valueSet": ["urn:vs:branch"]}, {"system": OURS, "concept": [{"code": "c"}]}),
        made("less", {"system": OURS}, exclude=({"valueSet": ["urn:vs:branch"]},)),
        made("round", {"valueSet": ["urn:vs:round"]}),
        made("odd", {"system": OURS, "filter": [{"property": "colour", "op": "=", "value": "red"}]}),
        made("far", {"system": "urn:elsewhere"}),
        *(made(f"fan{n}", *[{"valueSet": [f"urn:vs:fan{n + 1}"]}] * 9) for n in range(15)),
        made("fan15", {"system": OURS}),
    )
    for name, wanted in {
        "all": [*codes],
        "branch": ["a1", "a2"],
        "inside": ["a1", "a2", "b"],
        "both": ["a2"],
        "two": ["a1", "a2", "c"],
        "less": ["a", "b", "c"],
        "fan0": [*codes],
    }.items():
        assert found(conn, "Observation", ("code:in", f"urn:vs:{name}")) == wanted, name
    for name in ("round", "odd", "far"):
        with pytest.raises(Refused, match="not known here"):
            run(conn, "Observation", ("code:in", f"urn:vs:{name}"))


def test_codes_below_and_above(conn: Conn) -> None:
    store(conn, TREE, *(coded(code, code) for code in ("a", "a1", "a2", "b", "c")))
    assert found(conn, "Observation", ("code:below", f"{OURS}|a1")) == ["a1", "a2"]
    assert found(conn, "Observation", ("code:above", f"{OURS}|a2")) == ["a", "a1", "a2"]
    assert found(conn, "Observation", ("code:below", f"{OURS}|none")) == []
    with pytest.raises(Refused, match="code system http"):
        run(conn, "Observation", ("code:below", f"{LOINC}|1"))
    with pytest.raises(Refused, match="use system"):
        run(conn, "Observation", ("code:below", "a1"))


def test_places_near_a_place(conn: Conn) -> None:
    def at(rid: str, latitude: float, longitude: float) -> Json:
        return {
            "resourceType": "Location",
            "id": rid,
            "position": {"latitude": latitude, "longitude": longitude},
        }

    store(conn, at("tower", 48.8584, 2.2945), at("versailles", 48.8049, 2.1204), at("lyon", 45.76, 4.8357))
    store(
        conn,
        at("east", -16.8, 179.99),
        at("west", -16.8, -179.99),
        {"resourceType": "Location", "id": "nowhere"},
    )
    assert found(conn, "Location", ("near", "48.8566|2.3522|5|km")) == ["tower"]
    assert found(conn, "Location", ("near", "48.8566|2.3522|12|[mi_i]")) == ["tower", "versailles"]
    assert found(conn, "Location", ("near", "48.8566|2.3522")) == ["tower", "versailles"]
    assert found(conn, "Location", ("near", "48.8566|2.3522|4000|m")) == []
    assert found(conn, "Location", ("near", "-16.8|180|5")) == ["east", "west"]
    assert found(conn, "Location", ("near", "48.86|2.29|1,45.76|4.83|1")) == ["lyon", "tower"]
    assert found(conn, "Location", ("near:missing", "true")) == ["nowhere"]
    for wrong in ("48.8566", "91|0", "0|181", "a|b", "1|2|3|kg", "1|2|-3|km", "1|2|3|4|5", "|2", "nan|2"):
        with pytest.raises(Refused, match="near"):
            run(conn, "Location", ("near", wrong))


def test_amounts_in_other_units(conn: Conn) -> None:
    def dose(rid: str, value: float, unit: str, system: str = UCUM) -> Json:
        return observation(rid, "amina") | {"valueQuantity": {"value": value, "code": unit, "system": system}}

    store(conn, dose("mg", 4000, "mg"), dose("g", 4, "g"), dose("other", 4, "g", OURS), dose("cm", 4, "cm"))
    assert found(conn, "Observation", ("value-quantity", f"4|{UCUM}|g")) == ["g", "mg"]
    assert found(conn, "Observation", ("value-quantity", f"4000|{UCUM}|mg")) == ["g", "mg"]
    assert found(conn, "Observation", ("value-quantity", f"gt0.0039|{UCUM}|kg")) == ["g", "mg"]
    assert found(conn, "Observation", ("value-quantity", f"gt0.004|{UCUM}|kg")) == []
    assert found(conn, "Observation", ("value-quantity", "4||g")) == ["g", "other"]
    assert found(conn, "Observation", ("value-quantity", f"4|{OURS}|g")) == ["other"]
    assert found(conn, "Observation", ("value-quantity", "4")) == ["cm", "g", "other"]
    fever = {"value": 38.5, "code": "Cel", "system": UCUM, "unit": "°C"}
    store(conn, observation("warm", "amina") | {"valueQuantity": fever})
    assert found(conn, "Observation", ("value-quantity", f"ge101.3|{UCUM}|[degF]")) == ["warm"]
    assert found(conn, "Observation", ("value-quantity", "38.5||°C")) == ["warm"]
    assert found(conn, "Observation", ("value-quantity", f"lt100|{UCUM}|[degF]")) == []


def test_members_of_a_list(conn: Conn) -> None:
    entries = [{"item": {"reference": "Patient/amina"}}]
    store(conn, patient("amina"), patient("bilal"), {"resourceType": "List", "id": "l", "entry": entries})
    assert found(conn, "Patient", ("_list", "l")) == ["amina"]
    assert found(conn, "Patient", ("_list", "none")) == []


@pytest.mark.parametrize(
    "query", ["code:below=urn:test:codes|a", "code:in=http://x", "code:text=x", "code:not=a"]
)
def test_what_has_to_be_looked_up_limits_no_scope(query: str) -> None:
    """A scope is limited by what a resource says itself, not by what somebody else may change."""
    with pytest.raises(Refused, match="cannot limit a scope"):
        restriction("Observation", query)
    assert restriction("Questionnaire", "url:below=http://x/forms").present


def test_what_has_to_be_looked_through_is_bounded(conn: Conn, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few words in an address must not walk through a large code system again and again."""
    monkeypatch.setattr(codes, "STEPS", 50)
    store(conn, TREE, coded("a", "a"))
    assert found(conn, "Observation", ("code:below", ",".join([f"{OURS}|a"] * 100))) == ["a"]
    with pytest.raises(Refused, match="Too many codes"):
        run(conn, "Observation", ("code:below", ",".join(f"{OURS}|{number}" for number in range(30))))
