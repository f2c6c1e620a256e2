"""A stranger's answer for what is not theirs is that for what does not exist, whatever the interaction.

The requests are generated over every resource type that may tell of a person and every interaction there
is; what was stored carries a mark in every text, and no answer may hold the mark.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import psycopg
import pytest

from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.gate.permissions import DIRECTORY
from rapport.store.records import Write
from rapport.store.writing import write
from tests.fhir_api.conftest import Call, Said
from tests.personas import AMINA

MARK = b"ZEBRAFISH"
THERE, NOWHERE = "q-there-0001", "q-never-0001"
PRIVATE = sorted(set(TYPE_NUMBERS) - DIRECTORY)
SOME = ["Binary", "CareTeam", "Communication", "Consent", "Group", "Observation", "Patient", "Task"]
#: Where one type or another says whose it is.
OWNERS = ("subject", "patient", "for", "beneficiary", "individual", "securityContext")


def store_theirs(url: str) -> None:
    """A resource of each private type in Amina's compartment, of two versions, as an import leaves it."""
    person = {"reference": AMINA}
    with psycopg.connect(url) as conn:
        for rtype in PRIVATE:
            body = {"resourceType": rtype, "id": THERE, "language": MARK.decode(), "status": MARK.decode()}
            body |= dict.fromkeys(OWNERS, person) | {"identifier": [{"system": "urn:m", "value": "m1"}]}
            raw = orjson.dumps(body)
            (first,) = write(conn, [Write(raw, body, THERE)])
            write(conn, [Write(raw, body, THERE, first)])


Asked = tuple[str, str, Any, dict[str, str]]


def interactions(rtype: str, rid: str) -> Iterator[Asked]:
    """Everything that one can ask about one resource."""
    body = {"resourceType": rtype, "id": rid}
    one = f"{rtype}/{rid}"
    for method in ("GET", "HEAD", "DELETE"):
        yield method, one, None, {}
    yield "GET", one, None, {"if_none_match": 'W/"2"'}
    yield "GET", one, None, {"if_modified_since": "Sun, 22 Nov 2099 08:00:00 GMT"}
    yield "GET", f"{one}?_elements=id", None, {}
    yield "GET", f"{one}?_summary=true", None, {}
    yield "GET", f"{one}/$meta", None, {}
    yield "GET", f"{one}/_history/1/$meta", None, {}
    yield "GET", f"{one}/_history?_at=2099", None, {}
    yield "GET", f"{one}/$validate", None, {}
    for mode in ("create", "update", "delete"):
        yield "POST", f"{one}/$validate?mode={mode}", body, {}
    yield "GET", f"{one}/_history", None, {}
    for vid in (1, 2, 3):
        yield "GET", f"{one}/_history/{vid}", None, {}
    yield "PUT", one, body, {}
    yield "PUT", one, body, {"if_match": 'W/"2"'}
    yield "PUT", one, {"resourceType": rtype, "id": rid, "bogus": 1}, {}
    yield "DELETE", one, None, {"if_match": 'W/"9"'}
    step = {"op": "add", "path": "/language", "value": "en"}
    yield "PATCH", one, [step], {"media": "application/json-patch+json"}
    yield (
        "PATCH",
        one,
        [{"op": "test", "path": "/id", "value": rid}],
        {"media": "application/json-patch+json"},
    )
    yield "PATCH", f"{rtype}?_id={rid}", [step], {"media": "application/json-patch+json"}
    yield "PATCH", one, {"resourceType": "Parameters"}, {}
    yield "PUT", f"{rtype}?_id={rid}", body, {}
    yield "DELETE", f"{rtype}?_id={rid}", None, {}
    yield "POST", rtype, {"resourceType": rtype}, {"if_none_exist": f"_id={rid}"}
    for query in (
        f"_id={rid}",
        f"_id={rid}&_total=accurate",
        f"_id={rid}&_summary=count",
        f"_id={rid}&_sort=_id",
    ):
        yield "GET", f"{rtype}?{query}", None, {}
    yield "POST", f"{rtype}/_search", f"_id={rid}".encode(), {"media": "application/x-www-form-urlencoded"}
    yield "GET", f"{rtype}?_id={rid}&_revinclude=Provenance:target", None, {}
    yield "GET", f"Provenance?target={one}&_include=Provenance:target", None, {}
    yield "GET", f"List?item={one}", None, {}
    for kind in ("batch", "transaction"):
        for method, resource in (("GET", None), ("PUT", body), ("DELETE", None)):
            entry: dict[str, Any] = {"request": {"method": method, "url": one}}
            if resource:
                entry["resource"] = resource
            yield "POST", "", {"resourceType": "Bundle", "type": kind, "entry": [entry]}, {}


def about_people(rid: str) -> Iterator[Asked]:
    """Searches that reach a person through something else."""
    yield "GET", f"Observation?patient=Patient/{rid}", None, {}
    yield "GET", f"Observation?subject:Patient._id={rid}", None, {}
    yield "GET", f"Patient?_has:Observation:patient:_id={rid}", None, {}
    yield "GET", f"Practitioner?_has:PractitionerRole:practitioner:_id={rid}", None, {}
    yield "GET", f"Communication?part-of=Communication/{rid}&_include=Communication:part-of", None, {}
    for way in (
        "$everything",
        "*",
        "Observation",
        "Communication?_total=accurate",
        "Observation?_summary=count",
    ):
        yield "GET", f"Patient/{rid}/{way}", None, {}
    yield "GET", f"Patient/$everything?patient={rid}", None, {}
    yield "POST", "Communication", {**_message(rid), "subject": {"reference": f"Patient/{rid}"}}, {}


def _message(rid: str) -> dict[str, Any]:
    kind = {"coding": [{"system": "urn:rapport:kind", "code": "message"}]}
    return {"resourceType": "Communication", "status": "completed", "category": [kind]}


def shape(said: Said, rid: str) -> tuple[Any, ...]:
    """What can be told apart in an answer: status, headers, body; with the id taken out."""
    headers = {name: value for name, value in said.headers.items() if name != "Content-Length"}
    return said.status, sorted(headers.items()), said.body.replace(rid.encode(), b"?")


def probe(api: Call, who: str, types: list[str]) -> int:
    """Ask everything twice; the number of requests made."""
    asked = 0
    for rtype in types:
        pairs = list(zip(interactions(rtype, THERE), interactions(rtype, NOWHERE), strict=True))
        if rtype == "Patient":
            pairs += zip(about_people(THERE), about_people(NOWHERE), strict=True)
        for (method, path, body, more), (_, path2, body2, more2) in pairs:
            there, nowhere = api(method, path, body, who, **more), api(method, path2, body2, who, **more2)
            assert shape(there, THERE) == shape(nowhere, NOWHERE), (who, method, path)
            assert MARK not in there.body, (who, method, path)
            assert there.status < 500, (who, method, path)
            asked += 2
    return asked


@pytest.mark.parametrize("who", ["eve", "eve_staff", "bilal", "root"])
def test_some_types(api: Call, own_database: str, who: str) -> None:
    store_theirs(own_database)
    assert probe(api, who, SOME) > 400


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("who", ["eve", "eve_staff"])
def test_every_type(api: Call, own_database: str, who: str) -> None:
    store_theirs(own_database)
    assert probe(api, who, PRIVATE) > 6000
    for rtype in ("", *PRIVATE):
        path = f"{rtype}/_history?_count=500".lstrip("/")
        assert MARK not in api("GET", path, who=who).body, path
        if rtype:
            assert MARK not in api("GET", f"{rtype}?_count=500", who=who).body, rtype


def test_nothing_was_changed_by_it(api: Call, own_database: str) -> None:
    store_theirs(own_database)
    probe(api, "eve", SOME)
    for rtype in SOME:
        assert api("GET", f"{rtype}/{THERE}").headers["ETag"] == 'W/"2"'
        assert api("GET", f"{rtype}/{NOWHERE}").status == 404


def test_who_may_sees_the_mark(api: Call, own_database: str) -> None:
    store_theirs(own_database)
    for who in ("amina", "dara", "chen", "program"):
        assert MARK in api("GET", f"Observation/{THERE}", who=who).body
