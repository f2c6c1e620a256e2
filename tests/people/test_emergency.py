"""The page for emergencies: it opens one record for an hour; they are told, and somebody looks into it."""

from __future__ import annotations

from typing import Any

import pytest

from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people import asking
from rapport.people.models import Notice
from tests import personas

from .conftest import Accounts, Clock, signed_in, words_of

SAID = {"family": "Haddad", "birth_date": "14 3 1968", "reason": "Unconscious in our waiting room."}


@pytest.fixture
def record(people: Accounts) -> Door:
    door = asking.at_work("tests")
    door.create(personas.observation("o1"), rid="o1")
    return door


def test_it_opens_one_record_for_an_hour(people: Accounts, record: Door, clock: Clock) -> None:
    eve = signed_in(people, people.eve_staff)
    assert eve.get("/people/amina/").status_code == 404
    answer = eve.post("/emergency/", SAID)
    assert answer["Location"] == "/people/amina/"
    assert "Amina Haddad" in words_of(eve.get("/people/amina/"))
    assert "Unconscious" not in words_of(eve.get("/people/amina/")), "why is for the log and the reviewer"
    purposes = [entry.purpose for entry in _log() if entry.ref == personas.EVE_STAFF]
    assert "ETREAT" in purposes
    assert "open to you until" in words_of(eve.get("/emergency/"))
    clock.turn(61)
    again = signed_in(people, people.eve_staff)
    assert again.get("/people/amina/").status_code == 404


def test_it_is_ended_by_who_opened_it(people: Accounts, record: Door) -> None:
    eve = signed_in(people, people.eve_staff)
    eve.post("/emergency/", SAID)
    (task,) = _tasks("emergency-access")
    assert signed_in(people, people.dara).post(f"/emergency/{task['id']}/end/").status_code == 404
    assert eve.post(f"/emergency/{task['id']}/end/").status_code == 302
    assert eve.get("/people/amina/").status_code == 404
    assert "open to you until" not in words_of(eve.get("/emergency/"))


def test_they_are_told_and_somebody_looks_into_it(people: Accounts, record: Door) -> None:
    signed_in(people, people.eve_staff).post("/emergency/", SAID)
    told = Notice.objects.filter(kind="emergency")
    assert {notice.person for notice in told} == {personas.AMINA, personas.CHEN}, (
        "she leads: nobody else has it"
    )
    chen = signed_in(people, people.chen)
    page = words_of(chen.get("/emergency/"))
    assert "Eve Marsh opened the record of Amina Haddad" in page and "waiting room" in page
    assert "waiting room" not in words_of(signed_in(people, people.dara).get("/emergency/"))
    (task,) = _tasks("emergency-review")
    chen.post(f"/emergency/{task['id']}/reviewed/", {"found": "Right: she was unconscious."})
    assert "waiting room" not in words_of(chen.get("/emergency/"))
    (task,) = _tasks("emergency-review")
    assert task["status"] == "completed"


def test_nobody_looks_into_what_they_opened_themselves(people: Accounts, record: Door) -> None:
    signed_in(people, people.chen).post("/emergency/", SAID)
    told = Notice.objects.filter(kind="emergency")
    assert {notice.person for notice in told} == {personas.AMINA}, (
        "who leads opened it, and there is no other"
    )
    (task,) = _tasks("emergency-review")
    assert "owner" not in task
    assert "waiting room" not in words_of(signed_in(people, people.chen).get("/emergency/"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"family": "Hadda"},
        {"family": "Nobody"},
        {"birth_date": "15 3 1968"},
        {"birth_date": ""},
        {"reason": "why not"},
        {"family": "*"},
    ],
)
def test_it_is_no_way_to_look_around(people: Accounts, record: Door, wrong: dict[str, Any]) -> None:
    answer = signed_in(people, people.eve_staff).post("/emergency/", SAID | wrong)
    assert answer.status_code == 422
    assert not _tasks("emergency-access")


@pytest.mark.parametrize("who", ["amina", "eve"])
def test_it_is_for_those_who_work_here(people: Accounts, record: Door, who: str) -> None:
    client = signed_in(people, getattr(people, who))
    assert client.get("/emergency/").status_code == client.post("/emergency/", SAID).status_code == 404


def _tasks(code: str) -> list[dict[str, Any]]:
    found = asking.at_work("tests").search("Task", f"code=urn:rapport:kind|{code}").matches
    return [record.json for record in found]


def _log() -> Any:
    own = Actor("patient", personas.AMINA, "Amina Haddad", "patient", patients=(personas.AMINA,))
    return Door(asking.conn(), own).log(personas.AMINA)
