"""Installed packages: what claims a profile is held against it, at every door; the rest is left alone."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from rapport.fhir.outcomes import Refused
from rapport.gate import packages
from tests.fhir.conftest import shared
from tests.fhir_api.conftest import Call

pytestmark = pytest.mark.usefixtures("no_guards")
Json = dict[str, Any]

PACKAGE = "conformance/us-core/us-core-6.1.0.tgz"
CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"
NAMELESS: Json = {"resourceType": "Patient", "id": "p1"}
CLAIMING = NAMELESS | {"meta": {"profile": [CORE]}}
MEETING = CLAIMING | {
    "identifier": [{"system": "urn:x", "value": "1"}],
    "name": [{"family": "Lee"}],
    "gender": "female",
}


@pytest.fixture
def place(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """A data directory of this test's own."""
    settings.DATA_DIR = tmp_path
    yield tmp_path


def made(path: Path, name: str = "own.guide", version: str = "1.0.0", url: str = "http://x.org/p") -> Path:
    """A small package: a Patient that needs a birth date."""
    package = {"name": name, "version": version}
    element = [{"id": "Patient", "path": "Patient"}, {"id": "Patient.birthDate", "path": "Patient.birthDate"}]
    element[1] |= {"min": 1, "max": "1"}
    profile = {"resourceType": "StructureDefinition", "url": url, "version": version, "name": "Own"}
    profile |= {"type": "Patient", "kind": "resource", "derivation": "constraint"}
    profile |= {"snapshot": {"element": element}}
    with tarfile.open(path, "w:gz") as archive:
        for file, body in (("package.json", package), ("StructureDefinition-own.json", profile)):
            member, raw = tarfile.TarInfo(f"package/{file}"), orjson.dumps(body)
            member.size = len(raw)
            archive.addfile(member, io.BytesIO(raw))
    return path


def severities(said: Any) -> list[str]:
    assert said.status == 200, said.body
    return [issue["severity"] for issue in said.json["issue"]]


def test_claims_are_judged_once_the_package_is_there(api: Call, place: Path) -> None:
    assert api("PUT", "Patient/p1", CLAIMING).status == 201
    packages.add(shared(PACKAGE))
    refused = api("PUT", "Patient/p1", CLAIMING)
    assert refused.status == 400
    places = {issue["expression"][0] for issue in refused.json["issue"]}
    assert places == {"Patient.identifier", "Patient.name", "Patient.gender"}
    assert api("PUT", "Patient/p1", NAMELESS).status == 200
    assert api("PUT", "Patient/p1", MEETING).status == 200
    assert api("PUT", "Patient/p1", CLAIMING | {"meta": {"profile": [CORE + "|3.1.1"]}}).status == 200
    packages.remove("hl7.fhir.us.core")
    assert api("PUT", "Patient/p1", CLAIMING).status == 200


def test_every_way_in_is_judged(api: Call, place: Path) -> None:
    packages.add(shared(PACKAGE))
    assert api("PUT", "Patient/p1", MEETING).status == 201
    entry = {"request": {"method": "PUT", "url": "Patient/p1"}, "resource": CLAIMING}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    said = api("POST", "", bundle)
    assert said.status == 400
    assert said.json["issue"][0]["expression"][0].startswith("Bundle.entry[0].resource.")
    assert api("POST", "", bundle | {"type": "batch"}).json["entry"][0]["response"]["status"] == "400"
    step = [{"op": "remove", "path": "/gender"}]
    assert api("PATCH", "Patient/p1", step, media="application/json-patch+json").status == 400
    imported = api("POST", "$import", orjson.dumps(CLAIMING), media="application/fhir+ndjson").json
    assert {each["name"]: each.get("valueUnsignedInt") for each in imported["parameter"]}["refused"] == 1
    assert api("GET", "Patient/p1").headers["ETag"] == 'W/"1"'


def test_validate_against_profiles(api: Call, place: Path) -> None:
    url = "Patient/$validate"
    assert severities(api("POST", url, CLAIMING)) == ["warning"]
    assert severities(api("POST", f"{url}?profile={CORE}", NAMELESS)) == ["error"]
    packages.add(shared(PACKAGE))
    assert severities(api("POST", url, CLAIMING)) == ["error"] * 3
    assert severities(api("POST", f"{url}?profile={CORE}", NAMELESS)) == ["error"] * 3
    assert severities(api("POST", f"{url}?profile={CORE}|6.1.0", CLAIMING)) == ["error"] * 3
    assert severities(api("POST", f"{url}?profile={CORE}", MEETING)) == ["information"]
    assert severities(api("POST", f"{url}?profile={CORE}|9", MEETING)) == ["error"]
    asked = [{"name": "resource", "resource": NAMELESS}, {"name": "profile", "valueUri": CORE}]
    assert severities(api("POST", url, {"resourceType": "Parameters", "parameter": asked})) == ["error"] * 3
    both = f"{url}?profile={CORE}&profile=http://nowhere.org/p"
    assert severities(api("POST", both, MEETING)) == ["error"]


def test_metadata_names_what_is_judged(api: Call, place: Path) -> None:
    def supported() -> list[str]:
        found = api("GET", "metadata", who="").json["rest"][0]["resource"]
        return next(each for each in found if each["type"] == "Patient").get("supportedProfile", [])

    assert supported() == []
    packages.add(shared(PACKAGE))
    assert supported() == [CORE]


def test_packages_come_and_go(place: Path) -> None:
    assert packages.installed().names == ()
    assert packages.add(made(place / "a.tgz")) == "own.guide 1.0.0"
    packages.add(made(place / "b.tgz", "other.guide", url="http://x.org/q"))
    packages.add(made(place / "c.tgz", version="2.0.0"))
    assert packages.installed().names == ("other.guide 1.0.0", "own.guide 2.0.0")
    claim = {"resourceType": "Patient", "meta": {"profile": ["http://x.org/p|2.0.0", "http://x.org/q"]}}
    assert [issue.path for issue in packages.faults(claim)] == ["Patient.birthDate"] * 2
    packages.remove("own.guide")
    assert packages.installed().names == ("other.guide 1.0.0",)
    for name in ("own.guide", "../packages/other.guide", ""):
        with pytest.raises(Refused):
            packages.remove(name)


@pytest.mark.parametrize("name", ["../up", "A/b", "", "a" * 200, "with space"])
def test_a_name_never_leaves_the_folder(place: Path, name: str) -> None:
    with pytest.raises(Refused):
        packages.add(made(place / "a.tgz", name))
    assert not (place / "packages").exists()


def test_a_package_that_breaks_leaves_the_others(place: Path) -> None:
    """A disk that tears a file must not keep everybody from writing."""
    packages.add(made(place / "a.tgz"))
    (place / "packages" / "torn.guide#1.0.0.tgz").write_bytes(b"torn")
    assert packages.installed().names == ("own.guide 1.0.0",)
    with pytest.raises(Refused):
        packages.add(place / "nothing.tgz")


def test_odd_claims_are_nobodys(api: Call, place: Path) -> None:
    packages.add(made(place / "a.tgz"))
    for odd in (None, [], {}, {"meta": None}, {"meta": {"profile": 3}}, {"meta": {"profile": [3, None]}}):
        assert packages.faults(odd) == () and list(packages.unknown(odd)) == []
    assert api("POST", "Patient", {"resourceType": "Patient", "meta": {"profile": "x"}}).status == 400


EXTENDED = NAMELESS | {
    "extension": [{"url": "http://x.org/own", "extension": [{"url": "part", "valueString": "a"}]}],
    "birthDate": "1980",
    "_birthDate": {"extension": [{"url": "http://x.org/vague", "valueBoolean": True}]},
}


def test_extensions_without_a_definition(api: Call, place: Path) -> None:
    """Taken and kept; $validate warns; a client that prefers strict handling is refused."""
    strict = {"prefer": "handling=strict"}
    assert api("PUT", "Patient/p1", EXTENDED).status == 201
    assert api("GET", "Patient/p1").json["extension"] == EXTENDED["extension"]
    refused = api("PUT", "Patient/p1", EXTENDED, **strict)
    assert refused.status == 400
    places = ["Patient.extension[0]", "Patient.birthDate.extension[0]"]
    assert [issue["expression"][0] for issue in refused.json["issue"]] == places
    assert severities(api("POST", "Patient/$validate", EXTENDED)) == ["warning"] * 2
    assert severities(api("POST", "Patient/$validate", EXTENDED, **strict)) == ["error"] * 2
    step = [{"op": "add", "path": "/active", "value": True}]
    assert api("PATCH", "Patient/p1", step, media="application/json-patch+json", **strict).status == 400
    entry = {"request": {"method": "PUT", "url": "Patient/p1"}, "resource": EXTENDED}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    assert api("POST", "", bundle, **strict).status == 400 and api("POST", "", bundle).status == 200
    known = {
        "url": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace",
        "valueAddress": {"text": "x"},
    }
    assert api("PUT", "Patient/p1", NAMELESS | {"extension": [known]}, **strict).status == 200


def test_extensions_of_a_package_are_defined(api: Call, place: Path) -> None:
    race = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race"
    mine = NAMELESS | {"extension": [{"url": race, "extension": [{"url": "text", "valueString": "Mixed"}]}]}
    assert len(packages.undefined(mine)) == 1
    packages.add(shared(PACKAGE))
    assert packages.undefined(mine) == ()


def test_a_claim_is_judged_once_however_often_it_is_made(api: Call, place: Path) -> None:
    """Each claim may cost milliseconds, and a resource has room for a hundred thousand of them."""
    packages.add(made(place / "own.tgz"))
    often = NAMELESS | {"meta": {"profile": ["http://x.org/p", "http://x.org/p|1.0.0"] * 5}}
    assert len(api("PUT", "Patient/p1", often).json["issue"]) == 1
    query = "&".join(["profile=http://x.org/p"] * 5)
    assert severities(api("POST", f"Patient/$validate?{query}", NAMELESS)) == ["error"]
