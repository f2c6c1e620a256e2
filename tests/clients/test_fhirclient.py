"""The first ten minutes of an integrator with fhirclient, SMART's own in Python: models, JWT, iterators."""

from __future__ import annotations

import time
import uuid
from typing import Any

import jwt
import pytest
import requests
from fhirclient.client import FHIRClient
from fhirclient.models.bundle import Bundle
from fhirclient.models.observation import Observation
from fhirclient.models.patient import Patient
from fhirclient.server import FHIRNotFoundException, FHIRPermissionDeniedException, FHIRUnauthorizedException

from tests.clients.conftest import Service

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("clients"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:fhirclient"),
]
RATE = {"status": "final", "code": {"text": "rate"}}


def statement(service: Service) -> str:
    """What a program signs to get a token."""
    client, now = service.programs["signing"]["client_id"], int(time.time())
    claims = {
        "iss": client,
        "sub": client,
        "aud": service.token_url,
        "exp": now + 60,
        "jti": str(uuid.uuid4()),
    }
    return jwt.encode(claims, service.pem(), "ES384", {"kid": "tests"})


def connected(service: Service, program: str = "signing") -> FHIRClient:
    """A client that got its token by itself, by its key or by its secret."""
    named = service.programs[program]
    settings = {"app_id": named["client_id"], "api_base": service.base, "scope": "system/*.cruds"}
    if program == "signing":
        settings["jwt_token"] = statement(service)
    else:
        settings |= {"app_secret": named["client_secret"], "scope": ""}
    client = FHIRClient(settings)
    client.wants_patient = False
    client.prepare()
    client.authorize()
    return client


@pytest.fixture
def client(service: Service) -> FHIRClient:
    return connected(service)


def patient(family: str, given: str = "Amina") -> Patient:
    return Patient({"resourceType": "Patient", "name": [{"family": family, "given": [given]}]})


def stored(client: FHIRClient, one: Any) -> Any:
    """The resource as the server has it after `create`."""
    return type(one)(one.create(client.server))


def test_a_token_by_secret_and_by_key(service: Service, family: str) -> None:
    for program in ("whole", "signing"):
        client = connected(service, program)
        assert client.ready and stored(client, patient(family)).id
    wrong = FHIRClient({"app_id": "nobody", "app_secret": "guessed", "api_base": service.base, "scope": ""})
    wrong.wants_patient = False
    wrong.prepare()
    with pytest.raises(FHIRUnauthorizedException):
        wrong.authorize()


def test_what_the_server_says_of_itself(client: FHIRClient) -> None:
    """fhirclient reads the whole statement into strict models: one wrong element and it raises."""
    said = client.server.capabilityStatement
    assert said.fhirVersion == "4.0.1"
    assert {one.type for one in said.rest[0].resource} >= {"Patient", "Observation", "Task"}


def test_from_the_first_to_the_last_version(client: FHIRClient, family: str) -> None:
    one = stored(client, patient(family))
    assert (one.meta.versionId, one.name[0].family) == ("1", family)
    one.gender = "female"
    assert one.update(client.server)["meta"]["versionId"] == "2"
    assert Patient.read(one.id, client.server).gender == "female"
    old = Patient.read_from(f"Patient/{one.id}/_history/1", client.server)
    assert (old.meta.versionId, old.gender) == ("1", None)
    assert one.delete(client.server) is None
    with pytest.raises(requests.HTTPError, match="410"):
        Patient.read(one.id, client.server)


def test_somebody_else_was_faster(client: FHIRClient, family: str) -> None:
    """fhirclient writes no If-Match; its session can be told to."""
    one = stored(client, patient(family))
    client.server.session.headers["If-Match"] = f'W/"{one.meta.versionId}"'
    one.gender = "female"
    one.update(client.server)
    with pytest.raises(requests.HTTPError, match="412") as conflict:
        one.update(client.server)
    assert conflict.value.response.json()["issue"][0]["code"] == "conflict"


def test_every_page_to_the_end(client: FHIRClient, family: str) -> None:
    for number in range(7):
        patient(family, f"Given{number}").create(client.server)
    asked = Patient.where({"family": family, "_sort": "given", "_count": "3"})
    assert [len(page.entry) for page in asked.perform_iter(client.server)] == [3, 3, 1]
    found = [one.name[0].given[0] for one in asked.perform_resources_iter(client.server)]
    assert found == [f"Given{number}" for number in range(7)]


def test_search_with_its_helpers(client: FHIRClient, family: str) -> None:
    one = stored(client, patient(family))
    subject = {"reference": f"Patient/{one.id}"}
    rate = stored(client, Observation({"resourceType": "Observation", **RATE, "subject": subject}))
    asked = Observation.where({"subject": {"$type": "Patient", "family": {"$exact": family}}})
    asked = asked.include("subject", Observation)
    found = list(asked.perform_resources_iter(client.server))
    assert {(type(each), each.id) for each in found} == {(Observation, rate.id), (Patient, one.id)}
    nobody = Patient.where({"family": family, "birthdate": "ge2030"})
    assert list(nobody.perform_resources_iter(client.server)) == []


def test_a_transaction(client: FHIRClient, family: str) -> None:
    urn = f"urn:uuid:{uuid.uuid4()}"
    rate = {"resourceType": "Observation", **RATE}
    entries = [
        {"fullUrl": urn, "resource": patient(family).as_json(), "request": _post("Patient")},
        {"resource": rate | {"subject": {"reference": urn}}, "request": _post("Observation")},
    ]
    bundle = Bundle({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    said = Bundle(bundle.create(client.server))
    assert (said.type, [one.response.status[:3] for one in said.entry]) == (
        "transaction-response",
        ["201", "201"],
    )
    where = said.entry[0].response.location
    assert Patient.read_from(where, client.server).name[0].family == family


def _post(rtype: str) -> dict[str, str]:
    return {"method": "POST", "url": rtype}


def test_what_is_wrong_is_named(client: FHIRClient) -> None:
    with pytest.raises(requests.HTTPError, match="400") as said:
        client.server.post_json("Observation", {"resourceType": "Observation", "status": "done"})
    places = {place for issue in said.value.response.json()["issue"] for place in issue["expression"]}
    assert places == {"Observation.status", "Observation.code"}


def test_what_one_may_not_see(service: Service, client: FHIRClient, family: str) -> None:
    one = stored(client, patient(family))
    narrow = connected(service, "narrow")
    assert Patient.read(one.id, narrow.server).id == one.id
    with pytest.raises(FHIRNotFoundException):
        Patient.read("never-there", narrow.server)
    with pytest.raises(FHIRPermissionDeniedException):
        Observation.read("any", narrow.server)
    with pytest.raises(FHIRPermissionDeniedException):
        one.update(narrow.server)
