"""Every profile of US Core 6.1: its own examples are kept whole, and with them each must-support element.

The examples come from the guide's package, which is installed in the server; the elements from the list of
the official test kit. Both lie beside the repository. Where no example has an element, one is added here.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from functools import cache
from typing import Any

import orjson
import pytest

from rapport.fhir.profiles import Profiles, check_profile
from tests.clients.us_core import making
from tests.clients.us_core.conftest import Json, Record
from tests.fhir.conftest import SHARED, shared

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("clients")]
ELEMENTS = "conformance/us-core/us-core-6.1.0-server-tests.json"
#: What every profile shows: that mandatory and must-support elements of each kind can be given.
EVERY = (1, 13, 75, 87, 90, 91, 93, 94, 96, 97, 99, 111, 534)
#: What single profiles show besides.
BESIDES = {
    "us-core-patient": (533,),
    "us-core-allergyintolerance": (587, 588),
    "us-core-blood-pressure": (451,),
    "us-core-condition-problems-health-concerns": (269,),
    "us-core-simple-observation": (269,),
    "us-core-observation-occupation": (432, 433, 434),
    "us-core-observation-pregnancyintent": (436,),
    "us-core-observation-pregnancystatus": (435,),
}
UCUM = "http://unitsofmeasure.org"
_ANSWER = [{"valueString": "Because", "item": [{"linkId": "why-not"}]}]
#: What is added to the first example of a profile; None takes away.
MORE: dict[str, Json] = {
    "us-core-condition-problems-health-concerns": {
        "clinicalStatus": making.concept(
            "resolved", "http://terminology.hl7.org/CodeSystem/condition-clinical"
        ),
        "abatementDateTime": "2024-03-10",
    },
    "us-core-implantable-device": {"distinctIdentifier": "A99"},
    "us-core-diagnosticreport-note": {"encounter": {"reference": "Encounter/1036"}},
    "us-core-encounter": {
        "identifier": [{"system": "urn:example:visits", "value": "1"}],
        "participant": [
            {
                "type": [
                    making.concept("PPRF", "http://terminology.hl7.org/CodeSystem/v3-ParticipationType")
                ],
                "period": {"start": "2024-03-10"},
                "individual": {"reference": "Practitioner/practitioner-1"},
            }
        ],
        "reasonCode": [{"text": "A cough"}],
        "reasonReference": [{"reference": "Condition/example"}],
        "serviceProvider": {"reference": "Organization/acme-lab"},
    },
    "us-core-goal": {"startDate": "2024-03-10"},
    "us-core-immunization": {"statusReason": {"text": "Not wished"}},
    "us-core-medicationrequest": {
        "category": [
            making.concept("community", "http://terminology.hl7.org/CodeSystem/medicationrequest-category")
        ],
        "reportedBoolean": None,
        "reportedReference": {"reference": "Practitioner/practitioner-1"},
    },
    "us-core-observation-lab": {"valueQuantity": None, "valueCodeableConcept": None, "valueString": "clear"},
    "us-core-patient": {"communication": [{"language": making.concept("es", "urn:ietf:bcp:47")}]},
    "us-core-practitionerrole": {"telecom": [{"system": "phone", "value": "555-0100"}]},
    "us-core-pulse-oximetry": {
        "component": [
            {
                "code": making.concept(code, making.LOINC),
                "valueQuantity": {"value": 30, "unit": unit, "system": UCUM, "code": unit},
            }
            for code, unit in (("3150-6", "%"), ("3151-8", "L/min"))
        ],
    },
    "us-core-questionnaireresponse": {
        "identifier": {"system": "urn:example:answers", "value": "1"},
        "item": [{"linkId": "why", "answer": _ANSWER}],
    },
    "us-core-servicerequest": {
        "occurrenceDateTime": None,
        "occurrencePeriod": {"start": "2024-03-10", "end": "2024-04-10"},
    },
    "us-core-simple-observation": {
        "valueCodeableConcept": None,
        "valueQuantity": {"value": 3, "unit": "/wk", "system": UCUM, "code": "/wk"},
    },
}


@cache
def groups() -> list[Json]:
    """The kit's list: each profile with its elements. Empty where it is not at hand."""
    file = SHARED / ELEMENTS
    found: list[Json] = orjson.loads(file.read_bytes())["groups"] if file.exists() else []
    return found


def mine(examples: Iterable[Json], profile: str) -> list[Json]:
    """The examples that claim a profile, each id once, and one more with what none of them has."""
    name = profile.rsplit("/", 1)[-1]
    claims = {
        one["id"]: one | {"meta": {"profile": one["meta"]["profile"]}}
        for one in examples
        if profile in [claim.partition("|")[0] for claim in one.get("meta", {}).get("profile", ())]
    }
    found = list(claims.values())
    if name in MORE:
        changed = found[0] | {"id": f"{name}-more"} | MORE[name]
        found.append({key: value for key, value in changed.items() if value is not None})
    return found


def below(values: list[Any], name: str) -> list[Any]:
    """Everything of one name inside; of a choice, whatever its type."""
    found = []
    for value in values:
        for key, inner in value.items() if isinstance(value, dict) else ():
            if key == name or (name.endswith("[x]") and key.startswith(name[:-3])):
                found += inner if isinstance(inner, list) else [inner]
    return found


def lacking(element: Json, bodies: list[Json]) -> bool:
    """Whether no resource has a must-support element, with the value that it must have."""
    found: list[Any] = list(bodies)
    for step in element["path"].split("."):
        found = below(found, step.partition(":")[0])
    return element["fixed_value"] not in found if "fixed_value" in element else not found


def shown(group: Json) -> Any:
    name = group["profile"].rsplit("/", 1)[-1]
    ids = [f"us-core@{number}" for number in (*EVERY, *BESIDES.get(name, ()))]
    return pytest.param(group, id=name, marks=pytest.mark.shows(*ids))


@pytest.mark.parametrize("group", [shown(group) for group in groups()])
def test_what_a_profile_wants_is_kept(
    record: Record, guide: Profiles, examples: list[Json], group: Json
) -> None:
    kept = []
    for body in mine(examples, group["profile"]):
        assert check_profile(body, guide[group["profile"]]) == (), body["id"]
        assert record.kept(body) == body
        kept.append(body)
    assert [element["path"] for element in group["must_support"] if lacking(element, kept)] == []


def pointing(group: Json) -> list[tuple[str, str]]:
    """Each must-support reference of a profile with each type that it must be able to point to."""
    types = {one["profile"]: one["resource"] for one in groups()}
    return sorted(
        {
            (element["path"], types[target])
            for element in group["must_support"]
            for target in element.get("target_profiles", ())
        }
    )


def aimed(body: Json, path: str, target: str) -> Json | None:
    """The resource with that reference, wherever it stands in it, changed to a type; None if it has none."""
    made = copy.deepcopy(body)
    *steps, last = [step.partition(":")[0] for step in path.split(".")]
    found: list[Any] = [made]
    for step in steps:
        found = below(found, step)
    names = [(one, key) for one in found for key in one if key == last.removesuffix("[x]") or key == last]
    for one, key in names:
        aim = {"reference": f"{target}/somebody"}
        one[key] = [aim] if isinstance(one[key], list) else aim
    return made if names else None


@pytest.mark.shows("us-core@105", "us-core@109")
@pytest.mark.parametrize(
    ("group", "path", "target"),
    [
        pytest.param(group, path, target, id=f"{group['group']}-{path}-{target}")
        for group in groups()
        for path, target in pointing(group)
    ],
)
def test_each_reference_points_to_each_type(
    record: Record, guide: Profiles, examples: list[Json], group: Json, path: str, target: str
) -> None:
    aims = [aimed(body, path, target) for body in mine(examples, group["profile"])]
    (one, *_) = [body | {"id": "aiming"} for body in aims if body]
    assert check_profile(one, guide[group["profile"]]) == ()
    assert record.kept(one) == one


def test_the_facts_that_are_committed_are_the_kits() -> None:
    shared(ELEMENTS)
    theirs = {
        (group["profile"].rsplit("/", 1)[-1], group["resource"], tuple(search["params"]))
        for group in groups()
        for search in group["searches"]
        if search["expectation"] == "SHALL"
    }
    assert {tuple(asked) for asked in making.searches()} == theirs
