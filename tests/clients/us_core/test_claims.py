"""What claims a profile of US Core is held to it at the door, once the guide is installed there."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from rapport.fhir.profiles import Profiles
from tests.clients.us_core import making
from tests.clients.us_core.conftest import Json, Record, places

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("clients")]
Change = Callable[[Json], Any]


def without(*names: str) -> Change:
    """Elements taken away."""
    return lambda body: [body.pop(name) for name in names]


def no_systolic(body: Json) -> None:
    body["component"][0].pop("valueQuantity")


#: Why an element is not there, as the guide says it.
NOT_KNOWN = {
    "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}
    ]
}


def other_category(body: Json) -> None:
    body["category"] = [making.concept("other")]


def broken(numbers: tuple[int, ...], example: str, change: Change, place: str) -> Any:
    """An example that is taken; changed, it is refused and the place is named."""
    marks = [pytest.mark.shows(*(f"us-core@{one}" for one in numbers))] if numbers else []
    return pytest.param(example, change, place, id=f"{example}-{place}-{numbers}", marks=marks)


@pytest.mark.parametrize(
    ("example", "change", "place"),
    [
        broken((40, 74), "AllergyIntolerance/example", without("code"), "AllergyIntolerance.code"),
        broken(
            (40, 74),
            "QuestionnaireResponse/phq-9-example",
            without("questionnaire"),
            "QuestionnaireResponse.questionnaire",
        ),
        broken(
            (18, 21),
            "Observation/some-day-smoker",
            lambda body: body.update(status="registered"),
            "Observation.status",
        ),
        broken(
            (47, 48, 49),
            "Observation/some-day-smoker",
            lambda body: body.update(_status=NOT_KNOWN) or body.pop("status"),
            "Observation.status",
        ),
        broken((), "Condition/encounter-diagnosis-example1", other_category, "Condition.category"),
        broken((356,), "DiagnosticReport/metabolic-panel", without("effectiveDateTime"), "DiagnosticReport"),
        broken(
            (356,), "DiagnosticReport/cardiology-report", without("effectiveDateTime"), "DiagnosticReport"
        ),
        broken((357,), "DiagnosticReport/metabolic-panel", without("issued"), "DiagnosticReport"),
        broken((425, 450), "Observation/blood-pressure", no_systolic, "Observation.component[0]"),
        broken((427,), "Observation/heart-rate", without("valueQuantity"), "Observation"),
        broken((427,), "Observation/serum-glucose", without("valueQuantity"), "Observation"),
    ],
)
def test_what_breaks_a_profile_is_refused(
    record: Record, guide: Profiles, examples: list[Json], example: str, change: Change, place: str
) -> None:
    (body, *_) = [one for one in examples if f"{one['resourceType']}/{one['id']}" == example]
    whole = body | {"id": f"claims-{body['id']}", "meta": {"profile": body["meta"]["profile"]}}
    assert record.put(whole).status_code in (200, 201)
    wrong = copy.deepcopy(whole)
    change(wrong)
    assert place in places(record.put(wrong))
    assert record.kept(whole) == whole


@pytest.mark.shows("us-core@16")
def test_the_statement_names_each_profile(nobody: Record, guide: Profiles) -> None:
    said = nobody.get("metadata").json()["rest"][0]["resource"]
    named = {profile.rsplit("/", 1)[-1] for one in said for profile in one.get("supportedProfile", ())}
    assert {asked.profile for asked in making.searches()} <= named


@pytest.mark.shows("us-core@14", "us-core@15")
def test_the_statement_claims_the_guides_own(nobody: Record, guide: Profiles) -> None:
    said = nobody.get("metadata").json()
    assert said["instantiates"] == ["http://hl7.org/fhir/us/core/CapabilityStatement/us-core-server"]
    operations = {
        each["definition"] for one in said["rest"][0]["resource"] for each in one.get("operation", ())
    }
    assert "http://hl7.org/fhir/us/core/OperationDefinition/docref" in operations
