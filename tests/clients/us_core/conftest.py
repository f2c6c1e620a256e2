"""A plain HTTP session with every scope, and how to store things by it."""

from __future__ import annotations

import tarfile
import uuid
from typing import Any

import orjson
import pytest
import requests

from rapport.fhir.profiles import Profiles, load
from tests.clients.conftest import Service
from tests.fhir.conftest import shared

Json = dict[str, Any]


class Record:
    """`/fhir` by hand: `get`, `post`, `put` below the base; `store`, `found`, `kept` for what tests ask."""

    def __init__(self, service: Service, token: str) -> None:
        self.base, self.session = service.base, requests.Session()
        if token:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **headers: str) -> requests.Response:
        return self.session.get(f"{self.base}/{path}", headers=headers, timeout=30)

    def post(self, path: str, body: Json) -> requests.Response:
        return self.session.post(f"{self.base}/{path}".rstrip("/"), json=body, timeout=30)

    def put(self, body: Json) -> requests.Response:
        return self.session.put(f"{self.base}/{body['resourceType']}/{body['id']}", json=body, timeout=30)

    def form(self, path: str, fields: dict[str, str]) -> requests.Response:
        return self.session.post(f"{self.base}/{path}", data=fields, timeout=30)

    def store(self, *bodies: Json) -> None:
        """All of them under their own ids, in one transaction."""
        entries = [
            {"resource": body, "request": {"method": "PUT", "url": f"{body['resourceType']}/{body['id']}"}}
            for body in bodies
        ]
        answer = self.post("", {"resourceType": "Bundle", "type": "transaction", "entry": entries})
        assert answer.status_code == 200, answer.text

    def found(self, query: str) -> set[str]:
        """The references of what a search means."""
        return means(self.get(query))

    def kept(self, body: Json) -> Json:
        """A resource that is stored and read back; what the server adds of its own is taken away."""
        made = self.put(body)
        assert made.status_code in (200, 201), made.text
        read: Json = self.get(f"{body['resourceType']}/{body['id']}").json()
        meta = {name: value for name, value in read.pop("meta").items() if name in body.get("meta", {})}
        return read | ({"meta": meta} if "meta" in body else {})


def means(answer: requests.Response, mode: str = "match") -> set[str]:
    """The references of a searchset's matches, or of what came along."""
    assert answer.status_code == 200, answer.text
    entries = [entry for entry in answer.json().get("entry", []) if entry["search"]["mode"] == mode]
    return {f"{entry['resource']['resourceType']}/{entry['resource']['id']}" for entry in entries}


@pytest.fixture(scope="session")
def record(service: Service) -> Record:
    return Record(service, service.token())


@pytest.fixture(scope="session")
def guide(service: Service) -> Profiles:
    """US Core itself, installed in the running server as a site would install it."""
    package = shared("conformance/us-core/us-core-6.1.0.tgz")
    assert "hl7.fhir.us.core 6.1.0" in service.command("package", "add", str(package))
    return load(package)


@pytest.fixture(scope="session")
def examples() -> list[Json]:
    """Every example of the guide, and what stands in its bundles."""
    found: list[Json] = []
    with tarfile.open(shared("conformance/us-core/us-core-6.1.0.tgz")) as archive:
        for member in archive:
            file = archive.extractfile(member) if "/example/" in member.name else None
            if file and member.name.endswith(".json"):
                one = orjson.loads(file.read().removeprefix(b"\xef\xbb\xbf"))
                found += [one, *(entry["resource"] for entry in one.get("entry", ()) if "resource" in entry)]
    return found


@pytest.fixture(scope="session")
def narrow(service: Service) -> Record:
    """The same for a program that may only read patients."""
    return Record(service, service.token("narrow"))


@pytest.fixture(scope="session")
def nobody(service: Service) -> Record:
    """The same without a token."""
    return Record(service, "")


@pytest.fixture
def tag(record: Record) -> str:
    """What makes ids of this test its own; with a patient `<tag>-patient`."""
    made = f"s{uuid.uuid4().hex[:12]}"
    record.store({"resourceType": "Patient", "id": f"{made}-patient", "name": [{"family": made}]})
    return made


def places(answer: Any) -> set[str]:
    """Where a refusal says that something is wrong."""
    assert answer.status_code in (400, 422), answer.text
    return {place for issue in answer.json()["issue"] for place in issue.get("expression", [])}
