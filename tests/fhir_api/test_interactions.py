"""Every interaction that metadata promises, as FHIR R4 describes it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fhir_api.conftest import Call
from tests.personas import conversation, message, observation

pytestmark = pytest.mark.usefixtures("no_guards")

EXACT = b'{"resourceType":"Observation","status":"final","code":{"text":"\xc3\xa9"},"subject":{"reference":' \
    b'"Patient/amina"},"valueQuantity":{"value":2.00,"unit":"mmol/L"}}'  # fmt: skip


def transaction(*entries: dict[str, Any], kind: str = "transaction") -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def request(method: str, url: str, resource: Any = None, **more: Any) -> dict[str, Any]:
    asked = {"method": method, "url": url} | {
        key: more.pop(key) for key in list(more) if key.startswith("if")
    }
    return {"request": asked} | ({"resource": resource} if resource else {}) | more


def test_metadata_tells_what_is_there(api: Call) -> None:
    said = api("GET", "metadata", who="")
    assert said.status == 200 and said.headers["Content-Type"] == "application/fhir+json"
    rest = said.json["rest"][0]
    assert said.json["fhirVersion"] == "4.0.1"
    assert {each["type"] for each in rest["resource"]} >= {"Patient", "Task", "Communication", "Binary"}
    smart = api("GET", ".well-known/smart-configuration", who="")
    assert smart.json["token_endpoint"] == "http://testserver/oauth/token"


def test_metadata_is_itself_valid(api: Call) -> None:
    from rapport.fhir.validation import check

    assert not check(api("GET", "metadata", who="").json, "CapabilityStatement")


def test_create_read_vread_update_history_delete(api: Call) -> None:
    made = api("POST", "Observation", EXACT)
    assert made.status == 201 and made.headers["ETag"] == 'W/"1"'
    where = made.headers["Location"].removeprefix("http://testserver/fhir/")
    rtype, rid, _, _ = where.split("/")
    read = api("GET", f"{rtype}/{rid}")
    assert read.status == 200 and b'"value":2.00' in read.body and "Last-Modified" in read.headers
    assert api("GET", f"{rtype}/{rid}", if_none_match='W/"1"').status == 304
    body = read.json | {"status": "amended"}
    assert api("PUT", f"{rtype}/{rid}", body, if_match='W/"7"').status == 412
    updated = api("PUT", f"{rtype}/{rid}", body, if_match='W/"1"')
    assert updated.status == 200 and updated.headers["ETag"] == 'W/"2"'
    assert api("GET", where).json["status"] == "final"
    assert api("HEAD", where).body == b"" and api("HEAD", where).status == 200
    gone = api("DELETE", f"{rtype}/{rid}")
    assert gone.status == 204 and gone.headers["ETag"] == 'W/"3"'
    assert api("DELETE", f"{rtype}/{rid}").status == 204
    assert api("GET", f"{rtype}/{rid}").status == 410
    history = api("GET", f"{rtype}/{rid}/_history").json
    assert [entry["request"]["method"] for entry in history["entry"]] == ["DELETE", "PUT", "POST"]
    assert history["total"] == 3
    again = api("PUT", f"{rtype}/{rid}", body)
    assert again.status == 201 and again.headers["ETag"] == 'W/"4"'


def test_patch(api: Call) -> None:
    api("PUT", "Observation/o1", EXACT.replace(b'"status"', b'"id":"o1","status"'))
    step = {"op": "replace", "path": "/status", "value": "amended"}
    patch = "application/json-patch+json"
    said = api("PATCH", "Observation/o1", [step], media=patch, if_match='W/"1"')
    assert said.status == 200 and said.json["status"] == "amended" and b'"value":2.00' in said.body
    assert api("PATCH", "Observation/o1", [step], media=patch, if_match='W/"1"').status == 412
    assert api("PATCH", "Observation/o1", [step | {"path": "/bogus"}], media=patch).status in (400, 422)
    assert api("PATCH", "Observation/o1", [step | {"path": "/id", "value": "o2"}], media=patch).status == 422
    moved = step | {"path": "/subject/reference", "value": "Patient/eve"}
    assert api("PATCH", "Observation/o1", [moved], media=patch, who="dara").status == 403
    assert api("PATCH", "Observation/o1", [step], media="application/xml").status == 415
    assert api("PATCH", "Observation/o1", [step]).status == 400  # FHIRPath Patch is a Parameters resource
    assert api("PATCH", "Observation/none", [step], media=patch).status == 404
    assert api("PATCH", "Patient/amina", [step], media=patch, who="amina").status == 403
    assert api("GET", "Observation/o1").headers["ETag"] == 'W/"2"'


def test_update_as_create_is_for_programs(api: Call) -> None:
    assert api("PUT", "Observation/mine", observation("mine")).status == 201
    assert api("PUT", "Communication/mine", conversation("mine"), who="amina").status == 404


def test_preferences(api: Call) -> None:
    assert api("POST", "Observation", EXACT, prefer="return=minimal").body == b""
    said = api("POST", "Observation", EXACT, prefer="return=OperationOutcome")
    assert said.json["resourceType"] == "OperationOutcome" and said.status == 201
    assert (
        api("POST", "Observation", EXACT, prefer="return=representation").json["resourceType"]
        == "Observation"
    )
    assert api("GET", "Patient?bogus=1").status == 400
    assert api("GET", "Patient?bogus=1", prefer="handling=lenient").status == 200


def test_conditional_interactions(api: Call) -> None:
    person = {"resourceType": "Patient", "identifier": [{"system": "urn:x", "value": "1"}]}
    assert api("POST", "Patient", person, if_none_exist="identifier=urn:x|1").status == 201
    assert api("POST", "Patient", person, if_none_exist="identifier=urn:x|1").status == 200
    changed = api("PUT", "Patient?identifier=urn:x|1", person | {"active": True})
    assert changed.status == 200 and changed.json["active"] is True
    assert api("PUT", "Patient?identifier=urn:x|2", person).status == 201
    api("POST", "Patient", person)
    assert api("PUT", "Patient?identifier=urn:x|1", person).status == 412
    assert api("POST", "Patient", person, if_none_exist="identifier=urn:x|1").status == 412
    assert api("DELETE", "Patient?identifier=urn:x|1").status == 412
    assert api("POST", "Patient", person, if_none_exist="").status == 201
    assert api("DELETE", "Patient").status == 400
    assert api("DELETE", "Patient?identifier=urn:none|1").status == 204


def test_search_by_get_and_by_post(api: Call) -> None:
    for number in range(5):
        api("PUT", f"Observation/o{number}", observation(f"o{number}"))
    first = api("GET", "Observation?patient=Patient/amina&_count=2&_total=accurate").json
    assert first["type"] == "searchset" and first["total"] == 5 and len(first["entry"]) == 2
    assert {entry["search"]["mode"] for entry in first["entry"]} == {"match"}
    seen = {entry["fullUrl"] for entry in first["entry"]}
    page = first
    while more := [link["url"] for link in page["link"] if link["relation"] == "next"]:
        page = api("GET", more[0].removeprefix("http://testserver/fhir/")).json
        seen |= {entry["fullUrl"] for entry in page["entry"]}
    assert len(seen) == 5
    form = "application/x-www-form-urlencoded"
    posted = api("POST", "Observation/_search", b"patient=Patient/amina&_count=2", media=form)
    assert len(posted.json["entry"]) == 2
    assert api("GET", "Observation?_summary=count").json["total"] == 5
    assert "entry" not in api("GET", "Observation?_summary=count").json
    included = api("GET", "Observation?_id=o1&_include=Observation:subject").json
    assert [entry["search"]["mode"] for entry in included["entry"]] == ["match", "include"]


def test_parts_of_a_resource(api: Call) -> None:
    api("PUT", "Observation/o1", EXACT.replace(b'"status"', b'"id":"o1","status"'))
    body = api("GET", "Observation/o1?_elements=valueQuantity,status")
    assert set(body.json) == {"resourceType", "id", "meta", "valueQuantity", "status", "code"}
    assert b'"value":2.00' in body.body and body.json["meta"]["tag"][0]["code"] == "SUBSETTED"
    entry = api("GET", "Observation?_elements=status").json["entry"][0]["resource"]
    assert set(entry) == {"resourceType", "id", "meta", "status", "code"}


def test_history_of_type_and_of_all(api: Call) -> None:
    api("PUT", "Observation/o1", observation("o1"))
    api("PUT", "Observation/o1", observation("o1", value="80"))
    bundle = api("GET", "Observation/_history").json
    assert [entry["response"]["etag"] for entry in bundle["entry"]] == ['W/"2"', 'W/"1"']
    pages, url = [], "_history?_count=4"
    while url:
        page = api("GET", url).json
        pages += [(entry["fullUrl"], entry["response"]["etag"]) for entry in page.get("entry", ())]
        more = [link["url"] for link in page["link"] if link["relation"] == "next"]
        url = more[0].removeprefix("http://testserver/fhir/") if more else ""
    assert len(pages) == len(set(pages)) > 10
    assert "entry" not in api("GET", "_history?_since=2999-01-01T00:00:00Z").json
    assert api("GET", "_history?_since=yesterday").status == 400


def test_a_transaction_stands_or_falls_whole(api: Call) -> None:
    uuid = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"
    person = {"resourceType": "Patient", "identifier": [{"system": "urn:x", "value": "9"}]}
    finding = observation("x", patient=uuid)
    good = transaction(
        request("POST", "Patient", person, fullUrl=uuid, ifNoneExist="identifier=urn:x|9"),
        request("POST", "Observation", finding),
        request("GET", "Observation?code=8867-4"),
    )
    said = api("POST", "", good)
    assert said.status == 200 and said.json["type"] == "transaction-response"
    assert [entry["response"]["status"][:3] for entry in said.json["entry"]] == ["201", "201", "200"]
    where = said.json["entry"][0]["response"]["location"].split("/_history")[0]
    assert said.json["entry"][2]["resource"]["entry"][0]["resource"]["subject"]["reference"] == where
    again = api("POST", "", good)
    assert again.json["entry"][0]["response"]["status"] == "200 OK"
    assert again.json["entry"][0]["response"]["location"].startswith(where)
    bad = transaction(
        request("POST", "Patient", {"resourceType": "Patient", "gender": "male"}),
        request("POST", "Observation", {"resourceType": "Observation", "bogus": 1}),
    )
    before = api("GET", "Patient?_summary=count").json["total"]
    refused = api("POST", "", bad)
    assert refused.status == 400 and "Bundle.entry[1]" in refused.json["issue"][0]["expression"][0]
    assert api("GET", "Patient?_summary=count").json["total"] == before


@pytest.mark.parametrize(
    ("entries", "status"),
    [
        ([request("POST", "Patient", observation("x"))], 400),
        ([request("PUT", "Patient/b", {"resourceType": "Patient", "id": "a"})], 400),
        ([request("PUT", "Patient", {"resourceType": "Patient", "id": "a"})], 400),
        ([request("LINK", "Patient/a", {"resourceType": "Patient"})], 405),
        ([request("PUT", "Patient/a", {"resourceType": "Patient", "id": "a"})] * 2, 400),
        ([request("DELETE", "Patient/none")], 404),
        ([request("POST", "Observation", observation("x", patient="urn:uuid:gone"))], 400),
        ([request("POST", "Observation", observation("x", patient="Patient?identifier=a|none"))], 400),
        ([request("POST", "Observation", observation("x", patient="Patient?birthdate=gt1900"))], 412),
        ([request("PUT", "Patient/amina", {"resourceType": "Patient", "id": "amina"}, ifMatch='W/"9"')], 412),
        ([request("POST", "Patient")], 400),
        ([{"resource": observation("x")}], 400),
    ],
)
def test_bundles_that_are_refused(api: Call, entries: list[Any], status: int) -> None:
    before = api("GET", "_history?_count=1").json["entry"][0]["fullUrl"]
    refused = api("POST", "", transaction(*entries))
    assert refused.status == status and refused.json["resourceType"] == "OperationOutcome"
    batch = api("POST", "", transaction(*entries, kind="batch"))
    if batch.status == 200 and len(entries) == 1:
        assert batch.json["entry"][0]["response"]["status"] == str(status)
        assert batch.json["entry"][0]["response"]["outcome"]["resourceType"] == "OperationOutcome"
        assert api("GET", "_history?_count=1").json["entry"][0]["fullUrl"] == before


def test_references_are_rewritten_within_a_transaction(api: Call) -> None:
    full = "http://elsewhere.org/fhir/Patient/77"
    said = api(
        "POST",
        "",
        transaction(
            request("POST", "Observation", observation("x", patient="Patient/77")),
            request("POST", "Observation", observation("x", patient=full)),
            request("POST", "Patient", {"resourceType": "Patient"}, fullUrl=full),
        ),
    )
    where = [entry["response"]["location"].split("/_history")[0] for entry in said.json["entry"]]
    for made in where[:2]:
        assert api("GET", made).json["subject"]["reference"] == where[2]


def test_files_are_taken_and_given_as_files(api: Call) -> None:
    api("PUT", "Communication/c1", conversation("c1"))
    made = api(
        "POST", "Binary", b"\x89PNG..", media="image/png", who="amina", x_security_context="Communication/c1"
    )
    assert made.status == 201
    where = made.headers["Location"].removeprefix("http://testserver/fhir/").split("/_history")[0]
    file = api("GET", where, who="dara", accept="*/*")
    assert (file.status, file.body, file.headers["Content-Type"]) == (200, b"\x89PNG..", "image/png")
    assert file.headers["Content-Disposition"] == "attachment"
    assert "sandbox" in file.headers["Content-Security-Policy"]
    assert api("GET", where, accept="application/fhir+json").json["contentType"] == "image/png"
    assert api("GET", where, who="eve").status == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "more", "status"),
    [
        ("GET", "Patient/amina", None, {"who": ""}, 401),
        ("GET", "Patient/amina", None, {"who": "made-up"}, 401),
        ("GET", "Patient/amina", None, {"accept": "application/fhir+xml"}, 406),
        ("GET", "Patient/amina?_format=xml", None, {}, 406),
        ("GET", "Patient/amina?_format=json", None, {"accept": "application/xml"}, 200),
        ("GET", "Patient/amina", None, {"accept": "text/html, */*;q=0.8"}, 200),
        ("POST", "Patient", b"<Patient/>", {"media": "application/fhir+xml"}, 415),
        ("POST", "Patient", b"{", {}, 400),
        ("POST", "Patient", b"\x1f\x8b", {"content_encoding": "gzip"}, 415),
        ("POST", "Patient", {"resourceType": "Observation"}, {}, 400),
        ("POST", "Patient", {"resourceType": "Patient", "gender": "x"}, {}, 400),
        ("PUT", "Patient/amina", {"resourceType": "Patient", "id": "eve"}, {}, 400),
        ("PUT", "Patient/amina", {"resourceType": "Patient"}, {}, 400),
        ("PUT", "Patient/amina", {"resourceType": "Patient", "id": "amina"}, {"if_match": "x"}, 412),
        ("GET", "Nothing/1", None, {}, 404),
        ("GET", "Patient/a b", None, {}, 404),
        ("GET", "Patient/amina/_history/x", None, {}, 404),
        ("GET", "Patient/amina/_history/9", None, {}, 404),
        ("GET", "Patient/$everything", None, {}, 422),
        ("GET", "Patient/amina/$everyone", None, {}, 404),
        ("GET", "Patient/$everything/1", None, {}, 404),
        ("GET", "a/b/c/d/e", None, {}, 404),
        ("POST", "Patient/amina", {}, {}, 405),
        ("PATCH", "Patient/amina", {}, {"media": "text/plain"}, 415),
        ("TRACE", "Patient/amina", None, {}, 405),
        ("GET", "", None, {}, 405),
    ],
)
def test_refusals_are_outcomes(
    api: Call, method: str, path: str, body: Any, more: dict[str, str], status: int
) -> None:
    said = api(method, path, body, **more)
    assert said.status == status
    if status >= 400:
        assert said.json["resourceType"] == "OperationOutcome" and said.json["issue"][0]["diagnostics"]
    assert said.headers["Cache-Control"] == "no-store"
    if status == 401:
        asked = said.headers["WWW-Authenticate"]
        assert asked.startswith("Bearer") and ("invalid_token" in asked) == bool(more["who"])


def test_a_conversation_over_fhir(api: Call) -> None:
    made = api("POST", "Communication", conversation("x"), who="amina")
    assert made.status == 201
    header = made.json["id"]
    assert api("POST", "Communication", message("x", header, "Hello"), who="amina").status == 201
    found = api("GET", f"Communication?part-of=Communication/{header}", who="dara").json
    assert found["entry"][0]["resource"]["payload"][0]["contentString"] == "Hello"
    assert api("DELETE", f"Communication/{header}", who="amina").status == 403


def test_a_token_ends_at_once(api: Call, tokens: dict[str, str]) -> None:
    from rapport.people.models import User
    from rapport.people.tokens import revoke_all

    assert api("GET", "Patient/amina", who="amina").status == 200
    revoke_all(User.objects.get(person="Patient/amina"))
    assert api("GET", "Patient/amina", who="amina").status == 401
