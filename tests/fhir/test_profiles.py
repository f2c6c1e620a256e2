"""Profiles: US Core's own examples meet what they claim, changed ones do not; slices are told apart."""

from __future__ import annotations

import copy
import io
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from rapport.fhir.fhirpath.nodes import down, node_of
from rapport.fhir.outcomes import Refused
from rapport.fhir.profiles import Profile, Profiles, check_profile, load
from tests.fhir.conftest import shared

Json = dict[str, Any]
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
PACKAGE = "conformance/us-core/us-core-6.1.0.tgz"


@pytest.fixture(scope="session")
def us_core() -> Profiles:
    return load(shared(PACKAGE))


@pytest.fixture(scope="session")
def examples() -> dict[str, Json]:
    """Every example of the package, and every resource inside its bundles, by name."""
    found: dict[str, Json] = {}
    with tarfile.open(shared(PACKAGE)) as archive:
        for member in archive:
            file = archive.extractfile(member) if "/example/" in member.name else None
            if file is None or not member.name.endswith(".json"):
                continue
            loaded = orjson.loads(file.read().removeprefix(b"\xef\xbb\xbf"))
            name = member.name.rsplit("/", 1)[-1].removesuffix(".json")
            found[name] = loaded
            for number, entry in enumerate(loaded.get("entry", ())):
                found[f"{name}/{number}"] = entry.get("resource", {})
    return found


def test_the_package(us_core: Profiles) -> None:
    assert us_core.names == ("hl7.fhir.us.core 6.1.0",)
    assert len(us_core) == 59
    assert us_core[US_CORE + "patient"].title == "US Core Patient Profile"
    assert [one.url for one in us_core.values() if one.unchecked] == []


def test_its_examples_meet_what_they_claim(us_core: Profiles, examples: dict[str, Json]) -> None:
    claims = [(name, profile) for name, one in examples.items() for profile in us_core.claimed(one)]
    assert len(claims) == 182 and len({profile.url for _, profile in claims}) == 48
    faults = [(name, check_profile(examples[name], profile)) for name, profile in claims]
    assert [fault for fault in faults if fault[1]] == []


def test_what_a_profile_requires_is_missed(us_core: Profiles, examples: dict[str, Json]) -> None:
    """Without an element that the profile, and not R4, requires, no example meets it."""
    count = 0
    for one in examples.values():
        for profile in us_core.claimed(one):
            for name, rule in profile.root.children.items():
                if not rule.min:
                    continue
                found: list[Any] = []
                down(node_of(one), name, found)
                keys = {node.key for node in found} | {"_" + node.key for node in found}
                less = {key: value for key, value in one.items() if key not in keys}
                issues = check_profile(less, profile)
                assert f"{profile.type}.{name}" in {issue.path for issue in issues}, (profile.url, name)
                count += 1
    assert count > 150


Change = Callable[[Json], object]


def extension(patient: Json, name: str = "race") -> Json:
    return next(one for one in patient["extension"] if one["url"].endswith("us-core-" + name))


#: What is done to an example, the profile, and where the fault must be told.
CHANGES: list[tuple[str, str, Change, str]] = [
    ("Patient-example", "patient", lambda p: p.pop("name"), "Patient.name"),
    ("Patient-example", "patient", lambda p: p.pop("gender"), "Patient.gender"),
    ("Patient-example", "patient", lambda p: p["identifier"][0].pop("value"), "Patient.identifier[0].value"),
    ("Patient-example", "patient", lambda p: p.update(name=[{"use": "usual"}]), "Patient.name[0]"),
    ("Patient-example", "patient", lambda p: p["extension"].append(extension(p)), "Patient.extension"),
    (
        "Patient-example",
        "patient",
        lambda p: extension(p)["extension"].remove(
            next(e for e in extension(p)["extension"] if e["url"] == "text")
        ),
        "Patient.extension[0].extension",
    ),
    (
        "Patient-example",
        "patient",
        lambda p: extension(p, "birthsex").pop("valueCode"),
        "Patient.extension[3].value",
    ),
    (
        "Patient-example",
        "patient",
        lambda p: extension(p)["extension"][0].update(valueCoding=..., valueString="White"),
        "Patient.extension[0].extension[0].value",
    ),
    (
        "Patient-example",
        "patient",
        lambda p: extension(p).update(valueString="White"),
        "Patient.extension[0].value",
    ),
    ("Observation-blood-pressure", "blood-pressure", lambda o: o["component"].pop(), "Observation.component"),
    (
        "Observation-blood-pressure",
        "blood-pressure",
        lambda o: o["component"][0]["code"]["coding"][0].update(code="1"),
        "Observation.component",
    ),
    (
        "Observation-blood-pressure",
        "blood-pressure",
        lambda o: o["component"][0]["valueQuantity"].update(code="kPa"),
        "Observation.component[0].value.code",
    ),
    (
        "Observation-blood-pressure",
        "blood-pressure",
        lambda o: o["component"][0].update(valueQuantity=..., valueString="high"),
        "Observation.component[0].value",
    ),
    (
        "Observation-blood-pressure",
        "blood-pressure",
        lambda o: o["category"][0]["coding"][0].update(code="laboratory"),
        "Observation.category",
    ),
    (
        "Observation-blood-pressure",
        "blood-pressure",
        lambda o: o.update(effectiveDateTime="2020"),
        "Observation.effective",
    ),
    ("Observation-weight", "body-weight", lambda o: o.update(valueQuantity=...), "Observation"),
    (
        "Observation-weight",
        "body-weight",
        lambda o: o.update(subject={"reference": "Group/1"}),
        "Observation.subject",
    ),
    (
        "Condition-encounter-diagnosis-example1",
        "condition-encounter-diagnosis",
        lambda c: c.update(category=[{"text": "diagnosis"}]),
        "Condition.category",
    ),
    (
        "Condition-encounter-diagnosis-example1",
        "condition-encounter-diagnosis",
        lambda c: c.pop("code"),
        "Condition.code",
    ),
    (
        "Practitioner-practitioner-1",
        "practitioner",
        lambda p: p["identifier"][0].update(value="1234567890"),
        "Practitioner.identifier[0]",
    ),
    (
        "MedicationRequest-medicationrequest-coded-oral-axid",
        "medicationrequest",
        lambda m: m.pop("requester"),
        "MedicationRequest",
    ),
    ("Procedure-rehab", "procedure", lambda p: p.pop("performedDateTime"), "Procedure"),
    (
        "Observation-some-day-smoker",
        "smokingstatus",
        lambda o: o.update(status="registered"),
        "Observation.status",
    ),
    (
        "AllergyIntolerance-example",
        "allergyintolerance",
        lambda a: a.update(patient={"reference": "Patient/1", "type": "Patient"}, code=...),
        "AllergyIntolerance.code",
    ),
]


def changed(one: Json, change: Change) -> Json:
    made = copy.deepcopy(one)
    change(made)
    return without(made)


def without(value: Any) -> Any:
    """What is set to ... is not there."""
    if isinstance(value, dict):
        return {key: without(one) for key, one in value.items() if one is not ...}
    return [without(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("example", "profile", "change", "path"), CHANGES)
def test_a_changed_example_is_refused(
    us_core: Profiles, examples: dict[str, Json], example: str, profile: str, change: Change, path: str
) -> None:
    rules = us_core[US_CORE + profile]
    assert check_profile(examples[example], rules) == ()
    issues = check_profile(changed(examples[example], change), rules)
    assert path in {issue.path for issue in issues}, issues
    assert all(rules.title in issue.text or "Extension" in issue.text for issue in issues)


def test_claims(us_core: Profiles, examples: dict[str, Json]) -> None:
    patient = copy.deepcopy(examples["Patient-example"])
    del patient["gender"]
    assert [issue.path for issue in us_core.check(patient)] == ["Patient.gender"]
    for claims in ([], ["http://unknown"], [US_CORE + "patient|3.1.1"], [3, None, ""], "x", None):
        patient["meta"] = {"profile": claims}
        assert us_core.check(patient) == ()
    patient["meta"] = {"profile": [US_CORE + "patient|6.1.0"]}
    assert us_core.check(patient)
    assert us_core.check(None) == us_core.check([]) == us_core.check({"meta": 3}) == ()
    assert check_profile({"resourceType": "Basic"}, us_core[US_CORE + "patient"])
    assert check_profile("x", us_core[US_CORE + "patient"])


# A guide of our own ---------------------------------------------------------------------------------------


def element(id: str, **more: Any) -> Json:
    path = ".".join(word.partition(":")[0] for word in id.split("."))
    return {"id": id, "path": path, "min": 0, "max": "*", **more}


def structure(name: str, type: str, *elements: Json) -> Json:
    return {
        "resourceType": "StructureDefinition",
        "url": f"http://example.org/{name}",
        "name": name,
        "type": type,
        "kind": "resource",
        "derivation": "constraint",
        "snapshot": {"element": [element(type), *elements]},
    }


def by(kind: str, path: str, rules: str = "open", ordered: bool = False) -> Json:
    return {"discriminator": [{"type": kind, "path": path}], "rules": rules, "ordered": ordered}


def packed(path: Path, *definitions: Json) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for number, one in enumerate(definitions):
            raw = orjson.dumps(one)
            member = tarfile.TarInfo(f"package/{number}.json")
            member.size = len(raw)
            archive.addfile(member, io.BytesIO(raw))
    return path


@pytest.fixture
def only(tmp_path: Path) -> Callable[..., Profile]:
    """The first of some definitions, compiled."""

    def make(*definitions: Json) -> Profile:
        return load(packed(tmp_path / "own.tgz", *definitions))[
            "http://example.org/" + definitions[0]["name"]
        ]

    return make


def telecom(*systems: str) -> Json:
    return {"resourceType": "Patient", "telecom": [{"system": one, "value": "1"} for one in systems]}


def sliced(rules: str, ordered: bool = False) -> Json:
    return structure(
        "own", "Patient",
        element("Patient.telecom", slicing=by("value", "system", rules, ordered)),
        element("Patient.telecom:phone", sliceName="phone", min=1, max="2"),
        element("Patient.telecom:phone.system", min=1, max="1", fixedCode="phone"),
        element("Patient.telecom:email", sliceName="email", max="1"),
        element("Patient.telecom:email.system", min=1, max="1", patternCode="email"),
        element("Patient.telecom:email.rank", min=1, max="1"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rules", "ordered", "systems", "paths"),
    [
        ("open", False, ["phone", "fax"], []),
        ("open", False, ["fax", "phone"], []),
        ("open", False, ["fax"], ["Patient.telecom"]),
        ("open", False, [], ["Patient.telecom"]),
        ("open", False, ["phone"] * 3, ["Patient.telecom"]),
        ("open", False, ["phone", "email"], ["Patient.telecom[1].rank"]),
        ("closed", False, ["phone", "fax"], ["Patient.telecom[1]"]),
        ("openAtEnd", False, ["phone", "fax"], []),
        ("openAtEnd", False, ["fax", "phone"], ["Patient.telecom"]),
        ("open", True, ["email", "phone"], ["Patient.telecom", "Patient.telecom[0].rank"]),
    ],
)
def test_slices(
    only: Callable[..., Profile], rules: str, ordered: bool, systems: list[str], paths: list[str]
) -> None:
    found = check_profile(telecom(*systems), only(sliced(rules, ordered)))
    assert sorted(issue.path for issue in found) == paths


def test_slices_by_type_of_what_is_pointed_to(only: Callable[..., Profile]) -> None:
    target = "http://hl7.org/fhir/StructureDefinition/"
    profile = only(
        structure(
            "own", "Patient",
            element("Patient.generalPractitioner", slicing=by("type", "resolve()", "closed")),
            element("Patient.generalPractitioner:who", sliceName="who", max="1",
                    type=[{"code": "Reference", "targetProfile": [target + "Practitioner"]}]),
        )
    )  # fmt: skip
    who, ward = {"reference": "Practitioner/1"}, {"reference": "Organization/1"}
    inner = {"resourceType": "Practitioner", "id": "x"}
    assert not check_profile({"resourceType": "Patient", "generalPractitioner": [who]}, profile)
    assert not check_profile(
        {"resourceType": "Patient", "contained": [inner], "generalPractitioner": [{"reference": "#x"}]},
        profile,
    )
    assert check_profile({"resourceType": "Patient", "generalPractitioner": [who, who]}, profile)
    assert check_profile({"resourceType": "Patient", "generalPractitioner": [ward]}, profile)


def test_slices_by_what_is_there_and_by_profile(only: Callable[..., Profile]) -> None:
    by_presence = structure(
        "own", "Patient",
        element("Patient.name", slicing=by("exists", "family", "closed")),
        element("Patient.name:named", sliceName="named", max="1"),
        element("Patient.name:named.family", min=1, max="1"),
    )  # fmt: skip
    profile = only(by_presence)
    assert not check_profile({"resourceType": "Patient", "name": [{"family": "x"}]}, profile)
    assert check_profile({"resourceType": "Patient", "name": [{"given": ["x"]}]}, profile)
    by_profile = structure(
        "own", "Bundle",
        element("Bundle.entry", slicing=by("profile", "resource", "closed")),
        element("Bundle.entry:named", sliceName="named", min=1, max="1"),
        element("Bundle.entry:named.resource", min=1, max="1",
                type=[{"code": "Patient", "profile": ["http://example.org/named"]}]),
    )  # fmt: skip
    named = structure("named", "Patient", element("Patient.name", min=1))
    profile = only(by_profile, named)
    bundle: Json = {"resourceType": "Bundle", "type": "collection"}
    good = {"resource": {"resourceType": "Patient", "name": [{"text": "x"}]}}
    assert not check_profile({**bundle, "entry": [good]}, profile)
    assert check_profile({**bundle, "entry": [{"resource": {"resourceType": "Patient"}}]}, profile)
    assert check_profile(bundle, profile)


def test_slices_by_extensions_and_by_one_type_of_a_choice(only: Callable[..., Profile]) -> None:
    url = "http://example.org/main"
    profile = only(
        structure(
            "own", "Patient",
            element("Patient.contact", slicing=by("value", f"extension('{url}').value", "closed")),
            element("Patient.contact:main", sliceName="main", max="1"),
            element("Patient.contact:main.extension", slicing=by("value", "url")),
            element("Patient.contact:main.extension:main", sliceName="main", min=1,
                    type=[{"code": "Extension", "profile": [url]}]),
            element("Patient.contact:main.extension:main.url", fixedUri=url),
            element("Patient.contact:main.extension:main.value[x]", fixedBoolean=True),
        )
    )  # fmt: skip
    for value, faults in ((True, 0), (False, 1)):
        contact = {"name": {"text": "x"}, "extension": [{"url": url, "valueBoolean": value}]}
        assert len(check_profile({"resourceType": "Patient", "contact": [contact]}, profile)) == faults
    typed = only(
        structure(
            "own", "Observation",
            element("Observation.component", slicing=by("value", "value.ofType(CodeableConcept)", "closed")),
            element("Observation.component:yes", sliceName="yes"),
            element("Observation.component:yes.value[x]"),
            element("Observation.component:yes.value[x]:valueCodeableConcept", sliceName="coded",
                    type=[{"code": "CodeableConcept"}], patternCodeableConcept={"text": "yes"}),
        )
    )  # fmt: skip
    for component, faults in (({"valueCodeableConcept": {"text": "yes"}}, 0), ({"valueString": "yes"}, 1)):
        assert len(check_profile({"resourceType": "Observation", "component": [component]}, typed)) == faults


def test_slices_of_slices(only: Callable[..., Profile]) -> None:
    profile = only(
        structure(
            "own", "Patient",
            element("Patient.telecom", slicing=by("value", "system")),
            element("Patient.telecom:phone", sliceName="phone", slicing=by("value", "use")),
            element("Patient.telecom:phone.system", fixedCode="phone"),
            element("Patient.telecom:phone/home", sliceName="phone/home", min=1),
            element("Patient.telecom:phone/home.use", fixedCode="home"),
        )
    )  # fmt: skip
    home, work = ({"system": "phone", "value": "1", "use": use} for use in ("home", "work"))
    assert not check_profile({"resourceType": "Patient", "telecom": [work, home]}, profile)
    assert check_profile({"resourceType": "Patient", "telecom": [work]}, profile)


def test_rules_that_lead_back_to_themselves(only: Callable[..., Profile]) -> None:
    profile = only(
        structure(
            "own", "Questionnaire",
            element("Questionnaire.item"),
            element("Questionnaire.item.text", min=1, max="1"),
            element("Questionnaire.item.item", contentReference="#Questionnaire.item"),
        )
    )  # fmt: skip
    inner: Json = {"linkId": "1", "type": "group", "text": "x"}
    deep = {"resourceType": "Questionnaire", "item": [{**inner, "item": [{"linkId": "2"}]}]}
    assert [issue.path for issue in check_profile(deep, profile)] == ["Questionnaire.item[0].item[0].text"]
    own = structure("own", "Patient", element("Patient.contained", type=[
        {"code": "Patient", "profile": ["http://example.org/own"]}]))  # fmt: skip
    nested: Json = {"resourceType": "Patient"}
    for _ in range(50):
        nested = {"resourceType": "Patient", "contained": [nested] * 2}
    assert any("too much work" in issue.text for issue in check_profile(nested, only(own)))


def test_a_constraint_that_can_not_be_worked_out_is_named(only: Callable[..., Profile]) -> None:
    row = {"key": "x-1", "severity": "error", "human": "in a set", "expression": "gender.memberOf('urn:x')"}
    profile = only(structure("own", "Patient", element("Patient.name", constraint=[row])))
    assert [key for key, _ in profile.unchecked] == ["x-1"]


def test_value_sets(only: Callable[..., Profile]) -> None:
    def bound(*sets: Json) -> Profile:
        binding = {"strength": "required", "valueSet": "http://example.org/set|1.0"}
        return only(structure("own", "Patient", element("Patient.maritalStatus", binding=binding)), *sets)

    def value_set(**more: Any) -> Json:
        return {"resourceType": "ValueSet", "url": "http://example.org/set", **more}

    system = {
        "resourceType": "CodeSystem",
        "url": "urn:s",
        "content": "complete",
        "concept": [{"code": "a", "concept": [{"code": "b"}]}, {"code": "c"}],
    }
    listed = {"include": [{"system": "urn:s", "concept": [{"code": "a"}]}]}
    whole = {"include": [{"system": "urn:s"}], "exclude": [{"system": "urn:s", "concept": [{"code": "c"}]}]}
    other = {"include": [{"valueSet": ["http://example.org/set"]}]}
    stored = {"contains": [{"system": "urn:s", "code": "a", "contains": [{"system": "urn:s", "code": "b"}]}]}
    for sets, good in (
        ([value_set(compose=listed)], "a"),
        ([value_set(compose=whole), system], "ab"),
        ([value_set(expansion=stored)], "ab"),
        ([value_set(compose={"include": [{"system": "urn:s"}]})], "abcd"),
        ([value_set(compose={"include": [{"system": "urn:s", "filter": []}]}), system], "abcd"),
        ([value_set(compose=other)], "abcd"),
        ([value_set(expansion={**stored, "total": 9})], "abcd"),
        ([], "abcd"),
    ):
        profile = bound(*sets)
        for code in "abcd":
            patient = {
                "resourceType": "Patient",
                "maritalStatus": {"coding": [{"system": "urn:s", "code": code}]},
            }
            assert bool(check_profile(patient, profile)) == (code not in good), (sets, code)


def broken(path: Path) -> Iterator[bytes]:
    yield b""
    yield b"not an archive"
    yield packed(path, {"resourceType": "ValueSet"}).read_bytes()[:60]


def test_what_is_no_package(tmp_path: Path) -> None:
    for number, raw in enumerate(broken(tmp_path / "good.tgz")):
        path = tmp_path / f"{number}.tgz"
        path.write_bytes(raw)
        with pytest.raises(Refused):
            load(path)
    with pytest.raises(Refused):
        load(tmp_path / "nothing.tgz")
    empty = {"resourceType": "StructureDefinition", "url": "x"}
    assert len(load(packed(tmp_path / "empty.tgz", {}, empty))) == 0
    odd = structure("own", "Patient", {"id": "Patient.name"}, {"id": 3, "path": []})
    with pytest.raises(Refused, match="can't be used"):
        load(packed(tmp_path / "odd.tgz", odd))
