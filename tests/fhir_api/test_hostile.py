"""Whatever is sent, the answer is an outcome and never a 500."""

from __future__ import annotations

import random
import time
from typing import Any

import orjson
import psycopg
import pytest

from rapport.fhir_api import http
from rapport.store import versions
from tests.fhir_api.conftest import Call
from tests.personas import observation

pytestmark = pytest.mark.usefixtures("no_guards")

DEEP = b"[" * 100_000
NESTED = b'{"resourceType":"Patient","contained":' * 3000
EXTENSION = (
    b'{"resourceType":"Patient","extension":[' + b'{"url":"a","extension":[' * 240 + b"]}" * 240 + b"]}"
)
BODIES = [
    b"",
    b"null",
    b"[]",
    b'"Patient"',
    b"5",
    b"{}",
    b"\xff\xfe",
    b"\x00",
    b'{"resourceType":"Patient"',
    b'{"resourceType":null}',
    b'{"resourceType":["Patient"]}',
    b'{"resourceType":{"a":1}}',
    b'{"resourceType":"Nothing"}',
    b'{"resourceType":"Patient","id":5}',
    b'{"resourceType":"Patient","id":{"a":[]}}',
    b'{"resourceType":"Patient","id":"\\u0000"}',
    b'{"resourceType":"Patient","meta":5}',
    b'{"resourceType":"Patient","meta":{"security":"x"}}',
    b'{"resourceType":"Patient","meta":{"versionId":{}}}',
    b'{"resourceType":"Patient","name":[{"family":"\\u0000"}]}',
    b'{"resourceType":"Patient","name":[{"family":"\\ud800"}]}',
    b'{"resourceType":"Patient","birthDate":"0000-00-00"}',
    b'{"resourceType":"Patient","multipleBirthInteger":1e999}',
    b'{"resourceType":"Patient","multipleBirthInteger":' + b"9" * 5000 + b"}",
    b'{"resourceType":"Observation","valueQuantity":{"value":NaN}}',
    b'{"resourceType":"CareTeam","status":"active","subject":[],"participant":{"member":1}}',
    b'{"resourceType":"Communication","category":{"coding":5},"recipient":"x","status":"completed"}',
    b'{"resourceType":"Bundle","type":"transaction","entry":{}}',
    b'{"resourceType":"Bundle","type":"transaction","entry":[5]}',
    b'{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"PUT","url":"?"}}]}',
    b'{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"\\u0000"}}]}',
    b'{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"/////"}}]}',
    b'{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Patient?x=%ff"}}]}',
    b'{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"DELETE","url":"A?b=c"}}]}',
    b'{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"POST","url":"A"},"resource":[]}]}',
    b'{"resourceType":"Bundle","type":"collection"}',
    b'{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"POST","url":"Observation"},"resource":'
    b'{"resourceType":"Observation","subject":{"reference":"Patient?\\ud800"}}},{"request":{"method":"POST","url":'
    b'"Observation"},"resource":{"resourceType":"Observation","subject":{"reference":"urn:uuid:\xff"}}}]}',
    DEEP,
    NESTED,
    EXTENSION,
]
PATHS = [
    "Patient/%00",
    "Patient/..",
    "../etc",
    "Patient/é",
    "Patient/" + "a" * 5000,
    "_history/1",
    "%",
    "Patient//x",
    "Patient/\x00",
    "Patient?_id=%00",
    "Patient?name=%ff",
    "Patient?name=\x00",
    "Patient?name=%00",
    "Patient?_count=-1",
    "Patient?_count=99999999999999999999",
    "Patient?_cursor=x",
    "Patient?_cursor=W10",
    "Patient?_cursor=WzFd",
    "Patient?_sort=nothing",
    "Patient?birthdate=x",
    "Patient?birthdate=ge9999-12-31",
    "Patient?birthdate=lt0001",
    "Observation?value-quantity=1e999",
    "Observation?value-quantity=ap1",
    "Observation?code=" + "a," * 3000,
    "Patient?" + "a=b&" * 300,
    "Patient?name:contains=%25%25",
    "Patient?_has:a",
    "Patient?_has:Observation:patient:code=1",
    "Patient?_include=*",
    "Patient?_include=Patient:nothing",
    "Observation?subject:Nothing.name=x",
    "Patient/_history?_count=x",
    "Patient/_history?_cursor=2020~x",
    "_history?_since=0001-01-01T00:00:00Z",
    "_history?_cursor=9999-12-31T23:59:59Z~99999999999999999999",
    "Patient/amina/_history/99999999999",
    "Patient/amina/_history/٣",
    "Patient?_summary=x",
    "Patient?_total=x",
]


@pytest.mark.parametrize("who", ["program", "amina"])
def test_any_body(api: Call, who: str) -> None:
    for body in BODIES:
        for method, path in (
            ("POST", "Patient"),
            ("PUT", "Patient/x"),
            ("POST", ""),
            ("PUT", "Patient?_id=x"),
            ("POST", "CareTeam"),
            ("POST", "Communication"),
            ("POST", "Observation"),
            ("POST", "Binary"),
        ):
            said = api(method, path, body, who)
            assert said.status < 500, (method, path, body[:80])
            assert said.status == 200 or said.json["resourceType"] == "OperationOutcome", (
                method,
                path,
                body[:80],
            )


def test_any_path(api: Call) -> None:
    for path in PATHS:
        for who in ("program", "amina"):
            said = api("GET", path, who=who)
            assert said.status < 500, (who, path)
            assert said.json["resourceType"]


@pytest.mark.parametrize(
    ("rtype", "chain"),
    [
        ("Observation", "subject:Patient.general-practitioner:Practitioner.name=a"),
        ("Patient", "_has:Observation:patient:_has:Provenance:target:recorded=2020"),
    ],
)
def test_chains_are_counted(api: Call, rtype: str, chain: str) -> None:
    """A hundred of them took PostgreSQL eleven seconds to plan."""
    assert api("GET", f"{rtype}?" + "&".join([chain] * 25)).status == 200
    assert api("GET", f"{rtype}?" + "&".join([chain] * 26)).status == 400


def test_any_header(api: Call) -> None:
    odd = [
        "",
        "\x00",
        "W/",
        '"',
        'W/"-1"',
        'W/"99999999999999"',
        "*",
        "a" * 5000,
        "é",
        "x=\xff",
        "?",
        "a=%00",
        "&&&",
    ]
    for name in (
        "if_match",
        "if_none_match",
        "if_none_exist",
        "prefer",
        "accept",
        "host",
        "x_security_context",
    ):
        for value in odd:
            body = {"resourceType": "Patient", "id": "amina"}
            for method, path in (("PUT", "Patient/amina"), ("POST", "Patient"), ("GET", "Patient/amina")):
                assert api(method, path, body if method != "GET" else None, **{name: value}).status < 500, (
                    name,
                    value,
                )
    assert api("GET", "Patient/amina", who="x" * 10_000).status == 401
    assert api("GET", "Patient/amina", who="\xff\x00").status == 401


def test_bodies_broken_at_random(api: Call) -> None:
    rng = random.Random(7)
    whole = orjson.dumps(observation("x"))
    bundle = b'{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"POST",'
    bundle += b'"url":"Observation"},"resource":'
    for number in range(300):
        broken = bytearray(whole)
        for _ in range(rng.randrange(1, 4)):
            place = rng.randrange(len(broken))
            broken[place : place + rng.randrange(3)] = rng.randbytes(rng.randrange(3))
        raw = bytes(broken)
        said = api("POST", "" if number % 2 else "Observation", bundle + raw + b"}]}" if number % 2 else raw)
        assert said.status < 500, raw


def test_too_large(api: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "LARGEST", 1000)
    assert api("POST", "Patient", b" " * 1001).status == 413


MILLION = 1_000_000
MANY = {
    "entries that read": b'{"resourceType":"Bundle","type":"batch","entry":['
    + b",".join([b'{"request":{"method":"GET","url":""}}'] * 400_000)
    + b"]}",
    "entries of nothing": b'{"resourceType":"Bundle","type":"batch","entry":['
    + b",".join([b"{}"] * MILLION)
    + b"]}",
    "entries to store": b'{"resourceType":"Bundle","type":"collection","entry":['
    + b",".join([b'{"a":1}'] * MILLION)
    + b"]}",
    "names": b'{"resourceType":"Patient","name":[' + b",".join([b'{"text":"a"}'] * MILLION) + b"]}",
    "given names": b'{"resourceType":"Patient","name":[{"given":[' + b",".join([b'"a"'] * MILLION) + b"]}]}",
    "members": b'{"resourceType":"Patient",' + b",".join(b'"a%d":1' % n for n in range(MILLION)) + b"}",
}


@pytest.mark.parametrize("what", MANY)
def test_a_million_costs_little(api: Call, what: str) -> None:
    raw = MANY[what]
    for method, path in (
        ("POST", ""),
        ("POST", "Bundle"),
        ("POST", "Patient"),
        ("POST", "Patient/$validate"),
    ):
        began = time.process_time()
        said = api(method, path, raw)
        assert said.status in (400, 413), (method, path, said.status)
        assert time.process_time() - began < 1.0, (method, path)


def test_a_resource_has_no_more_index_rows_than_others_can_bear(
    api: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "MOST_ROWS", 50)
    body = {"resourceType": "Patient", "name": [{"text": f"name {number}"} for number in range(60)]}
    assert api("POST", "Patient", body).status == 413
    assert api("POST", "Patient", body | {"name": body["name"][:10]}).status == 201


def test_a_clash_of_two_writers_is_no_fault(api: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    from rapport.store import writing

    def clash(*_: Any) -> Any:
        raise psycopg.errors.UniqueViolation("index_date_pkey")

    monkeypatch.setattr(writing, "_create", clash)
    said = api("POST", "Patient", {"resourceType": "Patient"})
    assert said.status == 503 and said.headers["Retry-After"] == "1"
    assert "index_date" not in said.body.decode()


def test_the_last_resort_says_nothing_of_the_content(
    api: Call, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from rapport.fhir_api import app

    def broken(_: Any) -> Any:
        raise ValueError("ZEBRAFISH")

    monkeypatch.setattr(app, "route", broken)
    said = api("GET", "Patient/ZEBRAFISH")
    assert said.status == 500 and said.json["resourceType"] == "OperationOutcome"
    assert "ZEBRAFISH" not in caplog.text and "ValueError" in caplog.text
    assert b"ZEBRAFISH" not in said.body


def test_a_line_end_is_no_part_of_an_id(api: Call) -> None:
    assert (
        api("PUT", "Basic/one\n", {"resourceType": "Basic", "id": "one\n", "code": {"text": "x"}}).status
        == 400
    )
    assert api("GET", "Basic/one\n").status == api("DELETE", "Basic/one\n").status == 404
