"""In which form an answer comes: parts, summaries, laid out, only when changed; strict or lenient."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rapport.fhir_api.http import http_date
from rapport.fhir_api.subsets import Cut
from tests.fhir_api.conftest import Call

pytestmark = pytest.mark.usefixtures("no_guards")

WHO = {
    "resourceType": "Patient",
    "id": "whole",
    "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">Ann</div>'},
    "name": [{"family": "Lee", "given": ["Ann"]}],
    "birthDate": "1980-01-01",
    "_birthDate": {"extension": [{"url": "http://x.org/t", "valueString": "noon"}]},
    "deceasedBoolean": False,
    "maritalStatus": {"text": "married"},
    "contact": [{"name": {"family": "Lee"}}],
    "link": [
        {
            "other": {"reference": "Patient/amina"},
            "type": "seealso",
            "extension": [{"url": "urn:e", "valueCode": "x"}],
        }
    ],
}


def keys(api: Call, query: str) -> set[str]:
    return set(api("GET", f"Patient/whole?{query}").json) - {"resourceType", "id", "meta"}


def test_summaries_and_elements(api: Call) -> None:
    api("PUT", "Patient/whole", WHO)
    everything = set(WHO) - {"resourceType", "id"}
    assert keys(api, "_summary=true") == {"name", "birthDate", "_birthDate", "deceasedBoolean", "link"}
    assert api("GET", "Patient/whole?_summary=true").json["link"] == [
        {"other": {"reference": "Patient/amina"}, "type": "seealso"}
    ]
    assert keys(api, "_summary=text") == {"text"}
    assert keys(api, "_summary=data") == everything - {"text"}
    assert keys(api, "_summary=false") == everything
    assert keys(api, "_elements=birthDate,Patient.deceased,Observation.name") == {
        "birthDate",
        "_birthDate",
        "deceasedBoolean",
    }
    assert api("GET", "Patient/whole?_summary=true").json["meta"]["tag"][0]["code"] == "SUBSETTED"
    assert "tag" not in api("GET", "Patient/whole?_summary=false").json["meta"]
    assert api("GET", "Patient/whole?_summary=some").status == 400
    entry = api("GET", "Patient?_id=whole&_summary=text").json["entry"][0]["resource"]
    assert set(entry) == {"resourceType", "id", "meta", "text"}
    assert api("GET", "Patient?_id=whole&_summary=text&_include=Patient:link").status == 400
    assert api("GET", "Patient?_id=whole&_summary=count").json["total"] == 1


def test_numbers_keep_their_digits_in_parts() -> None:
    raw = (
        b'{"resourceType":"Observation","meta":{"extension":[{"url":"urn:e","valueDecimal":1.50}]},"status":"final",'
        b'"component":[{"code":{"text":"a"},"valueQuantity":{"value":2.00},"interpretation":[{"text":"h"}]}]}'
    )
    cut = Cut(summary="true").of("Observation", raw)
    assert b"2.00" in cut and b"1.50" in cut and b"interpretation" not in cut


@pytest.mark.parametrize("rtype", ["Bundle", "Questionnaire", "Task", "Binary", "Parameters"])
def test_any_type_has_a_summary(rtype: str) -> None:
    assert b"SUBSETTED" in Cut(summary="true").of(rtype, b'{"resourceType":"%b","id":"1"}' % rtype.encode())


def test_only_when_changed(api: Call) -> None:
    updated = datetime.fromisoformat(api("GET", "Patient/amina").json["meta"]["lastUpdated"])
    before, now = (
        http_date(updated.astimezone(UTC) - timedelta(seconds=5)),
        http_date(updated.astimezone(UTC)),
    )

    def ask(**more: str) -> int:
        return api("GET", "Patient/amina", **more).status

    assert ask(if_modified_since=now) == 304 and ask(if_modified_since=before) == 200
    assert ask(if_modified_since="soon") == 200
    assert ask(if_none_match='W/"1"') == ask(if_none_match='"7", W/"1"') == ask(if_none_match="*") == 304
    assert ask(if_none_match='W/"2"') == 200
    assert ask(if_none_match='W/"2"', if_modified_since=now) == 200  # the tag says more than the time
    unchanged = api("GET", "Patient/amina", if_none_match='W/"1"')
    assert unchanged.body == b"" and unchanged.headers["ETag"] == 'W/"1"'
    assert api("GET", "Patient/amina/_history/1", if_none_match='W/"1"').status == 304


def test_laid_out(api: Call) -> None:
    said = api("GET", "Patient/amina?_pretty=true")
    assert said.body.startswith(b'{\n  "resourceType"') and int(said.headers["Content-Length"]) == len(
        said.body
    )
    assert b"\n" not in api("GET", "Patient/amina?_pretty=false").body
    assert api("GET", "Nothing/1?_pretty=true").body.startswith(b"{\n")
    assert api("GET", "metadata?_pretty=true", who="").body.startswith(b"{\n")


def test_strict_and_lenient(api: Call) -> None:
    assert api("GET", "Patient?bogus=1&_id=amina").status == 400
    assert api("GET", "Patient?bogus=1&_id=amina", prefer="handling=strict").status == 400
    found: Any = api("GET", "Patient?bogus=1&_id=amina", prefer="handling=lenient").json
    assert [entry["search"]["mode"] for entry in found["entry"]] == ["match", "outcome"]
    assert "bogus" in found["entry"][1]["resource"]["issue"][0]["diagnostics"]
    assert found["link"][0]["url"].endswith("Patient?_id=amina")
    assert api("GET", "Patient?birthdate=soon", prefer="handling=lenient").status == 400
    assert api("GET", "Patient", prefer="handling=kind").status == 400


def test_only_this_version_of_fhir(api: Call) -> None:
    for version, status in (("4.0", 200), ("4.0.1", 200), ("3.0", 406), ("5.0", 406), ("", 406)):
        accept = f"application/fhir+json; fhirVersion={version}"
        assert api("GET", "Patient/amina", accept=accept).status == status, version
        assert api("GET", f"Patient/amina?_format=json;fhirVersion={version}").status == status, version
        sent = api("POST", "Patient", {"resourceType": "Patient"}, media=accept)
        assert sent.status == (201 if status == 200 else 415), version
    assert (
        api("GET", "Patient/amina", accept="application/fhir+json;fhirVersion=5.0, */*;q=0.1").status == 200
    )


def test_a_refused_method_says_which_are_not(api: Call) -> None:
    assert api("POST", "Patient/amina").headers["Allow"] == "DELETE, GET, HEAD, PATCH, PUT"
    assert api("DELETE", "Patient/_search").headers["Allow"] == "POST"
    assert api("OPTIONS", "").headers["Allow"] == "GET, HEAD, POST"


def test_create_only_when_nothing_is_there(api: Call) -> None:
    body = {"resourceType": "Patient", "id": "fresh"}
    assert api("PUT", "Patient/fresh", body, if_none_match="*").status == 201
    assert api("PUT", "Patient/fresh", body, if_none_match="*").status == 412
    assert api("DELETE", "Patient/fresh").status == 204
    assert api("PUT", "Patient/fresh", body, if_none_match="*").status == 201
    assert api("PUT", "Patient/fresh", body, if_none_match='W/"9"').status == 200
    entry = {"request": {"method": "PUT", "url": "Patient/fresh", "ifNoneMatch": "*"}, "resource": body}
    assert api("POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}).status == 412
    assert api("GET", "Patient/fresh").headers["ETag"] == 'W/"4"'
