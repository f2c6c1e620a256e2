"""Random Consents: sound ones, and ones with something broken in them."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

from tests.personas import OTHER_TEAM, TEAM

TERMS = "http://terminology.hl7.org/CodeSystem/"
ACTORS = (
    "RelatedPerson/bilal",
    "RelatedPerson/zara",
    "Practitioner/dara",
    "PractitionerRole/dara",
    "Practitioner/nell",
    "Practitioner/eve",
    TEAM,
    OTHER_TEAM,
)
ROLES = ("PRCP", "PRCP", "PRCP", "IRCP", "SON", "NOK")
CATEGORIES = (
    "identity", "conversations", "appointments", "plan", "health-record", "decisions", "learning",
    "practical-help",
)  # fmt: skip
TYPES = (
    "Observation",
    "Condition",
    "Immunization",
    "Goal",
    "Communication",
    "Consent",
    "RelatedPerson",
    "Task",
)
ACTIONS = ("access", "access", "use", "disclose", "collect", "correct")
PURPOSES = ("TREAT", "TREAT", "PATRQT", "FAMRQT", "ETREAT", "HOPERAT")
LABELS = ("PSY", "HIV", "SEX", "SUD", "VIO")
DATES = (
    "2019", "2020-06", "2021-03-28", "2022-10-30", "2023-01-01T00:30:00Z", "2024", "2025-12-31", "2027-05",
    "9999-12-31",
)  # fmt: skip
NAMED = (
    "Communication/c1",
    "Communication/c2",
    "Observation/o1",
    "Observation/o3",
    "Condition/k1",
    "Patient/amina",
)
Node = dict[str, Any]


def concept(code: str, system: str) -> Node:
    return {"coding": [{"system": TERMS + system, "code": code}]}


def coding(code: str, system: str) -> Node:
    return {"system": system if ":" in system else TERMS + system, "code": code}


def some(rng: random.Random, pool: tuple[str, ...], most: int = 3) -> list[str]:
    return list(dict.fromkeys(rng.choices(pool, k=rng.randint(1, most))))


def actors(rng: random.Random, *, by_law: bool = False) -> list[Node]:
    law = ("PRN", "GUARD", "HPOWATT")
    return [
        {
            "role": concept(rng.choice((*law, *law, *ROLES[3:]) if by_law else ROLES), "v3-RoleCode"),
            "reference": {"reference": ref},
        }
        for ref in some(rng, ACTORS, 5)
    ]


def period(rng: random.Random) -> Node:
    start, end = sorted(rng.choices(DATES[:4], k=1) + rng.choices(DATES[3:], k=1))
    return rng.choice(({"start": start, "end": end}, {"start": start}, {"end": end}))


def kinds(rng: random.Random) -> list[Node]:
    found = [coding(code, "urn:rapport:category") for code in some(rng, CATEGORIES, 8)]
    types = [coding(code, "http://hl7.org/fhir/resource-types") for code in some(rng, TYPES)]
    return rng.choice((found, found, types, found + types))


def named(rng: random.Random) -> list[Node]:
    return [
        {"meaning": rng.choice(("instance", "related", "dependents")), "reference": {"reference": ref}}
        for ref in some(rng, NAMED)
    ]


def limits(rng: random.Random, chance: float, *, by_law: bool = False) -> Node:
    """Some limits, each with that chance."""
    made: Node = {
        "actor": actors(rng, by_law=by_law),
        "action": [concept(code, "consentaction") for code in some(rng, ACTIONS, 5)],
        "purpose": [coding(code, "v3-ActReason") for code in some(rng, PURPOSES, 8)],
        "class": kinds(rng),
    }
    found = {name: value for name, value in made.items() if rng.random() < chance}
    if rng.random() < 0.25:
        found["period"] = period(rng)
    if rng.random() < 0.15:
        found["dataPeriod"] = period(rng)
    if rng.random() < 0.4:
        found["securityLabel"] = [coding(code, "v3-ActCode") for code in some(rng, LABELS, 4)]
    if rng.random() < 0.15:
        found["data"] = named(rng)
    return found


def provision(rng: random.Random, depth: int, *, by_law: bool = False) -> Node:
    """A provision with some of its own within it."""
    if rng.random() < (0.6 if depth < 3 else 0.8):
        made: Node = {"type": "permit", **limits(rng, 0.98, by_law=by_law)}
        if "data" in made and rng.random() < 0.9:
            made.pop("class", None)
    else:
        made = {"type": "deny", **limits(rng, 0.6)}
    if depth and rng.random() < 0.5:
        made["provision"] = [provision(rng, depth - 1, by_law=by_law) for _ in range(rng.randint(1, 3))]
    return made


def consent(rng: random.Random) -> Node:
    """A Consent about access."""
    by_law = rng.random() < 0.2
    root = provision(rng, 3, by_law=by_law)
    if rng.random() < 0.2:
        root = {"provision": [provision(rng, 2, by_law=by_law) for _ in range(rng.randint(1, 3))]}
    made: Node = {
        "resourceType": "Consent",
        "status": "active" if rng.random() < 0.95 else rng.choice(("inactive", "draft")),
        "scope": concept("patient-privacy", "consentscope"),
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": "Patient/amina"},
        "policyRule": concept("OPTOUT" if root.get("type") == "deny" else "OPTIN", "v3-ActCode"),
        "provision": root,
    }
    if by_law and rng.random() < 0.9:
        made["verification"] = [{"verified": True, "verificationDate": "2020-01-01"}]
        made["sourceReference"] = {"reference": "DocumentReference/proof"}
    if by_law and rng.random() < 0.7:
        made["performer"] = [{"reference": "Practitioner/dara"}]
    return made


# ---------------------------------------------------------------- breaking them

RUBBISH: tuple[Any, ...] = (None, [], {}, "", "rubbish", 7, True, [None], [{}], {"rubbish": 1}, [[]])


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value, but the root."""
    if path:
        yield path
    steps = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, value in steps:
        yield from places(value, (*path, step))


def at(node: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        node = node[step]
    return node


def with_rubbish(body: Node, path: tuple[Any, ...], rubbish: Any) -> Node:
    """The same with something else at a place."""
    made = copy.deepcopy(body)
    at(made, path[:-1])[path[-1]] = copy.deepcopy(rubbish)
    return made


def without(body: Node, path: tuple[Any, ...]) -> Node:
    """The same without what stands at a place."""
    made = copy.deepcopy(body)
    del at(made, path[:-1])[path[-1]]
    return made
