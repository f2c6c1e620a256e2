"""What US Core 6.1 asks of content: codes, what is missing, one way or the other of saying a thing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clients.us_core import making
from tests.clients.us_core.conftest import Json, Record, places
from tests.clients.us_core.making import bare, concept

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("clients")]
shows = pytest.mark.shows
TERMS = "http://terminology.hl7.org/CodeSystem/"
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
NO_DATA, SNOMED = TERMS + "data-absent-reason", "http://snomed.info/sct"
UNKNOWN = {"extension": [{"url": ABSENT, "valueCode": "unknown"}]}


@pytest.mark.parametrize(
    ("rtype", "element", "right"),
    [
        ("Observation", "status", "final"),
        ("MedicationRequest", "intent", "order"),
        ("Goal", "lifecycleStatus", "active"),
        ("Patient", "gender", "female"),
    ],
)
def test_a_required_code_comes_from_its_value_set(
    record: Record, tag: str, rtype: str, element: str, right: str
) -> None:
    body = bare(rtype, f"{tag}-patient") | {"id": f"{tag}-b"}
    assert places(record.put(body | {element: "no-such-code"})) == {f"{rtype}.{element}"}
    assert record.kept(body | {element: right})[element] == right


CLINICAL, VERIFIED = TERMS + "allergyintolerance-clinical", TERMS + "allergyintolerance-verification"


@shows("us-core@19", "us-core@20")
def test_of_a_concept_one_coding_is_enough_and_text_alone_is_not(record: Record, tag: str) -> None:
    body = bare("AllergyIntolerance", f"{tag}-patient") | {"id": f"{tag}-a"}
    two = {"coding": [{"system": "urn:example:codes", "code": "a"}, *body["clinicalStatus"]["coding"]]}
    assert record.kept(body | {"clinicalStatus": two})["clinicalStatus"] == two
    for wrong in ({"text": "active"}, concept("no-such-code", CLINICAL)):
        found = places(record.put(body | {"clinicalStatus": wrong}))
        assert "AllergyIntolerance.clinicalStatus" in found


@shows("us-core@302", "us-core@303")
def test_an_allergy_in_error_has_no_clinical_status_and_others_have_one(record: Record, tag: str) -> None:
    body = bare("AllergyIntolerance", f"{tag}-patient") | {"id": f"{tag}-a"}
    error = {"verificationStatus": concept("entered-in-error", VERIFIED)}
    assert places(record.put(body | error)) == {"AllergyIntolerance"}
    without = {name: value for name, value in body.items() if name != "clinicalStatus"}
    assert places(record.put(without)) == {"AllergyIntolerance"}
    assert record.put(without | error).status_code == 201


@shows("us-core@306", "us-core@307")
def test_no_known_allergies(record: Record, tag: str) -> None:
    none = concept("716186003", SNOMED)
    body = bare("AllergyIntolerance", f"{tag}-patient") | {"id": f"{tag}-a", "code": none}
    body["verificationStatus"] = concept("confirmed", VERIFIED)
    assert record.kept(body) == body


@shows("us-core@39", "us-core@78")
def test_nothing_is_added_that_the_source_did_not_have(record: Record, tag: str) -> None:
    for rtype in making.BARE:
        body = bare(rtype, f"{tag}-patient") | {"id": f"{tag}-bare"}
        assert record.kept(body) == body


@shows("us-core@41", "us-core@42", "us-core@43", "us-core@44", "us-core@45", "us-core@46")
@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"resourceType": "Patient", "name": [UNKNOWN], "_birthDate": UNKNOWN}, id="not-coded"),
        pytest.param(bare("AllergyIntolerance") | {"code": {"text": "nuts"}}, id="text-alone"),
        pytest.param(
            bare("Encounter") | {"class": {"system": "urn:example:codes", "display": "home"}},
            id="display-alone",
        ),
        pytest.param(bare("Condition") | {"code": concept("261665006", SNOMED)}, id="unknown"),
        pytest.param(
            bare("Procedure") | {"code": concept("unknown", TERMS + "data-absent-reason")}, id="absent"
        ),
        pytest.param(bare("Procedure") | {"status": "unknown"}, id="status-unknown"),
    ],
)
def test_what_is_not_known_is_said_as_the_guide_says(record: Record, tag: str, body: Json) -> None:
    rtype = body["resourceType"]
    owner = {making.OWNER[rtype]: {"reference": f"Patient/{tag}-patient"}} if rtype != "Patient" else {}
    whole = body | owner | {"id": f"{tag}-u"}
    assert record.kept(whole) == whole
    assert f"{rtype}/{tag}-u" in record.found(f"{rtype}?_id={tag}-u")


@pytest.mark.parametrize(
    ("rtype", "element"),
    [
        ("Observation", "code"),
        ("Immunization", "vaccineCode"),
        ("Encounter", "class"),
        ("Goal", "description"),
    ],
)
def test_what_r4_makes_mandatory_is_there(record: Record, tag: str, rtype: str, element: str) -> None:
    body = bare(rtype, f"{tag}-patient") | {"id": f"{tag}-b"}
    del body[element]
    assert f"{rtype}.{element}" in places(record.put(body))


# ---------------------------------------------------------------- either of two


def either(number: int, rtype: str, *choices: Json) -> Any:
    """A requirement to support one of several ways of saying a thing."""
    return pytest.param(
        rtype, choices, id=f"{rtype}-{number}", marks=shows(f"us-core@{number}", "us-core@115")
    )


def to(*references: str) -> list[Json]:
    """References, one in each list."""
    return [{"reference": reference} for reference in references]


_DATA = {"attachment": {"contentType": "text/plain", "data": "SGVsbG8="}}
_URL = {"attachment": {"contentType": "application/pdf", "url": "urn:example:scan"}}
_ASSERTED = "http://hl7.org/fhir/StructureDefinition/condition-assertedDate"
_COUGH, _PLACE, _STEPS = concept("cough"), {"location": {"reference": "Location/x"}}, concept("steps")
_STAFF = to("Practitioner/x", "PractitionerRole/x")
_BEHIND = to("Observation/x", "QuestionnaireResponse/x")
_TABLET = {"medicationCodeableConcept": concept("tablet")}


@pytest.mark.parametrize(
    ("rtype", "choices"),
    [
        either(313, "CareTeam", *({"participant": [{"member": one}]} for one in _STAFF)),
        either(
            326,
            "Condition",
            {"onsetDateTime": "2024"},
            {"extension": [{"url": _ASSERTED, "valueDateTime": "2024"}]},
        ),
        either(368, "DocumentReference", {"content": [_URL]}, {"content": [_DATA]}),
        either(375, "Encounter", {"reasonCode": [_COUGH]}, {"reasonReference": to("Condition/x")}),
        either(379, "Encounter", {"location": [_PLACE]}, {"serviceProvider": {"display": "Site"}}),
        either(387, "Goal", {"startDate": "2024"}, {"target": [{"measure": _STEPS, "dueDate": "2024-06"}]}),
        either(401, "MedicationDispense", _TABLET, {"medicationReference": to("Medication/x")[0]}),
        either(408, "MedicationRequest", {"reportedBoolean": True}, {"reportedReference": _STAFF[0]}),
        either(439, "Observation", *({"derivedFrom": [one]} for one in _BEHIND)),
    ],
)
def test_each_way_is_kept(record: Record, tag: str, rtype: str, choices: tuple[Json, ...]) -> None:
    for at, choice in enumerate(choices):
        body = bare(rtype, f"{tag}-patient") | {"id": f"{tag}-{at}"}
        if "medicationReference" in choice:
            del body["medicationCodeableConcept"]
        whole = body | choice
        assert record.kept(whole) == whole


@shows("us-core@325")
def test_when_a_condition_was_recorded(record: Record, tag: str) -> None:
    for at, day in enumerate(("2024-03-10", "2025-03-10")):
        record.store(bare("Condition", f"{tag}-patient") | {"id": f"{tag}-{at}", "recordedDate": day})
    asked = f"Condition?patient={tag}-patient&recorded-date=ge2025-01-01"
    assert record.found(asked) == {f"Condition/{tag}-1"}


@shows("us-core@390")
def test_a_vaccine_that_was_not_given(record: Record, tag: str) -> None:
    body = bare("Immunization", f"{tag}-patient") | {"id": f"{tag}-i", "status": "not-done"}
    assert record.kept(body) == body
    assert record.found(f"Immunization?patient={tag}-patient&status=not-done") == {f"Immunization/{tag}-i"}
