"""An order that goes against somebody's words and comes over the API: kept, and noted beside it in one go."""

from __future__ import annotations

from typing import Any

import pytest

from rapport.fhir.validation import check
from rapport.pillars.what_matters import shapes
from tests.fhir_api.conftest import Call
from tests.personas import AMINA
from tests.plans.test_goals import NOW


def insulin(rid: str, words: str = "Insulin glargine, subcutaneous") -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest", "id": rid, "status": "active", "intent": "order",
        "subject": {"reference": AMINA}, "medicationCodeableConcept": {"text": words},
    }  # fmt: skip


@pytest.fixture
def words(api: Call) -> None:
    said = shapes.entry(
        "e1", kind="worry", words="I faint when I see a needle", patient=AMINA, by=(AMINA, "Amina"), at=NOW
    )
    assert api("PUT", "QuestionnaireResponse/e1", said).status == 201


def test_of_a_single_order_and_of_a_bundle(api: Call, words: None) -> None:
    assert api("PUT", "MedicationRequest/m1", insulin("m1")).status == 201
    entry = {
        "fullUrl": "urn:uuid:6d2f6b0e-4a3e-4a8e-9b2f-1d1c2b3a4f50",
        "resource": {key: value for key, value in insulin("x").items() if key != "id"},
        "request": {"method": "POST", "url": "MedicationRequest"},
    }
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    answer = api("POST", "", bundle)
    assert answer.status == 200, answer.json
    made = "/".join(answer.json["entry"][0]["response"]["location"].split("/")[-4:-2])
    for ref in ("MedicationRequest/m1", made):
        found = api("GET", f"DetectedIssue?implicated={ref}", who="dara").json
        (one,) = [each["resource"] for each in found["entry"]]
        assert check(one) == () and shapes.pair_of(one) == (ref, "e1") and "needle" not in str(one)


def test_what_fits_is_not_spoken_of_and_a_trial_leaves_nothing(api: Call, words: None) -> None:
    assert api("PUT", "MedicationRequest/m2", insulin("m2", "Ramipril 5 mg")).status == 201
    asked = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "resource", "resource": insulin("m3")},
            {"name": "mode", "valueCode": "create"},
        ],
    }
    assert api("POST", "MedicationRequest/$validate", asked).status == 200
    assert api("GET", f"DetectedIssue?patient={AMINA}&_summary=count").json["total"] == 0


def test_a_program_without_a_scope_for_her_words_still_has_it_noted(api: Call, words: None) -> None:
    """The looking is Rapport's own; the program is told nothing of what it may not read."""
    from rapport.people import tokens

    client, _ = tokens.add_client("Orders", "system/MedicationRequest.cu", "tests")
    narrow = tokens.issue_to_client(client, "system/MedicationRequest.cu")
    answer = api("PUT", "MedicationRequest/m4", insulin("m4"), who=narrow)
    assert answer.status == 201 and "needle" not in answer.body.decode()
    assert api("GET", "DetectedIssue?implicated=MedicationRequest/m4", who="dara").json["total"] == 1
