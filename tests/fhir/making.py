"""Makes R4 resources out of the definitions: the least a type needs, or as much as chance gives."""

from __future__ import annotations

from copy import deepcopy
from random import Random
from typing import Any

from rapport.fhir.table import PRIMITIVES, Element, Kind, part, value_set

Json = dict[str, Any]

DIV = '<div xmlns="http://www.w3.org/1999/xhtml">As told.</div>'
SAMPLES: dict[str, list[Any]] = {
    "boolean": [True, False],
    "integer": [0, -3, 2147483647],
    "unsignedInt": [0, 7],
    "positiveInt": [1, 12],
    "decimal": [2.5, 0, 99.25],
    "string": ["words", "Zoë  Ünal", "x < y & z"],
    "markdown": ["*words*", "two\nlines"],
    "code": ["en", "text/plain", "two words"],
    "id": ["a-1", "B.2", "3"],
    "uri": ["urn:oid:1.2.3", "http://example.org/x", "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"],
    "url": ["https://example.org/a?b=c"],
    "canonical": ["http://example.org/fhir/x|1.0"],
    "oid": ["urn:oid:1.2.840"],
    "uuid": ["urn:uuid:c757873d-ec9a-4326-a141-556f43239520"],
    "date": ["2024", "2024-02", "2024-02-29"],
    "dateTime": ["2024", "2024-02-29", "2024-02-29T23:59:60Z", "2024-02-29T09:30:00.125+05:30"],
    "instant": ["2024-02-29T09:30:00Z", "2024-02-29T09:30:00.5-03:00"],
    "time": ["09:30:00"],
    "base64Binary": ["QUJD"],
    "xhtml": [DIV],
}

#: What invariants ask for beyond required elements: part -> members to add.
NEEDED: dict[str, Json] = {
    "AllergyIntolerance": {
        "clinicalStatus": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
                    "code": "active",
                }
            ]
        }
    },
    "Appointment": {"status": "proposed"},
    "Appointment.participant": {"actor": {"reference": "Patient/1"}},
    "AppointmentResponse": {"actor": {"reference": "Patient/1"}},
    "CapabilityStatement": {
        "kind": "requirements",
        "rest": [{"mode": "server"}],
        "description": "what it can",
    },
    "Consent": {"policyRule": {"text": "ours"}},
    "Coding": {"system": "http://example.org/codes"},
    "CoverageEligibilityResponse.insurance.item": {"category": {"text": "x"}},
    "EventDefinition": {"trigger": [{"type": "named-event", "name": "x"}]},
    "Expression": {"expression": "true"},
    "Extension": {"valueString": "x"},
    "Immunization.education": {"documentType": "x"},
    "ImmunizationRecommendation.recommendation": {"targetDisease": {"text": "x"}},
    "InsurancePlan": {"name": "x"},
    "Linkage": {"item": [{"type": "source", "resource": {"display": "a"}}] * 2},
    "OperationDefinition.parameter": {"type": "string"},
    "Organization": {"name": "x"},
    "Parameters.parameter": {"valueString": "x"},
    "Questionnaire.item": {"type": "string"},
    "StructureDefinition": {
        "type": "Patient",
        "derivation": "constraint",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
        "differential": {"element": [{"id": "Patient", "path": "Patient"}]},
    },
    "TerminologyCapabilities": {"description": "what it can"},
    "Ratio": {"numerator": {"value": 1}, "denominator": {"value": 2}},
    "RequestGroup.action": {"resource": {"reference": "Task/1"}},
    "SearchParameter": {"base": ["Patient"]},
}


def least(rtype: str) -> Json:
    """The smallest valid resource of a type."""
    return _part(rtype, Random(0), 0.0, 0)


def some(rtype: str, seed: int, share: float = 0.3) -> Json:
    """A resource with about this share of all elements, of valid structure; invariants are not looked at."""
    return _part(rtype, Random(seed), share, 0)


def _part(name: str, chance: Random, share: float, depth: int) -> Json:
    found: Json = {}
    whole = "text" in part(name) or name in ("Binary", "Bundle", "Parameters")
    if depth == 0 or (whole and "." not in name and "meta" in part(name)):
        found["resourceType"] = name
    for element in part(name).values():
        wanted = element.min or (depth < 4 and chance.random() < share / (1 + depth))
        if wanted and element.name not in ("contained", "extension", "modifierExtension"):
            kind = chance.choice(element.kinds) if share else element.kinds[0]
            if depth < 4 or kind.name in PRIMITIVES or element.min:
                found[element.key(kind)] = _many(element, kind, chance, share, depth)
    if not share:
        found |= deepcopy(NEEDED.get(name, {}))
    if not found:
        found = _something(name, chance, share, depth)
    return found


def _something(name: str, chance: Random, share: float, depth: int) -> Json:
    """One element, a plain one where there is one: nothing may be empty."""
    own = [one for key, one in part(name).items() if key not in ("id", "extension", "modifierExtension")]
    own.sort(key=lambda one: one.kinds[0].name not in PRIMITIVES)
    element, kind = own[0], own[0].kinds[0]
    return {element.key(kind): _many(element, kind, chance, share, depth)} | deepcopy(NEEDED.get(name, {}))


def _many(element: Element, kind: Kind, chance: Random, share: float, depth: int) -> Any:
    if element.max == 1:
        return _value(element, kind, chance, share, depth)
    return [_value(element, kind, chance, share, depth) for _ in range(chance.randint(1, 2) if share else 1)]


def _value(element: Element, kind: Kind, chance: Random, share: float, depth: int) -> Any:
    if kind.name == "Resource":
        return least("Basic")
    if kind.name == "Reference":
        return {"reference": f"{chance.choice(kind.targets or ('Patient',))}/{chance.randint(1, 9)}"}
    if kind.name in PRIMITIVES:
        if element.codes:
            return chance.choice(
                sorted(code for codes in value_set(element.codes).values() for code in codes)
            )
        return chance.choice(SAMPLES[kind.name])
    if element.codes and kind.name in ("Coding", "CodeableConcept"):
        system, codes = chance.choice(sorted(value_set(element.codes).items()))
        coding = {"system": system, "code": chance.choice(sorted(codes))}
        return coding if kind.name == "Coding" else {"coding": [coding]}
    return _part(kind.name, chance, share, depth + 1)
