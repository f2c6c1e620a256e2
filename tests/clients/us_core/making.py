"""Data for the searches of US Core: one resource that a search means, and one for each way of missing it.

A parameter knows its value in the resource that is meant, other values in resources that are not, and how
one may ask for it; each way of asking names the other resources that it finds as well (a date from then on
finds what is later).
"""

from __future__ import annotations

import copy
import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

Json = dict[str, Any]
LOINC = "http://loinc.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
CODES = "urn:example:codes"


class Asked(NamedTuple):
    """A search that a server SHALL offer: for a profile's resources, by these parameters together."""

    profile: str
    rtype: str
    names: tuple[str, ...]

    @property
    def id(self) -> str:
        return f"{self.profile}?{'+'.join(self.names)}"


def searches() -> list[Asked]:
    """The 115 of US Core 6.1."""
    with Path(__file__).with_name("searches.csv").open() as file:
        rows = csv.DictReader(file)
        return [Asked(row["profile"], row["type"], tuple(row["parameters"].split())) for row in rows]


@dataclass(frozen=True)
class Param:
    """How to write a parameter's value into a resource, which values, and how to ask."""

    write: Callable[[Json, Any], None]
    meant: Any
    others: dict[str, Any]
    asks: dict[str, set[str]] = field(default_factory=dict)


def concept(code: str, system: str = CODES) -> Json:
    """A CodeableConcept."""
    return {"coding": [{"system": system, "code": code}]}


#: What an Observation of each profile is about: its code, and its category.
OBSERVED = {
    "us-core-blood-pressure": ("85354-9", "vital-signs"),
    "us-core-bmi": ("39156-5", "vital-signs"),
    "us-core-body-height": ("8302-2", "vital-signs"),
    "us-core-body-temperature": ("8310-5", "vital-signs"),
    "us-core-body-weight": ("29463-7", "vital-signs"),
    "us-core-head-circumference": ("9843-4", "vital-signs"),
    "head-occipital-frontal-circumference-percentile": ("8289-1", "vital-signs"),
    "us-core-heart-rate": ("8867-4", "vital-signs"),
    "us-core-observation-clinical-result": ("18752-6", "procedure"),
    "us-core-observation-lab": ("2339-0", "laboratory"),
    "us-core-observation-occupation": ("11341-5", "social-history"),
    "us-core-observation-pregnancyintent": ("86645-9", "social-history"),
    "us-core-observation-pregnancystatus": ("82810-3", "social-history"),
    "us-core-observation-screening-assessment": ("44261-6", "survey"),
    "us-core-observation-sexual-orientation": ("76690-7", "social-history"),
    "pediatric-bmi-for-age": ("59576-9", "vital-signs"),
    "pediatric-weight-for-height": ("77606-2", "vital-signs"),
    "us-core-pulse-oximetry": ("59408-5", "vital-signs"),
    "us-core-respiratory-rate": ("9279-1", "vital-signs"),
    "us-core-simple-observation": ("11367-0", "social-history"),
    "us-core-smokingstatus": ("72166-2", "social-history"),
}
_NOTE = {"attachment": {"contentType": "text/plain", "data": "SGVsbG8="}}
#: What R4 itself asks of each type, beyond what a parameter writes.
BARE: dict[str, Json] = {
    "AllergyIntolerance": {
        "code": concept("nuts"),
        "clinicalStatus": concept(
            "active", "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
        ),
    },
    "CarePlan": {"status": "active", "intent": "plan"},
    "CareTeam": {"status": "active"},
    "Condition": {"code": concept("cough"), "category": [concept("problem-list-item")]},
    "Coverage": {"status": "active", "payor": [{"display": "Insurer"}]},
    "Device": {"type": concept("pump")},
    "DiagnosticReport": {"status": "final", "code": concept("panel")},
    "DocumentReference": {"status": "current", "content": [_NOTE]},
    "Encounter": {"status": "finished", "class": {"system": CODES, "code": "AMB"}},
    "Goal": {"lifecycleStatus": "active", "description": {"text": "Walk"}},
    "Immunization": {
        "status": "completed",
        "vaccineCode": concept("flu"),
        "occurrenceDateTime": "2024-03-10",
    },
    "MedicationDispense": {"status": "completed", "medicationCodeableConcept": concept("tablet")},
    "MedicationRequest": {
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": concept("tablet"),
    },
    "Observation": {"status": "final", "code": concept("rate")},
    "Organization": {"active": True, "name": "Harbour Street"},
    "Patient": {"active": True},
    "Practitioner": {"active": True},
    "PractitionerRole": {"active": True},
    "Procedure": {"status": "completed"},
    "QuestionnaireResponse": {"status": "completed"},
    "RelatedPerson": {"active": True},
    "ServiceRequest": {"status": "active", "intent": "order", "code": concept("x-ray")},
    "Specimen": {"type": concept("serum")},
}
#: Where the patient stands.
OWNER = dict.fromkeys(BARE, "subject") | {
    "AllergyIntolerance": "patient",
    "Coverage": "beneficiary",
    "Device": "patient",
    "Immunization": "patient",
    "RelatedPerson": "patient",
}
NOBODYS = {"Organization", "Patient", "Practitioner", "PractitionerRole"}
#: Where a date stands, for the types whose date is searched.
DATED = {
    "Observation": "effectiveDateTime",
    "DiagnosticReport": "effectiveDateTime",
    "DocumentReference": "date",
    "Procedure": "performedDateTime",
    "ServiceRequest": "authoredOn",
}
REPEATS = {("CarePlan", "category"), ("Condition", "category"), ("Observation", "category")} | {
    (rtype, "category") for rtype in ("DiagnosticReport", "DocumentReference", "ServiceRequest")
}
REPEATS |= {("PractitionerRole", "specialty")}
CODED = {"status": ("active", "entered-in-error"), "intent": ("order", "plan"), "gender": ("female", "male")}


def bare(rtype: str, patient: str = "") -> Json:
    """The least of a type that R4 takes, about a patient (an id)."""
    body = {"resourceType": rtype, **copy.deepcopy(BARE[rtype])}
    if patient and rtype not in NOBODYS:
        body[OWNER[rtype]] = {"reference": f"Patient/{patient}"}
    return body


def param(asked: Asked, name: str, tag: str) -> Param:
    """A parameter of a search; `tag` keeps its values apart from every other test's."""
    rtype = asked.rtype
    if name in ("date", "authored"):
        return _date(rtype)
    if name in CODED:
        meant, other = CODED[name]
        return Param(lambda body, value: body.update({name: value}), meant, {"other": other}, {meant: set()})
    if name in ("code", "category", "type", "specialty"):
        return _concept(asked, name, tag)
    return _SINGLE[name](rtype, tag)


def _patient(rtype: str, tag: str) -> Param:
    def write(body: Json, rid: str) -> None:
        body[OWNER[rtype]] = {"reference": f"Patient/{rid}"}

    mine = f"{tag}-patient"
    return Param(write, mine, {"other": f"{tag}-stranger"}, {f"Patient/{mine}": set(), mine: set()})


def _id(rtype: str, tag: str) -> Param:
    def write(body: Json, rid: str) -> None:
        body["id"] = rid

    return Param(write, f"{tag}-meant", {"other": f"{tag}-other"}, {f"{tag}-meant": set()})


def _identifier(rtype: str, tag: str) -> Param:
    def write(body: Json, value: tuple[str, str]) -> None:
        body["identifier"] = [{"system": value[0], "value": value[1]}]

    others = {"value": (CODES, f"{tag}-no"), "system": ("urn:example:other", f"{tag}-no")}
    return Param(write, (CODES, f"{tag}-yes"), others, {f"{CODES}|{tag}-yes": set(), f"{tag}-yes": set()})


def _name(rtype: str, tag: str) -> Param:
    def write(body: Json, value: str) -> None:
        body["name"] = value if rtype == "Organization" else [{"family": value, "given": ["Ana"]}]

    others = {"other": f"Not{tag}"}
    return Param(write, f"{tag}Élan", others, {f"{tag}elan": set(), f"{tag.upper()}": set()})


def _birthdate(rtype: str, tag: str) -> Param:
    def write(body: Json, value: str) -> None:
        body["birthDate"] = value

    asks: dict[str, set[str]] = {"1980-05-06": set(), "1980": set(), "ge1980-05-06": {"later"}}
    return Param(write, "1980-05-06", {"later": "1981-05-06", "earlier": "1979-12-31"}, asks)


def _address(rtype: str, tag: str) -> Param:
    def write(body: Json, city: str) -> None:
        body["address"] = [{"line": ["1 Quay"], "city": city}]

    return Param(write, f"{tag}ville", {"other": f"Old{tag}"}, {tag: set(), f"{tag}ville": set()})


def _practitioner(rtype: str, tag: str) -> Param:
    def write(body: Json, rid: str) -> None:
        body["practitioner"] = {"reference": f"Practitioner/{rid}"}

    mine = f"{tag}-doctor"
    return Param(write, mine, {"other": f"{tag}-locum"}, {f"Practitioner/{mine}": set(), mine: set()})


_SINGLE: dict[str, Callable[[str, str], Param]] = {
    "patient": _patient,
    "_id": _id,
    "identifier": _identifier,
    "name": _name,
    "birthdate": _birthdate,
    "address": _address,
    "practitioner": _practitioner,
}


def _concept(asked: Asked, name: str, tag: str) -> Param:
    place = (asked.rtype, name)

    def write(body: Json, value: tuple[str, str]) -> None:
        made = concept(value[1], value[0])
        body[name] = [made] if place in REPEATS else made

    code, category = OBSERVED.get(asked.profile, ("34117-2", ""))
    meant = (CATEGORY, category) if name == "category" and category else (LOINC, code)
    if name == "specialty":  # in nobody's compartment: told apart by the code alone
        meant = (CODES, f"{tag}-specialty")
    system, word = meant
    others = {"code": (system, "other"), "system": ("urn:example:other", word)}
    return Param(write, meant, others, {f"{system}|{word}": set(), word: {"system"}})


def _date(rtype: str) -> Param:
    def write(body: Json, value: str) -> None:
        body.update(
            {"period": {"start": value, "end": value}} if rtype == "Encounter" else {DATED[rtype]: value}
        )

    asks: dict[str, set[str]] = {
        "2024-03-10T09:30:00Z": set(),
        "2024-03-10T10:30:00%2B01:00": set(),
        "ge2024-03-10T09:30:00Z": {"later"},
        "gt2024-03-10T09:29:59Z": {"later"},
        "le2024-03-10T09:30:00Z": {"earlier"},
        "lt2024-03-10T09:30:01Z": {"earlier"},
        "gt2024-03-10T09:30:00Z": {"later", "-meant"},
        "2024-03": {"later", "earlier"},
        "le2023": {"-meant"},
    }
    others = {"later": "2024-03-12T08:00:00Z", "earlier": "2024-03-01T23:59:59-05:00"}
    return Param(write, "2024-03-10T09:30:00Z", others, asks)


def resources(asked: Asked, tag: str) -> dict[str, Json]:
    """Everything to store for a search: who it is about, what is meant, what is not."""
    found: dict[str, Json] = {}
    for who in ("patient", "stranger"):
        found[who] = {"resourceType": "Patient", "id": f"{tag}-{who}", "name": [{"family": f"Zz{tag}"}]}
    for who in ("doctor", "locum") if "practitioner" in asked.names else ():
        found[who] = {"resourceType": "Practitioner", "id": f"{tag}-{who}", "name": [{"family": f"Zz{tag}"}]}
    params = {name: param(asked, name, tag) for name in asked.names}
    found["meant"] = _made(asked, tag, "meant", params)
    for name, one in params.items():
        for label, value in one.others.items():
            found[f"{name}-{label}"] = _made(asked, tag, f"{name}-{label}", params, **{name: value})
    return found


def _made(asked: Asked, tag: str, label: str, params: dict[str, Param], **other: Any) -> Json:
    body = bare(asked.rtype, f"{tag}-patient") | {"id": f"{tag}-{label}".replace("_", "")}
    for name, one in params.items():
        one.write(body, other.get(name, one.meant))
    return body


def questions(asked: Asked, tag: str) -> Iterator[tuple[list[tuple[str, str]], set[str]]]:
    """Every way of asking, one parameter at a time, and the ids that it finds."""
    params = {name: param(asked, name, tag) for name in asked.names}
    first = {name: next(iter(one.asks)) for name, one in params.items()}
    whole = resources(asked, tag)
    for name, one in params.items():
        for text, also in one.asks.items():
            labels = {f"{name}-{label}" for label in also if not label.startswith("-")}
            labels |= set() if "-meant" in also else {"meant"}
            pairs = [(each, text if each == name else first[each]) for each in asked.names]
            yield pairs, {whole[label]["id"] for label in labels}
