"""Index rows: what a resource can be found by."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rapport.fhir import labels
from rapport.fhir.definitions import ROW_PARAMS, search_params
from rapport.fhir.emit import emitter
from rapport.fhir.index import (
    EARLIEST,
    LATEST,
    STRING_LIMIT,
    any_of_key,
    base_key,
    exact_key,
    fold,
    identifier_word,
    of_type_key,
    pair,
    range_key,
    rows,
    system_key,
    target_key,
    token_key,
    unit_key,
)
from rapport.fhir.keys import hash64, reference_key, resource_key
from rapport.fhir.paths import Leaf
from rapport.fhir.rows import Rows
from rapport.fhir.table import RESOURCE_TYPES
from tests.fhir.making import some

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"

PRESSURE: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "bp",
    "meta": {"profile": ["http://example.org/p|2"], "tag": [{"system": "urn:t", "code": "x"}]},
    "status": "final",
    "code": {"coding": [{"system": LOINC, "code": "85354-9"}, {"code": "BP"}]},
    "subject": {"reference": "Patient/amina/_history/3"},
    "encounter": {"identifier": {"system": "urn:visits", "value": "7"}},
    "effectivePeriod": {"start": "2024-02-29T10:00:00+01:00"},
    "component": [
        {
            "code": {"coding": [{"system": LOINC, "code": "8480-6"}]},
            "valueQuantity": {"value": 128, "unit": "mm Hg", "system": UCUM, "code": "mm[Hg]"},
        },
        {
            "code": {"coding": [{"system": LOINC, "code": "8462-4"}]},
            "valueQuantity": {"value": 82, "comparator": "<", "unit": "mm Hg"},
        },
    ],
}


@pytest.fixture(scope="module")
def pressure() -> Rows:
    return rows(PRESSURE)


def numbers(found: Rows, code: str, rtype: str = "Observation") -> set[tuple[float, float, int]]:
    return {row[1:] for row in found.number if row[0] == range_key(rtype, code)}


def test_tokens(pressure: Rows) -> None:
    key, system = token_key("Observation", "code", "85354-9"), system_key(LOINC)
    assert (key, system) in pressure.token
    assert (token_key("Observation", "code", "BP"), 0) in pressure.token
    assert (any_of_key("Observation", "code", LOINC), 0) in pressure.token
    assert (token_key("Observation", "combo-code", "8480-6"), system) in pressure.token
    assert (token_key("Observation", "status", "final"), 0) in pressure.token
    assert (token_key("Observation", "_tag", "x"), system_key("urn:t")) in pressure.token


def test_references(pressure: Rows) -> None:
    refs = pressure.ref
    for code in ("subject", "patient"):
        assert (range_key("Observation", code), resource_key("Patient", "amina")) in refs
    word = identifier_word("urn:visits", "7")
    assert (range_key("Observation", "encounter"), target_key(word)) in refs


def test_owner_time_and_label(pressure: Rows) -> None:
    assert pressure.patient == reference_key("Patient/amina")
    assert pressure.when == datetime(2024, 2, 29, 9, tzinfo=UTC)
    assert pressure.sens == 0
    assert (range_key("Observation", "date"), pressure.when, LATEST) in pressure.date


def test_quantities_by_value_and_unit(pressure: Rows) -> None:
    found = numbers(pressure, "component-value-quantity")
    pascal = 128 * 133.322 * 1000
    assert (
        base_key("Observation", "component-value-quantity"),
        pascal,
        pascal,
        unit_key(UCUM, "g.m-1.s-2"),
    ) in (pressure.number)
    assert (128, 128, unit_key("", "mm[Hg]")) in found
    assert (128, 128, unit_key("", "mm Hg")) in found
    assert (float("-inf"), 82, unit_key("", "mm Hg")) in found


def test_composite_pairs_stay_within_their_component(pressure: Rows) -> None:
    code = "component-code-value-quantity"
    high = numbers(pressure, pair(code, f"{LOINC}|8480-6"))
    assert {row[0] for row in high} == {128}
    assert {row[1] for row in numbers(pressure, pair(code, "8462-4"))} == {82}
    assert not numbers(pressure, pair(code, "|8462-4"))


def test_uri_of_a_profile(pressure: Rows) -> None:
    key = range_key("Observation", "_profile")
    assert pressure.uri == {(key, "http://example.org/p|2"), (key, "http://example.org/p")}


PERSON: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p",
    "identifier": [
        {
            "system": "urn:mrn",
            "value": "77",
            "type": {"coding": [{"system": "urn:types", "code": "MR"}]},
        }
    ],
    "active": True,
    "name": [{"family": "Ünal-Straße", "given": ["Zoë", "  Anna   Maria "], "text": "Zoë Ünal-Straße"}],
    "telecom": [{"system": "phone", "value": "555"}, {"system": "email", "value": "z@example.org"}],
    "gender": "female",
    "birthDate": "1980-05",
    "address": [{"line": ["1 Main Street"], "city": "Izmir"}],
    "meta": {"security": [{"system": labels.ACT_CODE, "code": "HIV"}]},
}


def test_a_patient() -> None:
    found = rows(PERSON)
    name = range_key("Patient", "name")
    assert found.patient == resource_key("Patient", "p")
    assert found.sens == labels.BITS[(labels.ACT_CODE, "HIV")]
    assert {text for key, text in found.string if key == name} == {
        "unal-strasse",
        "zoe",
        "anna maria",
        "zoe unal-strasse",
    }
    assert (exact_key("Patient", "family", "Ünal-Straße"), 0) in found.token
    assert (range_key("Patient", "address"), "1 main street") in found.string
    assert (token_key("Patient", "phone", "555"), 0) in found.token
    assert (token_key("Patient", "phone", "z@example.org"), 0) not in found.token
    assert (token_key("Patient", "telecom", "z@example.org"), 0) in found.token
    assert (token_key("Patient", "active", "true"), 0) in found.token
    assert (of_type_key("Patient", "identifier", "urn:types", "MR", "77"), 0) in found.token
    start, end = datetime(1980, 5, 1, tzinfo=UTC), datetime(1980, 6, 1, tzinfo=UTC)
    assert (range_key("Patient", "birthdate"), start, end) in found.date


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        ({}, "false"),
        ({"deceasedBoolean": False}, "false"),
        ({"deceasedBoolean": True}, "true"),
        ({"deceasedDateTime": "2024"}, "true"),
    ],
)
def test_deceased_is_always_answered(more: dict[str, Any], answer: str) -> None:
    found = rows({"resourceType": "Patient", "id": "p", **more})
    assert (token_key("Patient", "deceased", answer), 0) in found.token
    other = "true" if answer == "false" else "false"
    assert (token_key("Patient", "deceased", other), 0) not in found.token


def test_a_task_is_found_by_due_and_team() -> None:
    task = {
        "resourceType": "Task",
        "for": {"reference": "Patient/p"},
        "authoredOn": "2026-03-01T09:00:00Z",
        "restriction": {
            "period": {"end": "2026-03-02T12:00:00Z"},
            "recipient": [{"reference": "Organization/t"}, {"reference": "Patient/p"}],
        },
    }
    found = rows(task)
    due = datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert [row[1] for row in found.date if row[0] == range_key("Task", "due")] == [due]
    assert (range_key("Task", "team"), target_key("Organization/t")) in found.ref
    assert found.patient == reference_key("Patient/p")


def test_subject_of_another_kind_owns_nothing() -> None:
    found = rows({"resourceType": "Observation", "subject": {"reference": "Group/g"}})
    assert found.patient == 0
    assert all(key != range_key("Observation", "patient") for key, _ in found.ref)
    assert (range_key("Observation", "subject"), target_key("Group/g")) in found.ref


def test_sender_and_author_never_own() -> None:
    message = {
        "resourceType": "Communication",
        "sender": {"reference": "Patient/p"},
        "recipient": [{"reference": "Patient/p"}],
    }
    assert rows(message).patient == 0


def test_a_canonical_is_found_with_and_without_its_version() -> None:
    found = rows({"resourceType": "QuestionnaireResponse", "questionnaire": "http://x/q|2"})
    key = range_key("QuestionnaireResponse", "questionnaire")
    assert {(key, target_key("http://x/q")), (key, target_key("http://x/q|2"))} <= found.ref


def test_money_range_and_sampled_data() -> None:
    invoice = rows({"resourceType": "Invoice", "totalNet": {"value": 5.5, "currency": "EUR"}})
    assert (5.5, 5.5, unit_key("urn:iso:std:iso:4217", "EUR")) in numbers(invoice, "totalnet", "Invoice")
    risk = rows(
        {"resourceType": "RiskAssessment", "prediction": [{"probabilityRange": {"low": {"value": 0.2}}}]}
    )
    assert numbers(risk, "probability", "RiskAssessment") == {(0.2, float("inf"), 0)}
    wave = {"origin": {"value": 1}, "lowerLimit": 0, "upperLimit": 9}
    assert numbers(rows({"resourceType": "Observation", "valueSampledData": wave}), "value-quantity") == {
        (0, 9, 0)
    }


def test_bundle_heads_and_filtered_parts() -> None:
    composition = {"resourceType": "Composition", "id": "c"}
    bundle = {
        "resourceType": "Bundle",
        "entry": [{"resource": composition}, {"resource": {"resourceType": "Basic"}}],
    }
    assert (range_key("Bundle", "composition"), resource_key("Composition", "c")) in rows(bundle).ref
    library = {
        "resourceType": "Library",
        "relatedArtifact": [
            {"type": "depends-on", "resource": "http://x/a"},
            {"type": "successor", "resource": "http://x/b"},
        ],
    }
    found = rows(library).ref
    assert (range_key("Library", "depends-on"), target_key("http://x/a")) in found
    assert (range_key("Library", "depends-on"), target_key("http://x/b")) not in found


def test_where_a_place_is() -> None:
    found = rows({"resourceType": "Location", "position": {"latitude": 52.1, "longitude": 4.3}})
    assert (range_key("Location", "near.latitude"), 52.1, 52.1, 0) in found.number


def test_long_text_is_cut() -> None:
    found = rows({"resourceType": "Observation", "valueString": "é" * 5000})
    ((_, text),) = found.string
    assert len(text) == STRING_LIMIT
    assert len(("\U0001f600" * STRING_LIMIT).encode()) < 2600


def test_the_earliest_of_several_times() -> None:
    plan = {"resourceType": "CarePlan", "period": {"end": "2024-05-01"}}
    assert rows(plan).when == datetime(2024, 5, 2, tzinfo=UTC)
    assert any(row[1] == EARLIEST for row in rows(plan).date)


CONCEPT = {"coding": [{"system": "urn:s", "code": "w"}]}
SAMPLES: dict[str, Any] = {
    "CodeableConcept": CONCEPT,
    "Coding": CONCEPT["coding"][0],
    "Identifier": {"system": "urn:s", "value": "w"},
    "ContactPoint": {"value": "w"},
    "Quantity": {"value": 1},
    "Age": {"value": 1},
    "Duration": {"value": 1},
    "Money": {"value": 1},
    "Range": {"low": {"value": 1}},
    "SampledData": {"origin": {"value": 1}},
    "Period": {"start": "2024"},
    "Timing": {"event": ["2024"]},
    "HumanName": {"family": "w"},
    "Address": {"city": "w"},
    "Resource": {"resourceType": "Composition", "id": "w"},
    "boolean": True,
    "integer": 1,
    "decimal": 1.5,
    "date": "2024",
    "dateTime": "2024",
    "instant": "2024-01-01T00:00:00Z",
    "Location.position": {"latitude": 1, "longitude": 1},
}


def put(rtype: str, leaf: Leaf) -> dict[str, Any]:
    """A resource with one value at a leaf."""
    value: Any = SAMPLES.get(leaf.type, "w")
    if leaf.type == "Reference":
        value = {"reference": f"{leaf.target or 'Patient'}/w"}
    for step in reversed(leaf.steps):
        if step.where:
            names, text = step.where
            value = {**value, names[0]: text}
        value = {step.key: [value] if step.index is not None or step.where else value}
    return {"resourceType": rtype, **value}


@pytest.mark.parametrize("rtype", RESOURCE_TYPES)
def test_every_parameter_of_every_type_is_indexed_at_every_place(rtype: str) -> None:
    for param in search_params(rtype).values():
        if param.type == "composite" or param.code in ROW_PARAMS:
            continue
        for leaf in param.leaves:
            if emitter(param.type, leaf, rtype, param.code) is None or leaf.present:
                continue
            found = rows(put(rtype, leaf))
            keys = {row[0] for row in found.date | found.number | found.string | found.uri | found.ref}
            word = "true" if leaf.type == "boolean" else "w"
            if param.type == "token":
                assert any(row[0] == token_key(rtype, param.code, word) for row in found.token), (
                    param.code,
                    leaf,
                )
            elif param.type == "special":
                assert range_key(rtype, "near.latitude") in keys
            else:
                assert range_key(rtype, param.code) in keys, (param.code, leaf)


@pytest.mark.parametrize("rtype", RESOURCE_TYPES)
def test_made_up_resources_are_indexed_without_fail(rtype: str) -> None:
    for seed in range(5):
        found = rows(some(rtype, seed, 0.6))
        assert all(low < high for _, low, high in found.date)
        assert all(low <= high for _, low, high, _ in found.number)


@pytest.mark.parametrize(
    "junk", [None, 3, "x", [], {}, [None], {"coding": 3}, {"coding": [3, {"code": 4}]}, True]
)
def test_what_cannot_be_read_is_left_out(junk: Any) -> None:
    for name in ("code", "subject", "effectivePeriod", "valueQuantity", "component", "meta", "status"):
        rows({"resourceType": "Observation", name: junk})
    for name in ("name", "identifier", "telecom", "birthDate", "address", "deceasedBoolean"):
        rows({"resourceType": "Patient", name: junk})


def test_folding() -> None:
    assert fold("  Ünal\tSTRASSE ") == fold("unal straße") == "unal strasse"
    assert fold("ﬁ") == "fi"


def test_keys_never_change() -> None:
    """Keys are in the database."""
    assert hash64("Patient/1") == resource_key("Patient", "1") == target_key("Patient/1")
    assert hash64("Observation", "code", "x") == 2713713924225479295
