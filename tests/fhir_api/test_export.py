"""Bulk export: what leaves, for whom, as of when; stopped and gone on with; over and deleted."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest
from django.conf import settings

from rapport.fhir_api import export_files, tasks
from rapport.people import tokens as made
from rapport.people.models import Client
from tests.fhir_api.conftest import Call, Said
from tests.personas import EVE, conversation, observation

pytestmark = pytest.mark.usefixtures("no_guards", "data_dir")

LAB = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}]
}


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)
    yield tmp_path


def token(scopes: str, client: str = "") -> str:
    """A token of a new client, or of one that is there already."""
    one = Client.objects.get(pk=client) if client else made.add_client("Bulk", scopes, "tests")[0]
    return made.issue_to_client(one, scopes)


def begin(
    api: Call, path: str = "$export", who: str = "program", method: str = "GET", body: Any = None
) -> str:
    said = api(method, path, body, who=who, prefer="respond-async")
    assert said.status == 202, said.body
    return said.headers["Content-Location"].removeprefix("http://testserver/fhir/")


def run(place: str) -> None:
    tasks.export(place.partition("/")[2])


def fetched(api: Call, place: str, who: str = "program") -> dict[str, list[dict[str, Any]]]:
    """Type → resources of an export that is done."""
    manifest = api("GET", place, who=who)
    assert manifest.status == 200, manifest.body
    found = {}
    for each in manifest.json["output"]:
        said = api("GET", each["url"].removeprefix("http://testserver/fhir/"), who=who)
        assert said.status == 200 and said.headers["Content-Type"] == "application/fhir+ndjson"
        assert int(said.headers["Content-Length"]) == len(said.body)
        found[each["type"]] = [orjson.loads(line) for line in said.body.splitlines()]
        assert len(found[each["type"]]) == each["count"]
    return found


def ids(found: dict[str, list[dict[str, Any]]], rtype: str = "Observation") -> set[str]:
    return {one["id"] for one in found.get(rtype, ())}


def export(api: Call, path: str = "$export", who: str = "program") -> dict[str, list[dict[str, Any]]]:
    place = begin(api, path, who)
    run(place)
    return fetched(api, place, who)


def store(api: Call) -> None:
    for number in range(5):
        api("PUT", f"Observation/o{number}", observation(f"o{number}"))
    api("PUT", "Observation/lab", observation("lab") | {"category": [LAB]})
    api("PUT", "Observation/eves", observation("eves", patient=EVE))
    for name, system, code in (("note", "urn:rapport:label", "staff-only"), ("odd", "urn:unheard", "of")):
        label = {"meta": {"security": [{"system": system, "code": code}]}}
        api("PUT", f"Observation/{name}", observation(name) | label)


def test_all_that_may_leave_leaves_once(api: Call) -> None:
    store(api)
    place = begin(api)
    waiting = api("GET", place)
    assert waiting.status == 202 and waiting.headers["X-Progress"] and waiting.headers["Retry-After"]
    run(place)
    done = api("GET", place)
    assert (
        done.status == 200 and done.headers["Content-Type"] == "application/json" and done.headers["Expires"]
    )
    assert (
        done.json["request"] == "http://testserver/fhir/$export" and done.json["requiresAccessToken"] is True
    )
    found = fetched(api, place)
    assert ids(found) == {"o0", "o1", "o2", "o3", "o4", "lab", "eves"}  # no staff note, no unknown label
    assert {"Patient", "Practitioner", "Organization", "CareTeam"} <= set(found)
    assert found["Observation"][0] == api("GET", f"Observation/{found['Observation'][0]['id']}").json
    assert api("DELETE", place).status == 202
    for path in (place, f"{place}/Patient.ndjson"):
        assert api("GET", path).status == 404
    assert api("DELETE", place).status == 404


def test_by_patient_by_group_by_type_by_filter_by_time(api: Call) -> None:
    store(api)
    assert set(export(api, "Patient/$export")) == {"CareTeam", "Observation", "Patient", "RelatedPerson"}
    members = [
        {"entity": {"reference": EVE}},
        {"entity": {"reference": "Patient/amina"}, "inactive": True},
        {"entity": {"reference": "Practitioner/chen"}},
    ]
    group = {"resourceType": "Group", "type": "person", "actual": True}
    api("PUT", "Group/g", group | {"id": "g", "member": members})
    api("PUT", "Group/none", group | {"id": "none"})
    found = export(api, "Group/g/$export")
    assert ids(found) == {"eves"} and ids(found, "Patient") == {"eve"}
    assert export(api, "Group/none/$export") == {}
    assert set(export(api, "$export?_type=Patient,Group")) == {"Patient", "Group"}
    some = export(api, "$export?_type=Observation,Patient&_typeFilter=Observation%3Fcategory%3Dlaboratory")
    assert ids(some) == {"lab"} and len(some["Patient"]) == 2
    either = "Observation%3Fcategory%3Dlaboratory,Observation%3Fsubject%3DPatient/eve"
    assert ids(export(api, f"$export?_typeFilter={either}")) == {"lab", "eves"}
    since = api("GET", "Observation/o4").json["meta"]["lastUpdated"]
    assert ids(export(api, f"$export?_since={since}")) == {"lab", "eves"}
    asked = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "_since", "valueInstant": since},
            {"name": "_type", "valueString": "Observation"},
        ],
    }
    place = begin(api, method="POST", body=asked)
    run(place)
    assert ids(fetched(api, place)) == {"lab", "eves"}


def test_only_the_program_that_asked_has_it(api: Call) -> None:
    store(api)
    limited = token("system/Observation.rs?category=laboratory system/Patient.rs")
    found = export(api, who=limited)
    assert set(found) == {"Observation", "Patient"} and ids(found) == {"lab"}
    assert ids(export(api, "Patient/$export", who=limited)) == {"lab"}
    place = begin(api, who=limited)
    run(place)
    client = Client.objects.get(name="Bulk").pk
    for who in ("program", "amina", "chen", "root"):
        for method, path in (("GET", place), ("GET", f"{place}/Patient.ndjson"), ("DELETE", place)):
            assert api(method, path, who=who).status == 404
    fewer = made.issue_to_client(Client.objects.get(pk=client), "system/Patient.rs")
    assert api("GET", f"{place}/Patient.ndjson", who=fewer).status == 200
    assert api("GET", f"{place}/Observation.ndjson", who=fewer).status == 404
    for path in (
        "../secrets.env",
        "..%2fPatient.ndjson",
        "Patient",
        "Observation.ndjson.ndjson",
        "Task.ndjson",
    ):
        assert api("GET", f"{place}/{path}", who=limited).status == 404
    assert api("GET", f"{place}/Patient.ndjson", who="").status == 401
    for who in ("amina", "chen", "root"):
        assert api("GET", "$export", who=who, prefer="respond-async").status == 403
    assert api("GET", "$export?_type=Task", who=limited, prefer="respond-async").status == 403
    assert api("GET", "Group/none/$export", who=limited, prefer="respond-async").status == 404


def test_a_closed_program_gets_nothing_more(
    api: Call, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(api)
    monkeypatch.setattr(tasks, "PAGE", 2)
    who = token("system/Observation.rs")
    place = begin(api, who=who)
    tasks.step(place.partition("/")[2])
    client = Client.objects.get(name="Bulk").pk
    made.remove_client(client, "tests")
    assert api("GET", place, who=who).status == 401
    again = begin(api, who="program")
    run(place)
    assert [folder.name for folder in (data_dir / "exports").glob("*")] == []
    run(again)
    assert [folder.name for folder in (data_dir / "exports").glob("*")] == [again.partition("/")[2]]


def test_it_is_the_record_of_one_moment(
    api: Call, own_database: str, monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    """Whatever is written meanwhile, and however often it is stopped: each version of that moment, once."""
    store(api)
    before = api("GET", "Observation/o4").json
    monkeypatch.setattr(tasks, "PAGE", 2)
    monkeypatch.setattr(tasks, "SECONDS", 0.0)
    time.sleep(0.005)
    place = begin(api, "$export?_type=Observation")
    for number in range(6):
        run(place)  # each time one page
        api("PUT", f"Observation/o{4 - number % 5}", observation(f"o{4 - number % 5}", value=str(number)))
        api("PUT", f"Observation/late{number}", observation(f"late{number}"))
        if number == 0:
            api("DELETE", "Observation/eves")
    with psycopg.connect(own_database, autocommit=True) as conn:
        jobs = conn.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'fhir_api.export'"
        ).fetchone()
    assert jobs == (1,)  # one that waits, whatever said so
    while api("GET", place).status == 202:
        run(place)
    found = fetched(api, place)["Observation"]
    assert sorted(one["id"] for one in found) == ["lab", "o0", "o1", "o2", "o3", "o4"]
    assert [one for one in found if one["id"] == "o4"] == [before]


def test_torn_files_are_made_anew(api: Call, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store(api)
    monkeypatch.setattr(tasks, "PAGE", 3)
    place = begin(api, "$export?_type=Observation")
    export_id = place.partition("/")[2]
    assert tasks.step(export_id)
    file = export_files.path_of(export_id, "Observation")
    assert file.stat().st_mode & 0o777 == 0o600 and file.parent.stat().st_mode & 0o777 == 0o700
    with file.open("ab") as torn:  # a page that was written but never noted
        torn.write(b"half a line")
    assert tasks.step(export_id)
    os.truncate(file, 5)  # and one that was noted but is not there
    run(place)
    assert len(fetched(api, place)["Observation"]) == 7


def test_what_is_over_is_gone(
    api: Call, own_database: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(api)
    monkeypatch.setattr(export_files, "NEW", -1)
    place, other = begin(api), begin(api, "Patient/$export")
    run(place)
    with psycopg.connect(own_database, autocommit=True) as conn:
        (kept,) = (
            conn.execute("SELECT max(ends_at - now()) FROM bulk_export WHERE state = 'done'").fetchone() or ()
        )
        assert 3500 < kept.total_seconds() <= 3600
        conn.execute("UPDATE bulk_export SET ends_at = now() WHERE state = 'done'")
        assert api("GET", place).status == api("GET", f"{place}/Patient.ndjson").status == 404
        conn.execute("DELETE FROM procrastinate_jobs")
        tasks.sweep()
        assert list((data_dir / "exports").iterdir()) == []
        waiting = conn.execute(
            "SELECT args FROM procrastinate_jobs WHERE task_name = 'fhir_api.export'"
        ).fetchall()
        assert waiting == [({"export": other.partition("/")[2]},)]
        conn.execute("UPDATE bulk_export SET tries = 5")
    run(other)
    failed: Said = api("GET", other)
    assert failed.status == 500 and failed.json["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("$export?_outputFormat=text/csv", 400),
        ("$export?_outputFormat=application/fhir%2Bndjson", 202),
        ("$export?_type=Nothing", 400),
        ("$export?bogus=1", 400),
        ("$export?_since=soon", 400),
        ("$export?_typeFilter=Observation", 400),
        ("$export?_typeFilter=Observation%3Fbogus%3D1", 400),
        ("$export?_typeFilter=Observation%3Fpatient.name%3Da", 400),
        ("$export?_type=Patient&_typeFilter=Observation%3Fstatus%3Dfinal", 400),
        ("Patient/$export?_type=Organization", 400),
        ("Patient/amina/$export", 404),
        ("Group/nobody/$export", 404),
        ("Observation/$export", 404),
    ],
)
def test_kick_offs(api: Call, path: str, status: int) -> None:
    assert api("GET", path, prefer="respond-async").status == status


def test_a_program_has_so_many_at_once(api: Call) -> None:
    assert api("GET", "$export").status == 400
    assert api("GET", "$export?bogus=1", prefer="respond-async, handling=lenient").status == 202
    assert api("GET", "$export", prefer="respond-async").status == 202
    assert api("GET", "$export", prefer="respond-async").status == 429
    assert api("GET", "_export/made-up").status == 404


def test_it_is_in_the_log(api: Call, own_database: str) -> None:
    api("PUT", "Communication/c1", conversation("c1"))
    place = begin(api)
    run(place)
    fetched(api, place)
    with psycopg.connect(own_database, autocommit=True) as conn:
        rows = conn.execute("SELECT ref, source, query, entities FROM audit ORDER BY id").fetchall()
    assert any("s Communication/c1/_history/1" in row[3] and row[1] == "export" for row in rows)
    assert {row[0] for row in rows if row[1] == "export"} == {f"Device/{Client.objects.get().pk}"}
    assert any(row[2].endswith("$export") for row in rows) and any(
        "Communication.ndjson" in row[2] for row in rows
    )
