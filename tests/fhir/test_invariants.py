"""R4's invariants: the quick functions say what the FHIRPath says, and the others run as FHIRPath."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from rapport.fhir import fhirpath
from rapport.fhir.constraints import constraints_of
from rapport.fhir.fhirpath import Node, nodes
from rapport.fhir.invariants import HANDLED, INVARIANTS
from rapport.fhir.shapes import shape_of
from rapport.fhir.table import CONSTRAINTS, RESOURCE_TYPES
from rapport.fhir.validation import check
from tests.fhir.making import least, some

Json = dict[str, Any]

#: R4's words ask for more than its expressions, and the functions follow the words.
STRICTER = {"obs-7", "que-12"}
_KEY = re.compile(r"\(([a-z]{2,4}-\d+\w?)\)")


def objects(resource: Json) -> Iterator[Node]:
    """Every object of a resource that has a part."""
    top = nodes.node_of(resource)
    yield top
    yield from (node for node in nodes.below([top]) if type(node.value) is dict)


def by_function(node: Node) -> set[str]:
    texts = [text for rule in INVARIANTS.get(node.kind, ()) for text in rule(node.value)]
    return {key for text in texts for key in _KEY.findall(text)}


def by_path(node: Node) -> set[str]:
    done, broken = HANDLED.get(node.kind, frozenset()), set()
    outside = {"resource": [node.resource()]}
    for element, key, text, _ in CONSTRAINTS.get(node.kind, ()):
        if key not in done:
            continue
        expression = fhirpath.compiled(text, loose=True)
        where: list[Any] = [node]
        if element:
            where = []
            nodes.down(node, element, where)
        if not all(expression.holds(one, outside) for one in where):
            broken.add(key)
    return broken


def thin(resource: Json, chance: Random) -> Json:
    """Leave out some of what is not required, everywhere."""
    for node in list(objects(resource)):
        needed = {key for _, keys in shape_of(node.kind).required for key in keys} | {"resourceType"}
        for key in [key for key in node.value if key not in needed and chance.random() < 0.3]:
            del node.value[key]
    return resource


@pytest.mark.parametrize("rtype", RESOURCE_TYPES)
def test_functions_say_what_the_expressions_say(rtype: str) -> None:
    for seed in range(12):
        resource = thin(some(rtype, seed, 0.9), Random(seed))
        for node in objects(resource):
            quick, slow = by_function(node), by_path(node)
            assert quick - STRICTER == slow - STRICTER, (node.kind, node.value)
            assert slow & STRICTER <= quick & STRICTER


def test_each_invariant_is_looked_after() -> None:
    """All but those that the walk itself sees: 256 places with 196 rules."""
    rows = [(part, row[1]) for part, rows in CONSTRAINTS.items() for row in rows]
    assert len(rows) == 256 and len({key for _, key in rows}) == 196
    by_engine = [(part, one.key) for part in CONSTRAINTS for one in constraints_of(part)]
    quick = [(part, key) for part, key in rows if key in HANDLED.get(part, ())]
    assert Counter(quick) + Counter(by_engine) == Counter(rows)
    assert len(by_engine) == 100
    for part, keys in HANDLED.items():
        assert keys - {"sqty-1", "ext-1"} <= {row[1] for row in CONSTRAINTS.get(part, ())}, part


def test_most_are_looked_at_only_where_they_matter() -> None:
    always = {one.key for part in CONSTRAINTS for one in constraints_of(part) if one.wanted is None}
    assert len(always) < 40, always


UCUM = "http://unitsofmeasure.org"
BROKEN: list[tuple[str, Json, str, str]] = [
    (
        "Goal",
        {"target": [{"measure": {"text": "x"}, "detailRange": {"low": {"value": 5}, "high": {"value": 4}}}]},
        "Goal.target[0].detail",
        "rng-2",
    ),
    ("Condition", {"onsetAge": {"value": -1, "code": "a", "system": UCUM}}, "Condition.onset", "age-1"),
    ("Condition", {"onsetAge": {"value": 3}}, "Condition.onset", "age-1"),
    (
        "RiskAssessment",
        {"prediction": [{"probabilityRange": {"low": {"value": 1, "code": "g", "system": UCUM}}}]},
        "RiskAssessment.prediction[0]",
        "ras-1",
    ),
    (
        "Questionnaire",
        {"item": [{"linkId": "1", "type": "boolean", "answerOption": [{"valueString": "x"}]}]},
        "Questionnaire.item[0]",
        "que-5",
    ),
    (
        "Questionnaire",
        {"item": [{"linkId": "1", "type": "date", "maxLength": 3}]},
        "Questionnaire.item[0]",
        "que-10",
    ),
    (
        "CareTeam",
        {
            "participant": [
                {"onBehalfOf": {"reference": "Organization/1"}, "member": {"reference": "Patient/1"}}
            ]
        },
        "CareTeam.participant[0]",
        "ctm-1",
    ),
    (
        "ConceptMap",
        {"group": [{"source": "x:y", "element": [{"target": [{"equivalence": "narrower"}]}]}]},
        "ConceptMap.group[0].element[0].target[0]",
        "cmd-1",
    ),
    (
        "CodeSystem",
        {"concept": [{"code": "a", "concept": [{"code": "b", "concept": [{"code": "b"}]}]}]},
        "CodeSystem",
        "csd-1",
    ),
    (
        "MedicationRequest",
        {"dosageInstruction": [{"timing": {"repeat": {"offset": 3, "when": ["C"]}}}]},
        "MedicationRequest.dosageInstruction[0].timing.repeat",
        "tim-9",
    ),
    (
        "Observation",
        {"referenceRange": [{"low": {"value": 1, "comparator": "<"}}]},
        "Observation.referenceRange[0]",
        "sqty-1",
    ),
    ("Task", {"authoredOn": "2024-01-02", "lastModified": "2024-01-01"}, "Task", "inv-1"),
    ("SearchParameter", {"chain": ["x"], "type": "string"}, "SearchParameter", "spd-2"),
    (
        "NamingSystem",
        {"kind": "root", "uniqueId": [{"type": "uuid", "value": "x"}]},
        "NamingSystem",
        "nsd-1",
    ),
]


@pytest.mark.parametrize(("rtype", "more", "path", "key"), BROKEN)
def test_a_broken_rule_is_told_with_its_place(rtype: str, more: Json, path: str, key: str) -> None:
    found = [issue for issue in check({**least(rtype), **more}) if key in issue.text]
    assert [issue.path for issue in found] == [path], check({**least(rtype), **more})


def test_rules_of_elements_are_told_in_what_is_contained_too() -> None:
    inner = {**least("StructureDefinition"), "id": "s", "snapshot": {"element": [{"id": "X", "path": "X"}]}}
    found = check({**least("Basic"), "contained": [inner], "extension": [
        {"url": "urn:x", "valueReference": {"reference": "#s"}}]})  # fmt: skip
    assert {issue.path for issue in found} == {"Basic.contained[0].snapshot"}
    assert any("sdf-8:" in issue.text for issue in found)


def test_a_large_code_system_costs_little() -> None:
    concepts = [{"code": f"c{number}", "concept": [{"code": f"d{number}"}]} for number in range(5000)]
    assert check({**least("CodeSystem"), "concept": concepts}) == ()
