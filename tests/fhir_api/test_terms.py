"""Value sets: expanded, and codes looked up in them."""

from __future__ import annotations

from typing import Any

import pytest

from rapport.fhir import valuesets
from rapport.fhir.table import HEADINGS
from rapport.fhir.validation import check
from tests.fhir_api.conftest import Call

GENDER = "http://hl7.org/fhir/ValueSet/administrative-gender"
SYSTEM = "http://hl7.org/fhir/administrative-gender"
OWN = {
    "resourceType": "ValueSet",
    "id": "moods",
    "url": "http://x.org/moods",
    "status": "active",
    "compose": {
        "include": [
            {"system": "http://x.org/mood", "concept": [{"code": "up", "display": "Up"}, {"code": "down"}]},
            {"valueSet": [GENDER]},
        ]
    },
}
DISTANT = OWN | {
    "id": "far",
    "url": "http://x.org/far",
    "compose": {"include": [{"system": "http://loinc.org"}]},
}


def test_every_carried_value_set_is_a_valid_expansion(api: Call) -> None:
    for name, (url, _) in HEADINGS.items():
        found = valuesets.carried(url)
        assert found and found.concepts and found.url == url, name
    said = api("GET", f"ValueSet/$expand?url={GENDER}").json
    assert not check(said, "ValueSet")
    assert said["expansion"]["contains"] == [
        {"system": SYSTEM, "code": code, "display": code.title()}
        for code in ("female", "male", "other", "unknown")
    ]
    assert valuesets.carried(GENDER + "|4.0.1") and not valuesets.carried(GENDER + "|5.0.0")


def test_expansions_are_filtered_and_paged(api: Call) -> None:
    def codes(query: str) -> list[str]:
        said = api("GET", f"ValueSet/$expand?url={GENDER}&{query}")
        assert said.status == 200
        return [one["code"] for one in said.json["expansion"].get("contains", ())]

    assert codes("filter=MALE") == ["female", "male"] and codes("filter=xyz") == []
    assert codes("offset=1&count=2") == ["male", "other"]
    assert api("GET", f"ValueSet/$expand?url={GENDER}&count=x").status == 400
    assert api("GET", f"ValueSet/$expand?url={GENDER}&bogus=1").status == 400
    assert api("GET", "ValueSet/$expand").status == 400
    assert api("GET", "ValueSet/$expand?url=http://loinc.org/vs").status == 404
    assert api("GET", f"ValueSet/$expand?url={GENDER}", who="").status == 401


def test_value_sets_of_the_site(api: Call) -> None:
    api("PUT", "ValueSet/moods", OWN)
    api("PUT", "ValueSet/far", DISTANT)
    for path in ("ValueSet/moods/$expand", "ValueSet/$expand?url=http://x.org/moods"):
        found = api("GET", path, who="amina").json["expansion"]
        assert found["total"] == 6 and found["contains"][0] == {
            "system": "http://x.org/mood",
            "code": "up",
            "display": "Up",
        }
    sent = {"resourceType": "Parameters", "parameter": [{"name": "valueSet", "resource": OWN}]}
    assert api("POST", "ValueSet/$expand", sent).json["expansion"]["total"] == 6
    assert api("GET", "ValueSet/far/$expand").status == 422
    assert api("GET", "ValueSet/nobody/$expand").status == 404


def parameter(name: str, **value: Any) -> dict[str, Any]:
    return {
        "resourceType": "Parameters",
        "parameter": [{"name": "url", "valueUri": GENDER}, {"name": name, **value}],
    }


def test_codes_are_looked_up(api: Call) -> None:
    def answer(said: Any) -> tuple[bool, str]:
        assert said.status == 200, said.body
        found = {each["name"]: each for each in said.json["parameter"]}
        return found["result"]["valueBoolean"], found.get("message", {}).get("valueString", "")

    ask = f"ValueSet/$validate-code?url={GENDER}"
    assert answer(api("GET", f"{ask}&code=female&system={SYSTEM}")) == (True, "")
    assert answer(api("GET", f"{ask}&code=female")) == (True, "")
    assert answer(api("GET", f"{ask}&code=female&display=Female")) == (True, "")
    assert answer(api("GET", f"{ask}&code=female&display=Woman"))[1] == "The display of female is 'Female'."
    assert not answer(api("GET", f"{ask}&code=f"))[0]
    assert not answer(api("GET", f"{ask}&code=female&system=http://x.org"))[0]
    coding = {"system": SYSTEM, "code": "male"}
    assert answer(api("POST", "ValueSet/$validate-code", parameter("coding", valueCoding=coding)))[0]
    concept = {"coding": [{"system": "http://x.org", "code": "m"}, coding]}
    assert answer(
        api("POST", "ValueSet/$validate-code", parameter("codeableConcept", valueCodeableConcept=concept))
    )[0]
    api("PUT", "ValueSet/moods", OWN)
    assert answer(api("GET", "ValueSet/moods/$validate-code?code=down&system=http://x.org/mood"))[0]
    assert api("GET", ask).status == 400
    sent = parameter("valueSet", resource=OWN)
    sent["parameter"].append({"name": "code", "valueCode": "up"})
    assert answer(api("POST", "ValueSet/$validate-code", sent))[0]
    odd: list[Any] = [
        parameter("coding", valueCoding={"code": 5}),
        parameter("codeableConcept", valueCodeableConcept={"coding": []}),
        parameter("codeableConcept", valueCodeableConcept={"coding": ["x"]}),
        parameter("coding"),
        {"resourceType": "Parameters", "parameter": ["x"]},
        {"resourceType": "Patient"},
        parameter("valueSet", resource={"resourceType": "ValueSet", "compose": ["x"]}),
        parameter("valueSet", resource="x"),
    ]
    for body in odd:
        assert api("POST", "ValueSet/$validate-code", body).status == 400, body


@pytest.mark.parametrize(
    "compose",
    [
        {},
        {"include": []},
        {"include": [{"system": "http://x.org"}]},
        {"include": [{"system": "http://x.org", "filter": [{}], "concept": [{"code": "a"}]}]},
        {"include": [{"system": "http://x.org", "concept": [{"code": "a"}], "valueSet": [GENDER]}]},
        {"include": [{"valueSet": ["http://x.org/unknown"]}]},
        {"include": [{"concept": [{"code": "a"}]}], "exclude": [{"system": "http://x.org"}]},
    ],
)
def test_what_does_not_list_its_codes_is_not_expanded(compose: Any) -> None:
    assert valuesets.listed({"resourceType": "ValueSet", "compose": compose}) is None
