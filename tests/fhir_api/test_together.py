"""Clients at the same time: nothing is lost silently, every acknowledged change is in the history."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from rapport.fhir_api import pool as connections
from rapport.gate.door import Door
from tests.fhir_api.conftest import Call, Said
from tests.personas import observation

pytestmark = pytest.mark.usefixtures("no_guards")


def test_changes_without_a_version_all_count(api: Call) -> None:
    api("PUT", "Observation/o1", observation("o1"))

    def change(number: int) -> Said:
        return api("PUT", "Observation/o1", observation("o1", value=str(100 + number)))

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(change, range(12)))
    good = [each for each in said if each.status == 200]
    assert {each.status for each in said} <= {200, 412} and len(good) >= 4
    history = api("GET", "Observation/o1/_history").json["entry"]
    stored = {entry["resource"]["meta"]["versionId"]: entry["resource"] for entry in history}
    for each in good:
        assert stored[each.json["meta"]["versionId"]] == each.json
    assert sorted(map(int, stored)) == list(range(1, len(good) + 2))


def test_changes_of_a_version_one_counts(api: Call) -> None:
    api("PUT", "Observation/o1", observation("o1"))

    def change(number: int) -> int:
        body = observation("o1", value=str(100 + number))
        return api("PUT", "Observation/o1", body, if_match='W/"1"').status

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(change, range(12)))
    assert sorted(said) == [200] + [412] * 11


def test_a_question_that_takes_too_long_is_given_up(api: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(_door: Door, *_asked: object) -> None:
        _door.conn.execute("SELECT pg_sleep(20)")

    monkeypatch.setattr(connections, "LONGEST_STATEMENT", 1)
    monkeypatch.setattr(Door, "read", slow)
    said = api("GET", "Patient/amina", who="amina")
    assert said.status == 503
    assert "Ask for less" in said.json["issue"][0]["diagnostics"]
    monkeypatch.undo()
    assert api("GET", "Patient/amina", who="amina").status == 200
