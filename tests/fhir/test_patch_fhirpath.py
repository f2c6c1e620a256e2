"""FHIRPath Patch: HL7's suite, digits kept, both halves of primitives, and what must be refused."""

from __future__ import annotations

import contextlib
from typing import Any
from xml.etree import ElementTree

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.fhir.outcomes import Refused
from rapport.fhir.patch_fhirpath import apply
from tests.fhir import fromxml
from tests.fhir.conftest import shared

Json = dict[str, Any]
SIDES = ("input", "diff", "output")
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def operation(**parts: Any) -> Json:
    """One operation; what is no text or number is a part that is written out."""
    found = []
    for name, value in parts.items():
        kind = "valueInteger" if isinstance(value, int) else "valueString"
        found.append({"name": name, **(value if isinstance(value, dict) else {kind: value})})
    return {"name": "operation", "part": found}


def patch(*operations: Json) -> bytes:
    return orjson.dumps({"resourceType": "Parameters", "parameter": operations})


def patched(resource: Json, *operations: Json) -> Any:
    return orjson.loads(apply(orjson.dumps(resource), patch(*operations)))


def test_the_suite() -> None:
    root = ElementTree.parse(shared("conformance/fhir-patch-r4/fhir-patch-tests.xml")).getroot()
    done = 0
    for case in root:
        before, diff, after = (next(iter(case.findall(f"{name}/*")), None) for name in SIDES)
        assert before is not None and diff is not None
        raw, change = (_ENCODER.encode(fromxml.resource(one)) for one in (before, diff))
        if after is None:
            with pytest.raises(Refused):
                apply(raw, change)
        else:
            assert orjson.loads(apply(raw, change)) == fromxml.resource(after), case.get("name")
        done += 1
    assert done == 33


OBSERVATION = (
    b'{"resourceType":"Observation","status":"final","code":{"text":"x"},'
    b'"valueQuantity":{"value": 2.00, "unit":"mg"},"component":[{"code":{"text":"a"},"valueInteger":1},'
    b'{"code":{"text":"b"},"valueQuantity":{"value":1e40}}]}'
)


def test_digits_are_kept() -> None:
    change = (
        b'{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"add"},'
        b'{"name":"path","valueString":"Observation.component[0]"},{"name":"name","valueString":"referenceRange"},'
        b'{"name":"value","part":[{"name":"low","valueQuantity":{"value":7.50}}]}]}]}'
    )
    assert apply(OBSERVATION, change) == OBSERVATION.replace(
        b'"valueInteger":1}', b'"valueInteger":1,"referenceRange":[{"low":{"value":7.50}}]}'
    ).replace(b'2.00, "unit"', b'2.00, "unit"')


def test_a_choice_may_change_its_type() -> None:
    change = patch(operation(type="replace", path="Observation.value", value={"valueString": "high"}))
    found = orjson.loads(apply(OBSERVATION, change))
    assert found["valueString"] == "high" and "valueQuantity" not in found
    added = patch(operation(type="add", path="Observation.component[1]", name="interpretation",
                            value={"valueCodeableConcept": {"text": "H"}}))  # fmt: skip
    assert orjson.loads(apply(OBSERVATION, added))["component"][1]["interpretation"] == [{"text": "H"}]
    named = operation(type="add", path="Observation", name="effective", value={"valueDateTime": "2024"})
    assert orjson.loads(apply(OBSERVATION, patch(named)))["effectiveDateTime"] == "2024"


NOTE = {"extension": [{"url": "http://x", "valueString": "n"}]}
PATIENT: Json = {
    "resourceType": "Patient",
    "birthDate": "1980",
    "_birthDate": NOTE,
    "name": [{"given": ["a", "b", "c"], "_given": [None, NOTE, None]}],
}


def test_both_halves_stay_together() -> None:
    found = patched(PATIENT, operation(type="delete", path="Patient.name.given[0]"))
    assert found["name"] == [{"given": ["b", "c"], "_given": [NOTE, None]}]
    found = patched(PATIENT, operation(type="delete", path="Patient.name.given[1]"))
    assert found["name"] == [{"given": ["a", "c"]}]
    found = patched(PATIENT, operation(type="move", path="Patient.name.given", source=1, destination=2))
    assert found["name"] == [{"given": ["a", "c", "b"], "_given": [None, None, NOTE]}]
    found = patched(
        PATIENT, operation(type="insert", path="Patient.name.given", index=0, value={"_valueString": NOTE})
    )
    assert found["name"] == [{"given": [None, "a", "b", "c"], "_given": [NOTE, None, NOTE, None]}]
    found = patched(PATIENT, operation(type="replace", path="Patient.birthDate", value={"valueDate": "1981"}))
    assert found["birthDate"] == "1981" and "_birthDate" not in found


def test_extensions_of_primitives() -> None:
    path = "Patient.birthDate.extension('http://x')"
    found = patched(PATIENT, operation(type="replace", path=path + ".value", value={"valueCode": "m"}))
    assert found["_birthDate"] == {"extension": [{"url": "http://x", "valueCode": "m"}]}
    assert "_birthDate" not in patched(PATIENT, operation(type="delete", path=path))
    more = {"valueExtension": {"url": "http://y", "valueString": "z"}}
    found = patched(
        PATIENT, operation(type="add", path="Patient.name.given[2]", name="extension", value=more)
    )
    assert found["name"][0]["_given"] == [None, NOTE, {"extension": [more["valueExtension"]]}]
    found = patched(PATIENT, operation(type="delete", path="Patient.name.given[1].extension"))
    assert found["name"] == [{"given": ["a", "b", "c"]}]


def test_lists_that_are_not_there_yet() -> None:
    added = operation(
        type="insert", path="Patient.telecom", index=0, value={"valueContactPoint": {"rank": 1}}
    )
    assert patched(PATIENT, added)["telecom"] == [{"rank": 1}]
    assert patched(PATIENT, operation(type="delete", path="Patient.telecom")) == PATIENT
    inner = {"name": "value", "resource": {"resourceType": "Basic", "id": "b", "code": {"text": "x"}}}
    put = operation(type="add", path="Patient", name="contained")
    put["part"].append(inner)
    assert patched(PATIENT, put)["contained"] == [inner["resource"]]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (operation(type="fly", path="Patient"), 400),
        (operation(type="delete"), 400),
        (operation(path="Patient.active"), 400),
        (operation(type="add", path="Patient", value={"valueBoolean": True}), 400),
        (operation(type="add", path="Patient", name="active"), 400),
        (operation(type="add", path="Patient", name="active", value={}), 400),
        (operation(type="delete", path="Patient.name.matches('x')"), 400),
        (operation(type="delete", path="Patient.name[-"), 400),
        (operation(type="delete", path="Patient.descendants()"), 400),
        (operation(type="delete", path=3), 400),
        (operation(type="move", path="Patient.name.given", source=-1, destination=0), 400),
        ({"name": "other"}, 400),
        ({"part": []}, 400),
        (operation(type="delete", path="Patient"), 422),
        (operation(type="delete", path="Patient.name.given"), 422),
        (operation(type="delete", path="Patient.name.given.count()"), 422),
        (operation(type="replace", path="Patient.gender", value={"valueCode": "male"}), 422),
        (operation(type="add", path="Patient", name="birthDate", value={"valueDate": "1981"}), 422),
        (operation(type="add", path="Patient", name="wings", value={"valueInteger": 2}), 422),
        (operation(type="add", path="Patient", name="deceased", value={"valueQuantity": {"value": 1}}), 422),
        (operation(type="add", path="Patient.photo", name="title", value={"valueString": "x"}), 422),
        (operation(type="insert", path="Patient.birthDate", index=0, value={"valueDate": "1981"}), 422),
        (operation(type="insert", path="Patient.name.given", index=4, value={"valueString": "x"}), 422),
        (operation(type="move", path="Patient.name.given", source=3, destination=0), 422),
        (operation(type="move", path="Patient.gender", source=0, destination=0), 422),
    ],
)
def test_what_is_refused(change: Json, status: int) -> None:
    with pytest.raises(Refused) as refused:
        patched(PATIENT, change)
    assert refused.value.status == status, refused.value.text


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{}",
        b'{"resourceType":"Patient"}',
        b"[" * 3000,
        b'{"resourceType":"Parameters","parameter":3}',
        b'{"resourceType":"Parameters","parameter":[{"name":"a","name":"b"}]}',
    ],
)
def test_what_is_no_patch(raw: bytes) -> None:
    with pytest.raises(Refused) as refused:
        apply(orjson.dumps(PATIENT), raw)
    assert refused.value.status == 400


def test_nothing_grows_without_bound() -> None:
    with pytest.raises(Refused):
        patched(PATIENT, *[operation(type="delete", path="Patient.active")] * 300)
    deep: Json = {"name": "x", "valueString": "y"}
    for _ in range(100):
        deep = {"name": "x", "part": [deep]}
    wide = operation(type="add", path="Patient", name="contact")
    wide["part"].append({**deep, "name": "value"})
    with pytest.raises(Refused):
        patched(PATIENT, wide)


words = st.sampled_from(
    ["type", "path", "name", "value", "index", "add", "insert", "delete", "replace", "move", "Patient.name",
     "Patient.name[0].given[1]", "given", "extension", "", "$this", "Patient.name.given"]
)  # fmt: skip
members = st.dictionaries(
    st.sampled_from(["name", "part", "valueString", "valueInteger", "_valueString", "resource"]),
    words | st.integers(-1, 3) | st.none() | st.just([]) | st.just({}),
)


@given(
    st.lists(
        st.fixed_dictionaries({"name": st.just("operation"), "part": st.lists(members, max_size=5)}),
        max_size=3,
    )
)
def test_never_raises_anything_else(operations: list[Json]) -> None:
    with contextlib.suppress(Refused):
        apply(orjson.dumps(PATIENT), patch(*operations))
