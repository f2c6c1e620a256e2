"""Several at once: nothing is lost, nothing is made twice, nobody waits for ever."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import psycopg
import pytest
from psycopg import Connection

from rapport.fhir.outcomes import Refused
from rapport.gate import live
from rapport.gate.door import Door
from tests.personas import AMINA, People, arrive, conversation, message


@pytest.fixture
def together(own_database: str) -> Callable[[list[Callable[[Connection[Any]], Any]]], list[Any]]:
    """Runs functions at the same moment, each on a connection of its own; what they gave or were refused."""
    with psycopg.connect(own_database) as first:
        arrive(first)

    def run(acts: list[Callable[[Connection[Any]], Any]]) -> list[Any]:
        gate = threading.Barrier(len(acts))

        def one(act: Callable[[Connection[Any]], Any]) -> Any:
            with psycopg.connect(own_database, autocommit=True) as conn:
                gate.wait(10)
                try:
                    return act(conn)
                except Refused as refused:
                    return refused.code

        with ThreadPoolExecutor(len(acts)) as pool:
            return list(pool.map(one, acts, timeout=60))

    return run


def test_one_of_many_changes_of_a_version_is_taken(together: Any) -> None:
    def begin(conn: Connection[Any]) -> Any:
        return Door(conn, People.amina).create(conversation("c1"), rid="c1")

    def change(number: int) -> Callable[[Connection[Any]], Any]:
        def act(conn: Connection[Any]) -> Any:
            body = conversation("c1") | {"topic": {"text": str(number)}}
            return Door(conn, People.amina).update(body, if_match=1)

        return act

    together([begin])
    said = together([change(number) for number in range(8)])
    assert Counter(each if isinstance(each, str) else "taken" for each in said) == {"taken": 1, "stale": 7}


def test_a_conditional_create_creates_once(together: Any) -> None:
    condition = "identifier=urn:x|1"
    person = {"resourceType": "Patient", "identifier": [{"system": "urn:x", "value": "1"}]}

    def create(conn: Connection[Any]) -> Any:
        return Door(conn, People.program).create_or_find(person, if_none_exist=condition)

    def bundle(conn: Connection[Any]) -> Any:
        request = {"method": "POST", "url": "Patient", "ifNoneExist": condition}
        raw = orjson.dumps(
            {
                "resourceType": "Bundle",
                "type": "transaction",
                "entry": [{"resource": person, "request": request}],
            }
        )
        return Door(conn, People.program).bundle(raw)

    said = together([create, bundle] * 4)
    made = [each[1] if isinstance(each, tuple) else b"201" in each for each in said]
    assert sum(made) == 1
    (found,) = together([lambda conn: Door(conn, People.program).search("Patient", condition).matches])
    assert len(found) == 1


def test_a_double_click_is_one_message(together: Any) -> None:
    def click(conn: Connection[Any]) -> Any:
        door = Door(conn, People.amina)
        with door.unit():
            door.create(conversation("c1"), rid="c1")
            door.create(message("m1", "c1", "Hello"), rid="m1")
        return "sent"

    said = together([click] * 6)
    assert Counter(said) == {"sent": 1, "conflict": 5}


def test_every_unit_counts_its_topics_up(together: Any) -> None:
    topics = [f"team:Organization/{number}" for number in range(20)]

    def act(turned: bool) -> Callable[[Connection[Any]], Any]:
        def change(conn: Connection[Any]) -> Any:
            door = Door(conn, People.amina)
            for _ in range(5):
                with door.unit():
                    door.changed(*(topics if turned else reversed(topics)))
                    door.create(conversation("x"))
            return "done"

        return change

    assert together([act(False), act(True)] * 4) == ["done"] * 8
    (total,) = together([lambda conn: live.state(conn, topics)])
    (mine,) = together([lambda conn: live.state(conn, [f"patient:{AMINA}"])])
    assert (total, mine) == (20 * 40, 40)
