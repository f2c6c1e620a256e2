"""`$validate`, `$meta` and `$why`; histories by time; conditional and FHIRPath patches."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fhir_api.conftest import Call
from tests.personas import AMINA, conversation, message, observation

GOOD = observation("o1")
JSON_PATCH = "application/json-patch+json"
STEP = [{"op": "replace", "path": "/status", "value": "amended"}]


def parameters(**values: Any) -> dict[str, Any]:
    kinds = {"resource": "resource", "profile": "valueUri", "mode": "valueCode"}
    entries = [{"name": name, kinds[name]: value} for name, value in values.items()]
    return {"resourceType": "Parameters", "parameter": entries}


def severities(said: Any) -> list[str]:
    assert said.status == 200, said.body
    return [issue["severity"] for issue in said.json["issue"]]


def test_validate_says_every_fault_and_stores_nothing(api: Call) -> None:
    assert severities(api("POST", "Observation/$validate", GOOD)) == ["information"]
    bad = api("POST", "Observation/$validate", {"resourceType": "Observation", "status": "no", "bogus": 1})
    assert severities(bad) == ["error"] * 3
    assert {issue["expression"][0] for issue in bad.json["issue"]} >= {
        "Observation.status",
        "Observation.bogus",
    }
    for mode in ("create", "update"):
        assert severities(api("POST", f"Observation/$validate?mode={mode}", GOOD)) == ["information"]
    wrapped = parameters(resource=GOOD, mode="create")
    assert severities(api("POST", "Observation/$validate", wrapped)) == ["information"]
    assert api("GET", "Observation/o1").status == 404
    assert api("GET", "Observation?_summary=count").json["total"] == 0


def test_validate_of_what_is_there(api: Call) -> None:
    api("PUT", "Observation/o1", GOOD)
    assert severities(api("GET", "Observation/o1/$validate")) == ["information"]
    assert severities(api("POST", "Observation/o1/$validate?mode=delete")) == ["information"]
    assert severities(api("POST", "Observation/o1/$validate?mode=update", observation("o2"))) == ["error"]
    assert api("GET", "Observation/o1").headers["ETag"] == 'W/"1"'
    assert severities(api("POST", "Observation/none/$validate?mode=delete")) == ["error"]
    assert api("GET", "Observation/o1/$validate", who="eve").status == 404
    assert api("POST", "Observation/$validate").status == 400
    assert api("POST", "Observation/$validate", b"{").status == 400
    assert api("POST", "Observation/$validate?mode=dream", GOOD).status == 400
    unknown = parameters(resource=GOOD, profile="http://x.org/p")
    assert severities(api("POST", "Observation/$validate", unknown)) == ["error"]


def test_validate_asks_the_guards(api: Call) -> None:
    """What the door would refuse is told, and what it would do is undone."""
    made = api("POST", "Communication/$validate?mode=create", conversation("c1"), who="amina")
    assert severities(made) == ["information"]
    theirs = api("POST", "Communication/$validate?mode=create", conversation("c1"), who="eve")
    assert severities(theirs) == ["error"]
    assert api("GET", "Communication?_summary=count").json["total"] == 0


def test_meta(api: Call) -> None:
    api("PUT", "Observation/o1", GOOD | {"meta": {"tag": [{"system": "urn:t", "code": "a"}]}})
    api("PUT", "Observation/o1", GOOD)
    found = api("GET", "Observation/o1/$meta").json["parameter"][0]
    assert found["name"] == "return" and found["valueMeta"]["versionId"] == "2"
    past = api("GET", "Observation/o1/_history/1/$meta").json["parameter"][0]["valueMeta"]
    assert past["tag"] == [{"system": "urn:t", "code": "a"}]
    assert api("GET", "Observation/o1/$meta", who="eve").status == 404
    assert api("GET", "Observation/$meta").status == 404


@pytest.mark.usefixtures("no_guards")
def said(answer: Any) -> dict[str, Any]:
    assert answer.status == 200, answer.body
    return {one["name"]: next(v for k, v in one.items() if k != "name") for one in answer.json["parameter"]}


def test_why(api: Call) -> None:
    api("PUT", "Observation/o1", GOOD)
    assert said(api("GET", "Observation/o1/$why", who="amina"))["rule"] == "own record"
    assert said(api("GET", "Observation/o1/$why?action=u", who="amina"))["allowed"] is False
    asked = "Observation/o1/$why?actor="
    dara = said(api("GET", f"{asked}Practitioner/dara", who="amina"))
    assert dara["allowed"] is True and "care team" in dara["reason"]
    assert said(api("GET", f"{asked}RelatedPerson/bilal", who="chen"))["allowed"] is False
    for who in ("eve", "dara", "bilal", "program"):
        assert api("GET", f"{asked}Practitioner/dara", who=who).status == 404, who
    for nobody in ("Practitioner/none", "Device/bench", "x", "Practitioner/"):
        assert api("GET", asked + nobody, who="amina").status == 404
    assert api("GET", "Observation/o1/$why?action=z", who="amina").status == 400


def test_histories_by_time(api: Call) -> None:
    times = []
    for value in "123":
        said = api("PUT", "Observation/o1", observation("o1", value=value))
        times.append(said.json["meta"]["lastUpdated"])
    api("DELETE", "Observation/o1")

    def tags(url: str) -> list[str]:
        said = api("GET", url)
        assert said.status == 200, said.body
        return [entry["response"]["etag"][3:-1] for entry in said.json.get("entry", ())]

    one = "Observation/o1/_history"
    assert tags(one) == ["4", "3", "2", "1"] and api("GET", one).json["total"] == 4
    assert tags(f"{one}?_since={times[1]}") == ["4", "3", "2"]
    assert tags(f"{one}?_at={times[1]}") == ["2"]
    assert tags(f"{one}?_at=2999") == ["4"] and tags(f"{one}?_at=1999") == []
    for where in (one, "Observation/_history"):
        assert tags(f"{where}?_at={times[0][:4]}") == ["4", "3", "2", "1"]
        found, url = [], f"{where}?_count=3"
        while url:
            page = api("GET", url).json
            found += [entry["response"]["etag"] for entry in page["entry"]]
            more = [link["url"] for link in page["link"] if link["relation"] == "next"]
            url = more[0].removeprefix("http://testserver/fhir/") if more else ""
        assert found == ['W/"4"', 'W/"3"', 'W/"2"', 'W/"1"']
    assert api("GET", f"{one}?_count=0").json["total"] == 4 and not tags(f"{one}?_count=0")
    assert api("GET", f"{one}?_count=2").json["total"] == 4
    for where in (one, "Observation/_history"):
        page = api("GET", f"{where}?_since={times[1]}&_count=2&_pretty=true").json
        links = {link["relation"]: link["url"] for link in page["link"]}
        assert links["self"].endswith(f"_history?_since={times[1]}&_count=2&_pretty=true")
        assert links["next"].startswith(links["self"] + "&_cursor=") and "total" not in page
        assert api("GET", f"{where}?_since={times[1]}").json["total"] == 3
    for query in ("_at=soon", "_since=x", "_count=-1", "_cursor=x", "_sort=date"):
        assert api("GET", f"{one}?{query}").status == 400, query
    assert api("GET", one, who="eve").status == 404


@pytest.mark.usefixtures("no_guards")
def test_the_history_of_all_is_that_of_its_types(api: Call) -> None:
    for value in "12":
        api("PUT", "Observation/o1", observation("o1", value=value))
        api("PUT", "Patient/new", {"resourceType": "Patient", "id": "new", "active": value == "1"})
    since = api("GET", "Observation/o1/_history/1").json["meta"]["lastUpdated"]

    def versions(url: str, who: str = "program") -> list[tuple[str, str]]:
        found, url = [], f"{url}?_since={since}&_count=1"
        while url:
            page = api("GET", url, who=who).json
            found += [(each["fullUrl"], each["response"]["etag"]) for each in page.get("entry", ())]
            more = [link["url"] for link in page["link"] if link["relation"] == "next"]
            url = more[0].removeprefix("http://testserver/fhir/") if more else ""
        return found

    of_types = versions("Observation/_history") + versions("Patient/_history")
    assert len(of_types) == 4 and sorted(versions("_history")) == sorted(of_types)
    assert versions("_history")[0][0].endswith("Patient/new")
    assert [url for url, _ in versions("_history", "amina")] == ["http://testserver/fhir/Observation/o1"] * 2
    assert versions("_history", "eve") == []


@pytest.mark.usefixtures("no_guards")
def test_conditional_patch(api: Call) -> None:
    api("PUT", "Observation/o1", GOOD)
    said = api("PATCH", f"Observation?subject={AMINA}&code=8867-4", STEP, media=JSON_PATCH)
    assert said.status == 200 and said.json["status"] == "amended"
    api("PUT", "Observation/o2", observation("o2"))
    assert api("PATCH", f"Observation?subject={AMINA}", STEP, media=JSON_PATCH).status == 412
    assert api("PATCH", "Observation?_id=none", STEP, media=JSON_PATCH).status == 404
    assert api("PATCH", "Observation", STEP, media=JSON_PATCH).status == 400
    assert api("PATCH", "Observation?_id=o1", STEP, media=JSON_PATCH, who="eve").status == 404
    assert api("PATCH", "Observation?_id=o1", STEP, media=JSON_PATCH, if_match='W/"9"').status == 412


@pytest.mark.usefixtures("no_guards")
def test_fhirpath_patch(api: Call) -> None:
    api("PUT", "Observation/o1", GOOD)

    def patch(kind: str, path: str, **values: Any) -> Any:
        parts = [{"name": "type", "valueCode": kind}, {"name": "path", "valueString": path}]
        parts += [{"name": name, "valueCode": value} for name, value in values.items()]
        operation = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}
        return api("PATCH", "Observation/o1", operation)

    said = patch("replace", "Observation.status", value="amended")
    assert said.status == 200 and said.json["status"] == "amended"
    assert patch("delete", "Observation.status").status == 400
    assert patch("delete", "Observation.bogus(").status == 400
    assert patch("replace", "Observation.id", value="o2").status == 422
    assert api("GET", "Observation/o1").headers["ETag"] == 'W/"2"'


@pytest.mark.usefixtures("no_guards")
def test_messages_stay_whose_they_are(api: Call) -> None:
    api("PUT", "Communication/c1", conversation("c1"))
    api("PUT", "Communication/m1", message("m1", "c1", "words"))
    sender = [{"op": "replace", "path": "/sender/reference", "value": "Patient/eve"}]
    assert api("PATCH", "Communication?_id=m1", sender, media=JSON_PATCH, who="dara").status == 403
