"""Bundles: every verb in either kind, in the order of the standard, patches among them."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest

from rapport.gate import entries
from tests.fhir_api.conftest import Call
from tests.personas import conversation, message, observation

KINDS = ("transaction", "batch")
Json = dict[str, Any]


def bundle(*entries: Json, kind: str = "transaction") -> Json:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def asking(method: str, url: str, resource: Any = None, full_url: str = "", **more: str) -> Json:
    found: Json = {"request": {"method": method, "url": url, **more}}
    if resource is not None:
        found["resource"] = resource
    return found | ({"fullUrl": full_url} if full_url else {})


def json_patch(*steps: Json, media: str = "application/json-patch+json") -> Json:
    data = base64.b64encode(orjson.dumps(steps)).decode()
    return {"resourceType": "Binary", "contentType": media, "data": data}


def setting(path: str, value: Any) -> Json:
    return json_patch({"op": "replace", "path": path, "value": value})


def fhirpath_patch(path: str, **value: Any) -> Json:
    parts = [{"name": "type", "valueCode": "replace"}, {"name": "path", "valueString": path}]
    part = {"name": "operation", "part": [*parts, {"name": "value", **value}]}
    return {"resourceType": "Parameters", "parameter": [part]}


AMENDED = setting("/status", "amended")
CANCELLED = fhirpath_patch("Observation.status", valueCode="cancelled")


def statuses(said: Any) -> list[str]:
    assert said.status == 200, said.body
    return [entry["response"]["status"][:3] for entry in said.json["entry"]]


@pytest.mark.usefixtures("no_guards")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("patch", "status"), [(AMENDED, "amended"), (CANCELLED, "cancelled")])
def test_patches(api: Call, kind: str, patch: Json, status: str) -> None:
    for rid in ("o1", "o2"):
        api("PUT", f"Observation/{rid}", observation(rid) | {"identifier": [{"value": rid}]})
    entries = (
        asking("PATCH", "Observation/o1", patch, ifMatch='W/"1"'),
        asking("PATCH", "Observation?identifier=o2", patch),
    )
    said = api("POST", "", bundle(*entries, kind=kind), prefer="return=representation")
    assert statuses(said) == ["200", "200"]
    for rid, entry in zip(("o1", "o2"), said.json["entry"], strict=True):
        assert entry["response"]["etag"] == 'W/"2"' and entry["resource"]["status"] == status
        assert api("GET", f"Observation/{rid}").json == entry["resource"]


REFUSED = [
    (asking("PATCH", "Observation/o1", AMENDED, ifMatch='W/"9"'), 412),
    (asking("PATCH", "Observation/none", AMENDED), 404),
    (asking("PATCH", "Observation/gone", AMENDED), 410),
    (asking("PATCH", "Observation?code=none", AMENDED), 404),
    (asking("PATCH", "Observation?code=8867-4", AMENDED), 412),
    (asking("PATCH", "Observation", AMENDED), 400),
    (asking("PATCH", "Observation/o1"), 400),
    (asking("PATCH", "Observation/o1", observation("o1")), 400),
    (asking("PATCH", "Observation/o1", {"resourceType": "Binary"}), 400),
    (asking("PATCH", "Observation/o1", AMENDED | {"data": "%"}), 400),
    (asking("PATCH", "Observation/o1", AMENDED | {"data": "bnVsbA=="}), 400),
    (asking("PATCH", "Observation/o1", json_patch(media="text/plain")), 415),
    (asking("PATCH", "Observation/o1", setting("/id", "o2")), 422),
    (asking("PATCH", "Observation/o1", setting("/bogus", 1)), 422),
    (asking("PATCH", "Observation/o1", setting("/status", "dreamt")), 400),
    (asking("PATCH", "Observation/o1", setting("/subject/reference", "urn:uuid:none")), 400),
    (asking("POST", "Observation/o1", observation("o1")), 400),
    (asking("PUT", "Observation?_id=o1", observation("o2")), 400),
    (asking("LINK", "Observation/o1"), 405),
]


@pytest.mark.usefixtures("no_guards")
def test_patches_that_are_refused(api: Call) -> None:
    for rid in ("o1", "o2", "gone"):
        api("PUT", f"Observation/{rid}", observation(rid))
    api("DELETE", "Observation/gone")
    for entry, status in REFUSED:
        good = asking("POST", "Patient", {"resourceType": "Patient"})
        whole = api("POST", "", bundle(good, entry))
        assert whole.status == status, (entry, whole.body)
        assert "Bundle.entry[1]" in orjson.dumps(whole.json["issue"]).decode(), (entry, whole.body)
        assert statuses(api("POST", "", bundle(good, entry, kind="batch"))) == ["201", str(status)], entry
    assert api("GET", "Observation/o1").headers["ETag"] == 'W/"1"'


@pytest.mark.usefixtures("no_guards")
def test_what_a_patch_brings_is_resolved_and_what_was_there_stays(api: Call) -> None:
    """Patient/77 was stored as it is; the Patient/77 of this bundle is another."""
    old = observation("o1", patient="Patient/amina") | {"performer": [{"reference": "Patient/77"}]}
    assert api("PUT", "Observation/o1", old).status == 201
    full = "http://elsewhere.org/fhir/Patient/77"
    step = {"op": "add", "path": "/focus", "value": [{"reference": "urn:uuid:1"}, {"reference": full}]}
    said = api(
        "POST",
        "",
        bundle(
            asking("PATCH", "Observation/o1", json_patch(step)),
            asking("POST", "Patient", {"resourceType": "Patient"}, "urn:uuid:1"),
            asking("POST", "Patient", {"resourceType": "Patient"}, full),
        ),
    )
    made = [entry["response"]["location"].split("/_history")[0] for entry in said.json["entry"]]
    stored = api("GET", "Observation/o1").json
    assert [each["reference"] for each in stored["focus"]] == made[1:]
    assert stored["performer"] == [{"reference": "Patient/77"}]


@pytest.mark.usefixtures("no_guards")
def test_a_transaction_keeps_the_order_of_the_standard(api: Call) -> None:
    """DELETE, POST, PUT and PATCH, GET; whatever the order in which they are sent."""
    for rid in ("o1", "o2", "o3"):
        api("PUT", f"Observation/{rid}", observation(rid))
    said = api(
        "POST",
        "",
        bundle(
            asking("GET", "Observation/o1"),
            asking("PATCH", "Observation/o1", AMENDED),
            asking("HEAD", "Observation/o2"),
            asking("PUT", "Observation/o2", observation("o2", value="99")),
            asking("POST", "Observation", observation("x")),
            asking("DELETE", "Observation/o3"),
            asking("GET", "Observation?_summary=count"),
        ),
    )
    assert statuses(said) == ["200", "200", "200", "200", "201", "204", "200"]
    assert said.json["entry"][0]["resource"]["status"] == "amended"
    assert said.json["entry"][0]["response"]["etag"] == said.json["entry"][2]["response"]["etag"] == 'W/"2"'
    assert "resource" not in said.json["entry"][2] and said.json["entry"][6]["resource"]["total"] == 3


@pytest.mark.usefixtures("no_guards")
def test_a_deletion_comes_before_a_condition(api: Call) -> None:
    """What the bundle deletes is neither found by a conditional create nor by a conditional reference."""
    old = observation("old") | {"identifier": [{"system": "urn:x", "value": "1"}]}
    api("PUT", "Observation/old", old)
    new = asking("POST", "Observation", old, ifNoneExist="identifier=urn:x|1")
    said = api("POST", "", bundle(new, asking("DELETE", "Observation/old")))
    assert statuses(said) == ["201", "204"]
    where = said.json["entry"][0]["response"]["location"].split("/_history")[0]
    pointing = observation("o2") | {"derivedFrom": [{"reference": "Observation?identifier=urn:x|1"}]}
    refused = api("POST", "", bundle(asking("POST", "Observation", pointing), asking("DELETE", where)))
    assert refused.status == 400 and api("GET", where).status == 200


@pytest.mark.usefixtures("no_guards")
@pytest.mark.parametrize("kind", KINDS)
def test_conditions_of_every_verb(api: Call, kind: str) -> None:
    api("PUT", "Observation/o1", observation("o1"))
    api("PUT", "Observation/o2", observation("o2"))
    api("DELETE", "Observation/o2")
    said = api(
        "POST",
        "",
        bundle(
            asking("GET", "Observation/o1", ifNoneMatch='W/"1"'),
            asking("DELETE", "Observation?_id=none"),
            asking("DELETE", "Observation/o2"),
            asking("PUT", "Observation?_id=none", observation("named")),
            asking("PUT", "Observation?_id=o1", observation("o1") | {"status": "amended"}),
            kind=kind,
        ),
    )
    assert statuses(said)[1:] == ["204", "204", "201", "200"]
    assert statuses(said)[0] == "200"
    assert api("GET", "Observation/named").status == 200
    assert api("GET", "Observation/o1").headers["ETag"] == 'W/"2"'
    unchanged = api("POST", "", bundle(asking("GET", "Observation/o1", ifNoneMatch='W/"2"'), kind=kind))
    assert statuses(unchanged) == ["304"] and "resource" not in unchanged.json["entry"][0]


def test_a_patch_in_a_bundle_meets_the_guards(api: Call) -> None:
    """Nobody speaks in another's name, and a stranger finds nothing to change."""
    api("POST", "Communication", conversation("c1"), who="amina")
    header = api("GET", "Communication").json["entry"][0]["resource"]["id"]
    api("POST", "Communication", message("x", header, "Hello"), who="amina")
    found = api("GET", f"Communication?part-of=Communication/{header}").json["entry"][0]["resource"]["id"]
    for kind in KINDS:
        for who in ("amina", "dara", "eve", "program"):
            entry = asking("PATCH", f"Communication/{found}", setting("/sender/reference", "Patient/eve"))
            said = api("POST", "", bundle(entry, kind=kind), who=who)
            status = said.status if kind == "transaction" else int(statuses(said)[0])
            assert status in ((404,) if who == "eve" else (403, 409, 422)), (kind, who, said.body)
    assert api("GET", f"Communication/{found}").headers["ETag"] == 'W/"1"'


@pytest.mark.usefixtures("no_guards")
def test_a_bundle_has_its_bounds(api: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "MOST", 20)
    monkeypatch.setattr(entries, "MOST_READS", 5)
    read, write = asking("GET", "Patient/amina"), asking("DELETE", "Observation?_id=none")
    for kind in KINDS:
        assert api("POST", "", bundle(*[read] * 5, *[write] * 15, kind=kind)).status == 200
        assert api("POST", "", bundle(*[read] * 6, kind=kind)).status == 413
        assert api("POST", "", bundle(*[write] * 21, kind=kind)).status == 413
        assert api("POST", "", bundle(*[write] * 200, kind=kind)).status == 413


@pytest.mark.usefixtures("no_guards")
def test_what_a_bundle_reads_has_its_bounds(api: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    from rapport.fhir_api import bundles

    size = len(api("GET", "Patient/amina").body)
    monkeypatch.setattr(bundles, "MOST", 2 * size + 10)
    read = asking("GET", "Patient/amina")
    assert statuses(api("POST", "", bundle(*[read] * 5, kind="batch"))) == ["200"] * 3 + ["413"] * 2
    assert api("POST", "", bundle(*[read] * 5)).status == 413
    monkeypatch.setattr(bundles, "LONGEST", -1.0)
    assert statuses(api("POST", "", bundle(read, kind="batch"))) == ["413"]


@pytest.mark.parametrize("who", ["amina", "chen", "program"])
@pytest.mark.parametrize(("verb", "url"), [("PUT", "Nothing/n"), ("PATCH", "{}/n"), ("POST", "1")])
def test_a_type_that_fhir_does_not_have(api: Call, who: str, verb: str, url: str) -> None:
    entries = [asking("DELETE", "Patient/none"), asking(verb, url, observation("n"))]
    assert statuses(api("POST", "", bundle(*entries, kind="batch"), who=who))[1][0] == "4"


@pytest.mark.usefixtures("no_guards")
def test_what_a_bundle_changes_takes_so_long_and_so_much_at_most(
    api: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small patches of large resources: each takes a while, and together they would take much longer."""
    from rapport.fhir_api import bundles

    code = {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]}
    large = {
        "resourceType": "Observation",
        "status": "final",
        "code": code,
        "component": [{"code": code, "valueInteger": number} for number in range(2000)],
    }
    names = [f"Observation/large{number}" for number in range(8)]
    for name in names:
        assert api("PUT", name, {**large, "id": name.partition("/")[2]}).status == 201
    patches = [asking("PATCH", name, AMENDED) for name in names]
    monkeypatch.setattr(bundles, "LONGEST", 0.0)
    said = api("POST", "", bundle(*patches))
    assert said.status == 413 and "takes too long" in said.json["issue"][0]["diagnostics"]
    assert set(statuses(api("POST", "", bundle(*patches, kind="batch")))) == {"413"}
    assert {api("GET", name).headers["ETag"] for name in names} == {'W/"1"'}
    monkeypatch.setattr(bundles, "LONGEST", 60.0)
    monkeypatch.setattr(bundles, "CHANGED", 500_000)
    said = api("POST", "", bundle(*patches))
    assert said.status == 413 and "changes too much" in said.json["issue"][0]["diagnostics"]
    assert {api("GET", name).headers["ETag"] for name in names} == {'W/"1"'}
    monkeypatch.setattr(bundles, "CHANGED", 1 << 24)
    assert set(statuses(api("POST", "", bundle(*patches)))) == {"200"}
