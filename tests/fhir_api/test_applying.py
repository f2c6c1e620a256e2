"""`PlanDefinition/$apply`: what a plan becomes for one person, for who may read them; nothing is stored."""

from __future__ import annotations

import pytest

from rapport.fhir.validation import check
from tests.fhir_api.conftest import Call
from tests.plans.definitions import ACTIVITY, PLAN


@pytest.fixture
def stored(api: Call) -> None:
    for body in (PLAN, ACTIVITY):
        assert api("PUT", f"{body['resourceType']}/{body['id']}", body).status == 201


def test_of_a_stored_plan(api: Call, stored: None) -> None:
    for said in (
        api("GET", "PlanDefinition/feet/$apply?subject=Patient/amina", who="dara"),
        api(
            "POST",
            "PlanDefinition/feet/$apply",
            {
                "resourceType": "Parameters",
                "parameter": [
                    {"name": "subject", "valueReference": {"reference": "Patient/amina"}},
                    {"name": "practitioner", "valueString": "Practitioner/dara"},
                ],
            },
        ),
    ):
        assert said.status == 200, said.json
        made = said.json
        assert made["resourceType"] == "CarePlan" and check(made) == ()
        assert made["subject"] == {"reference": "Patient/amina"} and len(made["activity"]) == 3
    assert made["author"] == {"reference": "Practitioner/dara"}
    assert api("GET", "CarePlan?patient=Patient/amina&_summary=count").json["total"] == 0


def test_of_a_plan_that_is_sent(api: Call, stored: None) -> None:
    body = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "planDefinition", "resource": {**PLAN, "title": "Other"}},
            {"name": "subject", "valueString": "Patient/amina"},
        ],
    }
    assert api("POST", "PlanDefinition/$apply", body).json["title"] == "Other"
    body["parameter"][0]["resource"] = {**PLAN, "status": "soon"}  # type: ignore[index]
    assert api("POST", "PlanDefinition/$apply", body).status == 400


@pytest.mark.parametrize(
    ("query", "who", "status"),
    [
        ("subject=Patient/amina", "eve", 404),
        ("subject=Patient/amina", "eve_staff", 404),
        ("", "dara", 400),
        ("subject=Group/1", "dara", 400),
        ("subject=Patient/amina&language=fr", "dara", 400),
        ("subject=Patient/nobody", "dara", 404),
    ],
)
def test_eve_finds_nobody_and_what_is_not_offered_is_said(
    api: Call, stored: None, query: str, who: str, status: int
) -> None:
    assert api("GET", f"PlanDefinition/feet/$apply?{query}", who=who).status == status


def test_it_is_told_of(api: Call) -> None:
    rest = api("GET", "metadata").json["rest"][0]["resource"]
    plan = next(one for one in rest if one["type"] == "PlanDefinition")
    assert "apply" in [one["name"] for one in plan["operation"]]
