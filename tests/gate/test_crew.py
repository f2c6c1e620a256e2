"""Several processes import as one would: what touches waits, what does not goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command

from rapport.gate.claims import KIND
from rapport.gate.crew import Crew, Reach, reach_of
from rapport.gate.importing import Counts, Import, Job

Json = dict[str, Any]


def text(*entries: Json, kind: str = "transaction") -> bytes:
    return json.dumps({"resourceType": "Bundle", "type": kind, "entry": list(entries)}).encode()


def asked(method: str, url: str, body: Json | None = None, **more: str) -> Json:
    return {"request": {"method": method, "url": url, **more}, **({"resource": body} if body else {})}


OBSERVED = {"resourceType": "Observation", "status": "final", "code": {"text": "weight"}}
BY_CONDITION = {**OBSERVED, "performer": [{"reference": "Practitioner?identifier=a|1"}]}
REACHES: list[tuple[bytes, Reach]] = [
    (b"{", Reach()),
    (b'{"resourceType":"Patient","id":"1"}', Reach(frozenset({"Patient"}), names=frozenset({"Patient/1"}))),
    (text(asked("POST", "Observation", OBSERVED)), Reach(frozenset({"Observation"}))),
    (
        text(asked("POST", "Observation", BY_CONDITION)),
        Reach(frozenset({"Observation"}), frozenset({"Practitioner"})),
    ),
    (
        text(asked("PUT", "Patient/1", {"resourceType": "Patient", "id": "1"}), asked("DELETE", "Task/2")),
        Reach(frozenset({"Patient", "Task", ""}), names=frozenset({"Patient/1", "Task/2"})),
    ),
    (
        text(asked("POST", "Patient", {"resourceType": "Patient"}, ifNoneExist="identifier=a|1")),
        Reach(frozenset({"Patient"}), frozenset({"Patient"})),
    ),
    (
        text(asked("DELETE", "Observation?code=1")),
        Reach(frozenset({"Observation", ""}), frozenset({"Observation"})),
    ),
    (text({"resource": {"resourceType": "Patient", "id": "3"}}, kind="collection"),
     Reach(frozenset({"Patient"}), names=frozenset({"Patient/3"}))),
    (text(asked("POST", "Task", {"resourceType": "Task", "code": {"coding": [{"system": KIND}]}})),
     Reach(alone=True)),
    (b'{"resourceType":"Task","for":{"reference":"\\u0050atient?identifier=1"}}', Reach(alone=True)),
    (b'{"resourceType":"Task","for":{"reference":"Patient?general-practitioner.name=x"}}', Reach(alone=True)),
    (text(asked("DELETE", "Observation?patient.identifier=1")), Reach(alone=True)),
    (text(asked("DELETE", "Patient?_id=1&_has:Task:patient:code=1")), Reach(alone=True)),
    (
        text(asked("POST", "Patient", {"resourceType": "Patient"}, ifNoneExist="Patient?link%2Ename=x")),
        Reach(alone=True),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "reach"), REACHES)
def test_the_reach_of_a_job(raw: bytes, reach: Reach) -> None:
    assert reach_of([raw], ()) == reach


@pytest.mark.parametrize(
    ("one", "other", "touches"),
    [
        (Reach(frozenset("a")), Reach(frozenset("a")), False),
        (Reach(frozenset("a")), Reach(frozenset("b"), frozenset("a")), True),
        (Reach(frozenset("b"), frozenset("a")), Reach(frozenset("b"), frozenset("a")), False),
        (Reach(names=frozenset({"Patient/1"})), Reach(names=frozenset({"Patient/1"})), True),
        (Reach(names=frozenset({b"hash"})), Reach(names=frozenset({b"hash"})), True),
        (Reach(alone=True), Reach(), True),
    ],
)
def test_what_touches(one: Reach, other: Reach, touches: bool) -> None:
    assert one.touches(other) is touches
    assert other.touches(one) is touches


class Broken(Import):
    """A door whose process ends in the middle of a job."""

    def __init__(self) -> None:
        pass

    def do(self, job: Job, counts: Counts) -> None:
        raise SystemExit(3)


def test_a_process_that_ends_is_said() -> None:
    crew = Crew(2, Broken)
    with pytest.raises(RuntimeError, match="import the same again"):
        list(crew.run([Job("a", (b"{}",)), Job("b", (b"[]",))]))
    crew.close()


def put(number: int, gender: str, born: int) -> Json:
    body = {"resourceType": "Patient", "id": f"p{number}", "gender": gender, "birthDate": f"{1900 + born}"}
    return asked("PUT", f"Patient/p{number}", body)


def test_the_later_file_wins_and_refusals_come_in_order(
    own_database: str, django_db_blocker: Any, tmp_path: Path
) -> None:
    """Sixteen files about the same people, one after the other; each third is refused."""
    for number in range(16):
        entries = [put(person, ["female", "male", "odd"][number % 3], number) for person in range(20)]
        (tmp_path / f"{number:02}.json").write_bytes(text(*entries))
    people = (
        {"resourceType": "Patient", "id": f"q{n % 600}", "birthDate": f"19{n // 600}0"} for n in range(1800)
    )
    (tmp_path / "lines.ndjson").write_text("\n".join(map(json.dumps, people)))
    run: Callable[[], AbstractContextManager[None]] = django_db_blocker.unblock
    out = StringIO()
    with run(), pytest.raises(SystemExit):
        call_command("import", str(tmp_path), "--json", stdout=out)
    said = json.loads(out.getvalue())
    refused = [refusal["file"][-7:-5] for refusal in said["refusals"]]
    assert refused == ["02", "05", "08", "11", "14"]
    assert said["stored"] == 11 * 20 + 1800
    with psycopg.connect(own_database) as conn:
        found = conn.execute("SELECT rid, vid, body::json->>'birthDate' FROM resource").fetchall()
    by_id = {row[0]: row[1:] for row in found}
    assert all(by_id[f"p{number}"] == (11, "1915") for number in range(20))
    assert all(by_id[f"q{number}"] == (3, "1920") for number in range(600))
