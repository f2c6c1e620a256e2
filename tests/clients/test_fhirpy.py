"""The first ten minutes of an integrator with fhirpy, which speaks a dialect of FHIR where it can."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import (
    AuthorizationError,
    ForbiddenError,
    MultipleResourcesFound,
    OperationOutcome,
    ResourceNotFound,
)

from tests.clients.conftest import Service

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("clients")]
NUMBERS = "urn:example:numbers"


def connected(service: Service, program: str = "whole", **headers: str) -> SyncFHIRClient:
    """A client with a token that it got itself, by its secret."""
    named = service.programs[program]
    pair = (named["client_id"], named["client_secret"])
    said = requests.post(
        named["token_url"], {"grant_type": "client_credentials"}, auth=pair, timeout=10
    ).json()
    bearer = f"{said['token_type']} {said['access_token']}"
    return SyncFHIRClient(service.base, authorization=bearer, extra_headers=headers)


@pytest.fixture
def client(service: Service) -> SyncFHIRClient:
    return connected(service)


def patient(client: SyncFHIRClient, family: str, given: str = "Amina") -> Any:
    """A patient who is not stored yet."""
    number = {"system": NUMBERS, "value": f"{family}-{given}"}
    return client.resource("Patient", name=[{"family": family, "given": [given]}], identifier=[number])


def test_what_the_server_says_of_itself(client: SyncFHIRClient) -> None:
    said = client.execute("metadata", method="get")
    assert (said["fhirVersion"], said["rest"][0]["mode"]) == ("4.0.1", "server")


def test_from_the_first_to_the_last_version(client: SyncFHIRClient, family: str) -> None:
    one = patient(client, family)
    one.save()
    assert one.id and one["meta"]["versionId"] == "1"
    one["gender"] = "female"
    one.save()
    read = client.reference("Patient", one.id).to_resource()
    assert (read["gender"], read["meta"]["versionId"]) == ("female", "2")
    assert read.refresh()["gender"] == "female"
    one.delete()
    with pytest.raises(ResourceNotFound):
        client.reference("Patient", one.id).to_resource()


def test_somebody_else_was_faster(service: Service, client: SyncFHIRClient, family: str) -> None:
    """fhirpy calls every 412 MultipleResourcesFound; the text says what it is."""
    one = patient(client, family)
    one.save()
    late = connected(service, **{"If-Match": 'W/"1"'})
    one["gender"] = "female"
    one.save()
    with pytest.raises(MultipleResourcesFound, match="Somebody else changed this"):
        late.resource("Patient", **one.serialize()).save()
    assert client.reference("Patient", one.id).to_resource()["meta"]["versionId"] == "2"


def test_every_page_to_the_end(client: SyncFHIRClient, family: str) -> None:
    for number in range(7):
        patient(client, family, f"Given{number}").save()
    asked = client.resources("Patient").search(family=family).sort("given").limit(3)
    assert [one["name"][0]["given"][0] for one in asked] == [f"Given{number}" for number in range(7)]
    assert len(asked.fetch()) == 3
    assert asked.first()["name"][0]["given"] == ["Given0"]


def test_only_some_elements(client: SyncFHIRClient, family: str) -> None:
    patient(client, family).save()
    found = client.resources("Patient").search(family=family).elements("name").get()
    assert found["name"][0]["family"] == family and "identifier" not in found


def test_get_or_create_makes_one_and_no_more(client: SyncFHIRClient, family: str) -> None:
    one = patient(client, family)
    asked = client.resources("Patient").search(identifier=f"{NUMBERS}|{family}-Amina")
    first, made = asked.get_or_create(one)
    again, made_again = asked.get_or_create(one)
    assert (made, made_again, again.id) == (True, False, first.id)
    assert len(asked.fetch_all()) == 1


def test_conditional_update_and_delete(client: SyncFHIRClient, family: str) -> None:
    asked = client.resources("Patient").search(identifier=f"{NUMBERS}|{family}-Amina")
    one = patient(client, family)
    first, made = asked.update(one)
    one["gender"] = "female"
    again, made_again = asked.update(one)
    assert (made, made_again, again.id, again["gender"]) == (True, False, first.id, "female")
    assert asked.delete()[1] == 204
    assert asked.fetch_all() == []


def test_has_include_and_revinclude(client: SyncFHIRClient, family: str) -> None:
    with_one, without = patient(client, family), patient(client, family, "Bilal")
    with_one.save()
    without.save()
    code = {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]}
    rate = client.resource("Observation", status="final", code=code, subject=with_one.to_reference())
    rate.save()
    people = client.resources("Patient").search(family=family)
    assert [one.id for one in people.has("Observation", "patient", code="8867-4")] == [with_one.id]
    rates = client.resources("Observation").search(patient__Patient__family=family)
    bundle = rates.include("Observation", "patient").fetch_raw()
    assert {entry.resource.id for entry in bundle.entry} == {rate.id, with_one.id}
    for everything in (rates.include("*"), rates.include("Observation", "*")):
        assert {entry.resource.id for entry in everything.fetch_raw().entry} == {rate.id, with_one.id}
    bundle = people.revinclude("Observation", "patient").fetch_raw()
    modes = sorted((entry.search["mode"], entry.resource.id) for entry in bundle.entry)
    assert modes == sorted([("match", with_one.id), ("match", without.id), ("include", rate.id)])


def test_json_patch(service: Service, client: SyncFHIRClient, family: str) -> None:
    """fhirpy's own `patch` sends bare fields, which is not FHIR: the answer says what is."""
    one = patient(client, family)
    one.save()
    with pytest.raises(OperationOutcome, match="application/json-patch"):
        client.patch("Patient", one.id, gender="female")
    patching = connected(service, **{"Content-Type": "application/json-patch+json"})
    step = {"op": "add", "path": "/gender", "value": "female"}
    changed = patching.execute(f"Patient/{one.id}", method="patch", data=[step])
    assert (changed["gender"], changed["meta"]["versionId"]) == ("female", "2")


def test_a_transaction_and_one_that_fails_whole(client: SyncFHIRClient, family: str) -> None:
    def entry(body: Any, url: str = "urn:uuid:7b8f0e3c-8a53-4f5e-8f0a-0d1a54b7a001") -> dict[str, Any]:
        request = {"method": "POST", "url": body["resourceType"]}
        return {"fullUrl": url, "resource": body, "request": request}

    subject = {"reference": "urn:uuid:7b8f0e3c-8a53-4f5e-8f0a-0d1a54b7a001"}
    rate = {"resourceType": "Observation", "status": "final", "code": {"text": "rate"}, "subject": subject}
    second = "urn:uuid:7b8f0e3c-8a53-4f5e-8f0a-0d1a54b7a002"
    both = [entry(patient(client, family).serialize()), entry(rate, second)]
    answered = client.resource("Bundle", type="transaction", entry=both)
    said = client.execute("", data=answered.serialize())
    assert [part["response"]["status"][:3] for part in said["entry"]] == ["201", "201"]
    found = client.resources("Observation").search(patient__Patient__family=family).fetch_all()
    assert len(found) == 1
    broken = entry({**rate, "status": "no such status"}, second)
    both = [entry(patient(client, family, "Bilal").serialize()), broken]
    with pytest.raises(OperationOutcome, match=r"Observation\.status"):
        client.execute("", data=client.resource("Bundle", type="transaction", entry=both).serialize())
    assert len(client.resources("Patient").search(family=family).fetch_all()) == 1


def test_counting_and_what_is_not_fhir(service: Service, client: SyncFHIRClient, family: str) -> None:
    """`count` sends a parameter of its own, which a strict server names; leniency is asked for by header."""
    patient(client, family).save()
    with pytest.raises(OperationOutcome, match="_totalMethod"):
        client.resources("Patient").search(family=family).count()
    lenient = connected(service, Prefer="handling=lenient")
    assert lenient.resources("Patient").search(family=family).count() == 1


def test_is_valid(client: SyncFHIRClient, family: str) -> None:
    assert patient(client, family).is_valid()
    assert not client.resource("Observation", status="final").is_valid()
    with pytest.raises(OperationOutcome, match=r"Observation\.code"):
        client.resource("Observation", status="final").save()


def test_what_one_may_not_see(service: Service, client: SyncFHIRClient, family: str) -> None:
    one = patient(client, family)
    one.save()
    code = {"text": "rate"}
    rate = client.resource("Observation", status="final", code=code, subject=one.to_reference())
    rate.save()
    narrow = connected(service, "narrow")
    assert narrow.reference("Patient", one.id).to_resource()["name"][0]["family"] == family
    for rid in (rate.id, "never-there"):
        with pytest.raises(ForbiddenError, match=r"system/Observation\.r"):
            narrow.reference("Observation", rid).to_resource()
    with pytest.raises(ForbiddenError, match=r"system/Observation\.s"):
        narrow.resources("Observation").fetch()
    with pytest.raises(ForbiddenError):
        narrow.resource("Patient", **one.serialize()).save()
    with pytest.raises(AuthorizationError):
        SyncFHIRClient(service.base).resources("Patient").fetch()
