"""Compartments and `$everything`: all of a patient, page by page, and nothing of anybody else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fhir_api.conftest import Call
from tests.personas import CHEN, EVE, conversation, observation

pytestmark = pytest.mark.usefixtures("no_guards")

LAB = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}]
}


def arrived(api: Call) -> None:
    """Amina's: a conversation, six measurements; one that she took of Eve; a staff note; a file."""
    api("PUT", "Communication/c1", conversation("c1"))
    for number in range(5):
        at = {"effectiveDateTime": f"202{number}-03-01"}
        api(
            "PUT",
            f"Observation/o{number}",
            observation(f"o{number}") | at | {"performer": [{"reference": CHEN}]},
        )
    api("PUT", "Observation/lab", observation("lab") | {"category": [LAB]})
    api(
        "PUT",
        "Observation/eves",
        observation("eves", patient=EVE) | {"performer": [{"reference": "Patient/amina"}]},
    )
    secret = {"meta": {"security": [{"system": "urn:rapport:label", "code": "staff-only"}]}}
    api("PUT", "Observation/note", observation("note") | secret)
    file = {"resourceType": "Binary", "id": "b1", "contentType": "text/plain", "data": "aGk="}
    api("PUT", "Binary/b1", file | {"securityContext": {"reference": "Communication/c1"}})


def ids(bundle: Any) -> list[str]:
    return [entry["fullUrl"].removeprefix("http://testserver/fhir/") for entry in bundle.get("entry", ())]


def pages(api: Call, url: str, who: str = "program") -> list[list[str]]:
    found = []
    while url:
        page = api("GET", url, who=who).json
        found.append(ids(page))
        more = [link["url"] for link in page["link"] if link["relation"] == "next"]
        url = more[0].removeprefix("http://testserver/fhir/") if more else ""
    return found


def test_compartment_search(api: Call) -> None:
    arrived(api)
    found = api("GET", "Patient/amina/Observation?_count=50").json
    theirs = {f"Observation/{rid}" for rid in ("o0", "o1", "o2", "o3", "o4", "lab", "eves", "note")}
    assert set(ids(found)) == theirs
    assert found["link"][0]["url"] == "http://testserver/fhir/Patient/amina/Observation?_count=50"
    assert ids(api("GET", "Patient/amina/Observation?category=laboratory").json) == ["Observation/lab"]
    form = "application/x-www-form-urlencoded"
    posted = api("POST", "Patient/amina/Observation/_search", b"category=laboratory", media=form)
    assert ids(posted.json) == ["Observation/lab"]
    paged = pages(api, "Patient/amina/Observation?_count=3&_sort=-date")
    assert [len(page) for page in paged] == [3, 3, 2] and {each for page in paged for each in page} == theirs
    assert set(ids(api("GET", "Patient/amina/Observation", who="amina").json)) == theirs - {
        "Observation/eves",
        "Observation/note",
    }
    assert ids(api("GET", "Patient/amina/Observation", who="eve").json) == ["Observation/eves"]
    assert ids(api("GET", "Patient/amina/Observation?_summary=count", who="eve_staff").json) == []
    assert ids(api("GET", "Patient/amina/Patient").json) == ["Patient/amina"]
    assert api("GET", "Patient/amina/Organization").status == 400
    assert api("GET", "Patient/amina/Nothing").status == 404
    assert api("GET", "Patient/amina/Observation?bogus=1").status == 400


def test_whole_compartment(api: Call) -> None:
    arrived(api)
    found = ids(api("GET", "Patient/amina/*").json)
    assert found[0] == "Patient/amina" and "CareTeam/amina-harbour-street" in found
    assert not any(each.startswith(("Practitioner/", "Organization/")) for each in found)
    assert "Observation/eves" in found and len(found) == len(set(found))
    assert ids(api("GET", "Patient/amina/*", who="eve").json) == []
    assert api("GET", "Patient/amina/*", who="eve").status == 404


def test_everything(api: Call) -> None:
    arrived(api)
    found = pages(api, "Patient/amina/$everything?_count=4")
    flat = [each for page in found for each in page]
    assert (
        flat[0] == "Patient/amina" and len(flat) == len(set(flat)) and all(len(page) <= 4 for page in found)
    )
    assert {
        CHEN,
        "Organization/harbour-street",
        "Binary/b1",
        "Communication/c1",
        "RelatedPerson/bilal",
    } <= set(flat)
    assert not {"Observation/eves", "Patient/eve", "Practitioner/eve"} & set(flat)
    hers = {each for page in pages(api, "Patient/$everything", who="amina") for each in page}
    assert {"Observation/o1", CHEN, "Binary/b1"} <= hers and "Observation/note" not in hers
    assert api("GET", "Patient/amina/$everything", who="eve").status == 404
    assert api("GET", "Patient/nobody/$everything").status == 404
    assert api("GET", "Patient/$everything").status == 422


def test_parts_of_everything(api: Call) -> None:
    arrived(api)
    some = "Patient/amina/$everything?_type=Observation,Patient"
    assert {each.partition("/")[0] for each in ids(api("GET", some).json)} == {"Observation", "Patient"}
    early = ids(api("GET", "Patient/amina/$everything?start=2021-01-01&end=2022&_type=Observation").json)
    assert set(early) == {"Observation/o1", "Observation/o2"}
    undated = ids(api("GET", "Patient/amina/$everything?end=2000").json)
    assert {"Patient/amina", "CareTeam/amina-harbour-street"} <= set(
        undated
    ) and "Observation/o1" not in undated
    at = api("GET", "Observation/o4").json["meta"]["lastUpdated"]
    late = ids(api("GET", f"Patient/amina/$everything?_since={at}&_type=Observation").json)
    assert set(late) == {"Observation/lab", "Observation/note"}
    asked = {"resourceType": "Parameters", "parameter": [{"name": "_type", "valueString": "Patient"}]}
    assert ids(api("POST", "Patient/amina/$everything", asked).json) == ["Patient/amina"]
    cut = api("GET", "Patient/amina/$everything?_elements=status&_type=Observation").json
    assert "effectiveDateTime" not in cut["entry"][0]["resource"]
    for query in (
        "_type=Nothing",
        "start=soon",
        "_count=x",
        "_cursor=x",
        "_cursor=99999999999999999999",
        "bogus=1",
    ):
        assert api("GET", f"Patient/amina/$everything?{query}").status == 400, query
    assert api("GET", "Patient/amina/$everything?bogus=1", prefer="handling=lenient").status == 200
