"""`$import` over HTTP: lines and bundles, in the name of the program that sends them."""

from __future__ import annotations

import io
from typing import Any

import orjson
import pytest

from rapport.fhir.outcomes import Refused
from rapport.fhir_api import imports
from rapport.fhir_api.http import LARGEST, PIECE, Request
from rapport.people import tokens as made
from tests.fhir_api.conftest import Call, Said
from tests.personas import observation

NDJSON = "application/fhir+ndjson"


def lines(*bodies: Any) -> bytes:
    return b"\n".join(orjson.dumps(body) for body in bodies) + b"\n"


def told(said: Said) -> tuple[int, int, int]:
    assert said.status == 200, said.body
    found = {each["name"]: each.get("valueUnsignedInt") for each in said.json["parameter"]}
    return found["stored"], found["unchanged"], found["refused"]


def outcome(said: Said) -> list[str]:
    return [issue["diagnostics"] for issue in said.json["parameter"][3]["resource"]["issue"]]


def test_lines_and_bundles(api: Call) -> None:
    good = lines(*(observation(f"o{number}") for number in range(30)))
    assert told(api("POST", "$import", good, media=NDJSON)) == (30, 0, 0)
    assert told(api("POST", "$import", good, media=NDJSON)) == (0, 30, 0)
    mixed = (
        lines(observation("m1"), {"resourceType": "Observation", "bogus": 1}, observation("m2")) + b"\n{\n"
    )
    said = api("POST", "$import", mixed, media=NDJSON)
    assert told(said) == (2, 0, 2)
    assert sorted(text.partition(":")[0] for text in outcome(said)) == ["line 2", "line 5"]
    assert api("GET", "Observation/m2").status == 200
    collection = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": observation("b1")}]}
    assert told(api("POST", "$import", collection)) == (1, 0, 0)
    assert told(api("POST", "$import", observation("b2"))) == (1, 0, 0)
    assert told(api("POST", "$import", b"{")) == (0, 0, 1)
    assert told(api("POST", "$import", b"\n\n", media=NDJSON)) == (0, 0, 0)


def test_a_program_imports_what_its_scopes_let_it_write(api: Call) -> None:
    client, _ = made.add_client("Lab", "system/Observation.cruds?status=final", "tests")
    lab = made.issue_to_client(client, client.scopes)
    body = lines(
        observation("a"),
        observation("b") | {"status": "preliminary"},
        {"resourceType": "Patient", "id": "amina"},
    )
    assert told(api("POST", "$import", body, who=lab, media=NDJSON)) == (1, 0, 2)
    assert api("GET", "Patient/amina").headers["ETag"] == 'W/"1"'
    reader = made.issue_to_client(client, "system/Observation.rs?status=final")
    assert told(api("POST", "$import", lines(observation("c")), who=reader, media=NDJSON)) == (0, 0, 1)
    for who in ("amina", "chen", "root"):
        assert api("POST", "$import", lines(observation("d")), who=who, media=NDJSON).status == 403


def test_nothing_is_fetched_and_nothing_odd_is_taken(api: Call) -> None:
    asked = {
        "resourceType": "Parameters",
        "parameter": [{"name": "input", "part": [{"name": "url", "valueUri": "http://169.254.169.254/"}]}],
    }
    assert api("POST", "$import", asked).status == 422
    assert api("POST", "$import", b"<x/>", media="application/fhir+xml").status == 415
    assert api("POST", "$import", b"x", media=NDJSON, content_encoding="gzip").status == 415
    assert api("GET", "$import").status == 405


def test_much_that_is_wrong_is_given_up(api: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "MOST_REFUSALS", 3)
    monkeypatch.setattr(imports, "LINES", 2)
    said = api("POST", "$import", b"x\n" * 50, media=NDJSON)
    assert told(said) == (0, 0, 5) and "left" in outcome(said)[-1]


def request(body: bytes, **environ: str) -> Request:
    return Request(
        {"REQUEST_METHOD": "POST", "PATH_INFO": "/fhir", "wsgi.input": io.BytesIO(body), **environ}
    )


def test_an_upload_is_read_in_pieces() -> None:
    body = b"a\n\r\n" + b"b" * (PIECE + 5) + b"\n" + b"c" * 10
    found = list(imports._chunks(request(body, CONTENT_LENGTH=str(len(body)))))
    assert [(number, len(line)) for chunk in found for number, line in chunk] == [
        (1, 1),
        (3, PIECE + 5),
        (4, 10),
    ]
    chunked = request(body, HTTP_TRANSFER_ENCODING="chunked")
    assert [number for chunk in imports._chunks(chunked) for number, _ in chunk] == [1, 3, 4]
    assert list(imports._chunks(request(body))) == []
    for bad in (
        request(b"", CONTENT_LENGTH=str(imports.UPLOAD + 1)),
        request(b"", CONTENT_LENGTH="-1"),
        request(b"x" * (LARGEST + PIECE + 1), CONTENT_LENGTH=str(LARGEST + PIECE + 1)),
    ):
        with pytest.raises(Refused):
            list(imports._chunks(bad))
