"""`DocumentReference/$docref`: a patient's documents, of a time or the newest of each type."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fhir_api.conftest import Call
from tests.personas import AMINA

LOINC = "http://loinc.org"
SUMMARY, NOTE = "34133-9", "11506-3"


def document(rid: str, code: str, year: int) -> dict[str, Any]:
    return {
        "resourceType": "DocumentReference",
        "id": rid,
        "status": "current",
        "subject": {"reference": AMINA},
        "date": f"{year}-05-01T10:00:00Z",
        "type": {"coding": [{"system": LOINC, "code": code}]},
        "context": {"period": {"start": f"{year}-01-01", "end": f"{year}-03-01"}},
        "content": [{"attachment": {"contentType": "text/plain", "data": "SGVsbG8="}}],
    }


@pytest.fixture
def three(api: Call) -> Call:
    for rid, code, year in (("old", SUMMARY, 2021), ("new", SUMMARY, 2024), ("note", NOTE, 2022)):
        assert api("PUT", f"DocumentReference/{rid}", document(rid, code, year)).status == 201
    return api


def found(api: Call, query: str, who: str = "program") -> set[str]:
    answer = api("GET", f"DocumentReference/$docref?{query}", who=who)
    assert answer.status == 200, answer.body
    entries = answer.json.get("entry", [])
    assert answer.json["total"] == len(entries)
    return {each["resource"]["id"] for each in entries}


def test_the_newest_of_each_type(three: Call) -> None:
    rid = AMINA.partition("/")[2]
    assert found(three, f"patient={rid}") == found(three, f"patient={AMINA}") == {"new", "note"}
    assert found(three, f"patient={rid}&type={LOINC}|{SUMMARY}") == {"new"}
    assert found(three, f"patient={rid}&type={LOINC}|1") == set()


def test_of_a_time(three: Call) -> None:
    rid = AMINA.partition("/")[2]
    assert found(three, f"patient={rid}&start=2021-02&end=2022-12-31") == {"old", "note"}
    assert found(three, f"patient={rid}&start=2025") == set()
    assert found(three, f"patient={rid}&end=2021-01-01") == {"old"}


def test_by_a_parameters_resource(three: Call) -> None:
    coding = {"system": LOINC, "code": SUMMARY}
    for kind, value in (("valueCoding", coding), ("valueCodeableConcept", {"coding": [coding]})):
        asked = {
            "resourceType": "Parameters",
            "parameter": [
                {"name": "patient", "valueId": AMINA.partition("/")[2]},
                {"name": "type", kind: value},
                {"name": "on-demand", "valueBoolean": False},
            ],
        }
        answer = three("POST", "DocumentReference/$docref", asked)
        assert [each["resource"]["id"] for each in answer.json["entry"]] == ["new"]


def test_who_may(three: Call) -> None:
    rid = AMINA.partition("/")[2]
    assert found(three, f"patient={rid}", who="amina") == {"new", "note"}
    assert found(three, f"patient={rid}", who="eve") == set()


@pytest.mark.parametrize(
    "query", ["", "patient=", "patient=a&start=soon", "patient=a&colour=blue", "patient=a&type="]
)
def test_what_cannot_be_read_is_refused(api: Call, query: str) -> None:
    assert api("GET", f"DocumentReference/$docref?{query}").status == 400
