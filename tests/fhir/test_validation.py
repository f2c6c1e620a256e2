"""Valid resources pass, each kind of fault is told with its place, and nothing makes it raise."""

from __future__ import annotations

import copy
import tarfile
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rapport.fhir.shapes import shape_of
from rapport.fhir.table import PRIMITIVES, RESOURCE_TYPES, part
from rapport.fhir.validation import DEPTH, MOST, check
from tests.fhir.conftest import shared
from tests.fhir.making import DIV, least, some

Json = dict[str, Any]

UNKNOWN: Json = {
    "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}
    ]
}
PATIENT: Json = {
    "resourceType": "Patient",
    "id": "p",
    "text": {"status": "generated", "div": DIV},
    "name": [{"family": "Okafor", "given": ["Dara", None], "_given": [None, UNKNOWN]}],
    "gender": "female",
    "birthDate": "1980-02-29",
    "_birthDate": {
        "extension": [{"url": "http://example.org/time", "valueDateTime": "1980-02-29T10:00:00Z"}]
    },
    "managingOrganization": {"reference": "#o"},
    "contained": [{"resourceType": "Organization", "id": "o", "name": "Ward 3"}],
    "multipleBirthInteger": 2,
}


def paths(resource: Any) -> list[str]:
    return [issue.path for issue in check(resource)]


def changed(**more: Any) -> Json:
    found = {**copy.deepcopy(PATIENT), **more}
    return {key: value for key, value in found.items() if value is not ...}


def test_a_valid_patient() -> None:
    assert check(PATIENT) == ()
    assert check(PATIENT, "Patient") == ()


@pytest.mark.parametrize("rtype", RESOURCE_TYPES)
def test_the_least_of_every_type_is_valid(rtype: str) -> None:
    assert check(least(rtype)) == ()


@pytest.mark.parametrize("rtype", RESOURCE_TYPES)
def test_every_element_of_every_type_may_stand(rtype: str) -> None:
    for seed in range(6):
        found = [issue for issue in check(some(rtype, seed, 0.7)) if issue.code != "invariant"]
        assert found == []


@pytest.mark.parametrize("rtype", RESOURCE_TYPES)
def test_what_is_required_is_missed(rtype: str) -> None:
    for name, keys in shape_of(rtype).required:
        resource = {key: value for key, value in least(rtype).items() if key not in keys}
        assert f"{rtype}.{name}" in paths(resource)


@pytest.mark.parametrize("rtype", RESOURCE_TYPES)
def test_every_element_refuses_the_wrong_json(rtype: str) -> None:
    for element in part(rtype).values():
        for kind in element.kinds:
            key = element.key(kind)
            wrong: list[Any] = [None, [], {}, [[]], [{}], {"x": 1}, ""]
            wrong += [{"a": "b"}] if kind.name in PRIMITIVES else ["text", 3]
            for value in wrong:
                assert check({**least(rtype), key: value}), (key, value)


@pytest.mark.parametrize("rtype", RESOURCE_TYPES)
def test_what_r4_does_not_know_is_refused(rtype: str) -> None:
    assert f"{rtype}.nothing" in paths({**least(rtype), "nothing": 1})
    assert f"{rtype}.fhir_comments" in paths({**least(rtype), "fhir_comments": ["x"]})


FAULTS: list[tuple[Json, str, str]] = [
    ({"gender": "feminine"}, "Patient.gender", "male"),
    ({"birthDate": "1981-02-29"}, "Patient.birthDate", "date that exists"),
    ({"birthDate": "1981-2-9"}, "Patient.birthDate", "date that exists"),
    ({"birthDate": "0000"}, "Patient.birthDate", "date that exists"),
    ({"birthDate": 1981}, "Patient.birthDate", "date that exists"),
    ({"active": "true"}, "Patient.active", "true or false"),
    ({"active": 1}, "Patient.active", "true or false"),
    ({"multipleBirthInteger": 2.0}, "Patient.multipleBirth", "whole number"),
    ({"multipleBirthInteger": 2**31}, "Patient.multipleBirth", "32 bits"),
    ({"multipleBirthInteger": True}, "Patient.multipleBirth", "whole number"),
    ({"multipleBirthBoolean": True}, "Patient.multipleBirth", "one type only"),
    ({"_multipleBirthBoolean": {"id": "x"}}, "Patient.multipleBirth", "one type only"),
    ({"id": "no spaces"}, "Patient.id", "letters, digits"),
    ({"id": "x" * 65}, "Patient.id", "1 to 64"),
    ({"implicitRules": "a b"}, "Patient.implicitRules", "URI"),
    ({"language": " en"}, "Patient.language", "code"),
    ({"deceasedDateTime": "2024-01-01T10:00:00"}, "Patient.deceased", "offset"),
    ({"deceasedDateTime": "2024-01-01T10:00Z"}, "Patient.deceased", "seconds"),
    ({"deceasedDateTime": "2024-01-01T24:00:00Z"}, "Patient.deceased", "date"),
    ({"name": {"family": "x"}}, "Patient.name", "list"),
    ({"gender": ["female"]}, "Patient.gender", "not a list"),
    ({"name": []}, "Patient.name", "empty list"),
    ({"name": [{}]}, "Patient.name[0]", "empty"),
    ({"name": [None]}, "Patient.name[0]", "null"),
    ({"photo": [{"contentType": "a", "data": "QUJD", "size": 4}]}, "Patient.photo[0]", "3 bytes"),
    ({"contained": [{"resourceType": "Organization", "id": "o_1"}]}, "Patient.contained[0].id", "id"),
    ({"name": [{"id": "x"}]}, "Patient.name[0]", "ele-1"),
    ({"name": [{"given": [None], "_given": [{"id": "x"}]}]}, "Patient.name[0].given", "ele-1"),
    ({"birthDate": ..., "_birthDate": {"id": "x"}}, "Patient.birthDate", "ele-1"),
    ({"multipleBirthInteger": ..., "_multipleBirthInteger": {"id": "x"}}, "Patient.multipleBirth", "ele-1"),
    ({"name": [{"given": [None]}]}, "Patient.name[0].given[0]", "null"),
    ({"name": [{"given": ["a", ""]}]}, "Patient.name[0].given[1]", "not empty"),
    ({"name": [{"given": ["a\x00b"]}]}, "Patient.name[0].given[0]", "control"),
    ({"name": [{"given": ["  "]}]}, "Patient.name[0].given[0]", "not empty"),
    ({"gender": None}, "Patient.gender", "null"),
    ({"photo": [{"contentType": "image/png", "data": "QQ"}]}, "Patient.photo[0].data", "base64"),
    ({"photo": [{"contentType": "image/png", "data": "Q%=="}]}, "Patient.photo[0].data", "base64"),
    ({"photo": [{"data": "QUJD"}]}, "Patient.photo[0]", "att-1"),
    ({"managingOrganization": {"reference": "Patient/1"}}, "Patient.managingOrganization", "an Organization"),
    (
        {"managingOrganization": {"reference": "Organization/a b"}},
        "Patient.managingOrganization",
        "Organization/id",
    ),
    ({"managingOrganization": {"reference": "nowhere"}}, "Patient.managingOrganization", "Type/id"),
    ({"managingOrganization": {"reference": "#x"}}, "Patient.managingOrganization", "not contained"),
    (
        {"generalPractitioner": [{"reference": "#o"}, {"reference": "#p"}]},
        "Patient.generalPractitioner[1]",
        "#p",
    ),
    ({"contained": [{"resourceType": "Organization", "name": "x"}]}, "Patient.contained[0]", "id"),
    ({"contained": [{"resourceType": "Nothing", "id": "o"}]}, "Patient.contained[0]", "type"),
    ({"contained": ["o"]}, "Patient.contained[0]", "resource"),
    ({"telecom": [{"value": "555"}]}, "Patient.telecom[0]", "cpt-2"),
    ({"contact": [{"gender": "male"}]}, "Patient.contact[0]", "pat-1"),
    ({"link": [{"other": {"reference": "Patient/2"}}]}, "Patient.link[0].type", "required"),
    ({"extension": [{"valueString": "x"}]}, "Patient.extension[0].url", "required"),
    ({"extension": [{"url": "http://x"}]}, "Patient.extension[0]", "ext-1"),
    (
        {"extension": [{"url": "http://x", "valueString": "x", "valueCode": "y"}]},
        "Patient.extension[0].value",
        "one",
    ),
    ({"_gender": {"valueString": "x"}}, "Patient.gender.valueString", "Element"),
    ({"identifier": [{"period": {"start": "2024", "end": "2023"}}]}, "Patient.identifier[0].period", "per-1"),
    (
        {"maritalStatus": {"coding": [{"system": "marital", "code": "M"}]}},
        "Patient.maritalStatus.coding[0]",
        "URI",
    ),
    ({"text": {"status": "generated", "div": "<div>x</div>"}}, "Patient.text.div", "xmlns"),
]


@pytest.mark.parametrize(("more", "path", "words"), FAULTS)
def test_a_fault_is_told_with_its_place(more: Json, path: str, words: str) -> None:
    found = [issue for issue in check(changed(**more)) if issue.path == path]
    assert found and words in found[0].text, check(changed(**more))


def test_all_faults_at_once() -> None:
    assert len(check(changed(gender="x", birthDate="y", active="z", nothing=1))) == 4


def test_a_contained_resource_keeps_to_its_place() -> None:
    inner = {"resourceType": "Organization", "id": "o", "name": "x", "meta": {"versionId": "1"}}
    assert any("dom-4" in issue.text for issue in check(changed(contained=[inner])))
    nested = {"resourceType": "Organization", "id": "o", "name": "x", "contained": [inner]}
    assert any("dom-2" in issue.text for issue in check(changed(contained=[nested])))


def test_a_required_code_in_a_concept() -> None:
    allergy = least("AllergyIntolerance")
    allergy["clinicalStatus"] = {"coding": [{"system": "urn:mine", "code": "active"}]}
    assert paths(allergy) == ["AllergyIntolerance.clinicalStatus"]
    allergy["clinicalStatus"] = {"text": "active"}
    assert paths(allergy) == ["AllergyIntolerance.clinicalStatus"]


def test_a_quantity_may_have_a_comparator() -> None:
    assert check({**least("Observation"), "valueQuantity": {"value": 5, "comparator": "<"}}) == ()


def test_extensions_of_r4_stand_where_r4_says() -> None:
    url = "http://hl7.org/fhir/StructureDefinition/humanname-own-name"
    own = {"url": url, "valueString": "Okafor"}
    assert check(changed(name=[{"family": "x", "_family": {"extension": [own]}}])) == ()
    assert paths(changed(name=[{"family": "x", "extension": [own]}])) == ["Patient.name[0].extension[0]"]
    wrong = {"url": url, "valueBoolean": True}
    assert check(changed(name=[{"family": "x", "_family": {"extension": [wrong]}}]))


def test_the_type_asked_for() -> None:
    assert check(PATIENT, "Practitioner")
    assert check({"resourceType": "Alien"})
    assert check({"resourceType": ["Patient"]})
    assert check([]) and check(None) and check("x") and check({})


def test_deep_and_wide_input_is_bounded() -> None:
    deep: Json = {"url": "http://x"}
    for _ in range(DEPTH * 3):
        deep = {"url": "http://x", "extension": [deep]}
    assert any("too deeply" in issue.text for issue in check(changed(extension=[deep])))
    assert len(check(changed(name=[{}] * 5000))) == MOST


def test_faults_beyond_the_most_do_not_let_invariants_run() -> None:
    bad = [{"period": {"start": 3, "end": []}}] * (MOST + 50)
    assert len(check(changed(identifier=bad))) == MOST


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["#o", "Patient"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*part("Patient"), *part("Extension"), "coding", "valueString"]), inner
        )
    ),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(anything, st.sampled_from(RESOURCE_TYPES))
def test_never_raises(value: Any, rtype: str) -> None:
    check(value)
    if isinstance(value, dict):
        check({**value, "resourceType": rtype})


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(RESOURCE_TYPES), st.integers(0, 10**6), anything, st.randoms(use_true_random=False))
def test_never_raises_when_something_is_broken(rtype: str, seed: int, junk: Any, chance: Any) -> None:
    resource = some(rtype, seed, 0.6)
    here: Any = resource
    while True:
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        if not keys:
            break
        key = chance.choice(keys)
        if isinstance(here[key], dict | list) and here[key] and chance.random() < 0.7:
            here = here[key]
            continue
        here[key] = junk
        break
    check(resource)


@pytest.mark.parametrize(
    "value", [{1: 2}, {"resourceType": "Patient", 3: 4}, {"resourceType": "Patient", "id": b"x"}]
)
def test_what_is_not_json_is_refused_too(value: Any) -> None:
    assert check(value)


def test_synthea_is_valid(synthea: list[Json]) -> None:
    wrong = [(resource["resourceType"], check(resource)) for resource in synthea]
    assert len(wrong) == 16263
    assert [found for found in wrong if found[1]] == []


def test_us_core_is_valid() -> None:
    """Profiles, examples and the rest of a large implementation guide; one file of its own tooling is not."""
    wrong, count = [], 0
    with tarfile.open(shared("conformance/us-core/us-core-6.1.0.tgz")) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(".json") else None
            found = orjson.loads(file.read().decode("utf-8-sig")) if file else None
            if isinstance(found, dict) and "resourceType" in found:
                count += 1
                if check(found):
                    wrong.append(member.name.rsplit("/", 1)[-1])
    assert count > 390
    assert wrong == ["validation-oo.json"]
