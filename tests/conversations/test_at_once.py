"""Several people at the same moment, each on a connection of their own, with real commits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from rapport.fhir.outcomes import Refused
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people import site
from rapport.pillars.conversations import actions, reading
from tests.conversations.conftest import SITE
from tests.personas import AMINA, People, arrive

Made = Callable[[Actor], Door]


@pytest.fixture
def made(own_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Made]:
    """A door on a new connection, as the API has it: autocommit, its own transactions."""
    found = site.parse(SITE)
    monkeypatch.setattr(site, "current", lambda: found)
    open_ones: list[psycopg.Connection[Any]] = []

    def make(actor: Actor) -> Door:
        conn = psycopg.connect(own_database, autocommit=True)
        open_ones.append(conn)
        return Door(conn, actor, source="api")

    with psycopg.connect(own_database, autocommit=True) as conn:
        arrive(conn)
    yield make
    for conn in open_ones:
        conn.close()


def together(*acts: Callable[[], Any]) -> list[Any]:
    """Run these at the same moment; what each gave, or the refusal that it met."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        gate.wait(timeout=10)
        try:
            return act()
        except Refused as refused:
            return refused

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_a_form_sent_twice_at_once_is_one_letter(made: Made) -> None:
    people = People()
    doors = [made(people.amina) for _ in range(4)]
    sent = together(*(
        lambda mine=mine: actions.start(
            mine, once="one and the same", topic="health", text="Is it?", concerns=["Is it?"]
        )
        for mine in doors
    ))  # fmt: skip
    assert len(set(sent)) == 1 and isinstance(sent[0], actions.Sent)
    view = reading.conversation(made(people.amina), sent[0].conversation)
    assert len(view.letters) == 1 and len(view.concerns) == 1


def test_two_who_take_it_at_once_and_all_yes_at_once(made: Made) -> None:
    people = People()
    amina = made(people.amina)
    sent = actions.start(
        amina, once="three of them", topic="health", text="a? b? c?", concerns=["a?", "b?", "c?"]
    )
    took = together(
        *(
            lambda who=who: actions.take(made(who), concern=sent.concerns[0])
            for who in (people.chen, people.dara)
        )
    )
    assert sorted(type(one).__name__ for one in took) == ["NoneType", "Refused"]
    assert len(reading.concern(amina, sent.concerns[0]).happened) == 1

    actions.answer(
        made(people.chen),
        once="the answer",
        conversation=sent.conversation,
        concerns=sent.concerns,
        text="Yes.",
    )
    said = together(
        *(lambda rid=rid: actions.confirm(made(people.amina), concern=rid) for rid in sent.concerns)
    )
    assert said == [None, None, None]
    view = reading.conversation(amina, sent.conversation)
    assert {one.state for one in view.concerns} == {"heard"}
    assert amina.read("Communication", sent.conversation).json["status"] == "completed"


def test_two_answers_and_a_question_at_once(made: Made) -> None:
    people = People()
    sent = actions.start(made(people.amina), once="one of them", topic="health", text="a?", concerns=["a?"])
    together(
        lambda: actions.answer(
            made(people.chen),
            once="answer one",
            conversation=sent.conversation,
            concerns=sent.concerns,
            text="Yes.",
        ),
        lambda: actions.answer(
            made(people.dara),
            once="answer two",
            conversation=sent.conversation,
            concerns=sent.concerns,
            text="No.",
        ),
        lambda: actions.write_more(
            made(people.amina),
            once="question two",
            conversation=sent.conversation,
            text="b?",
            concerns=["b?"],
        ),
    )
    view = reading.conversation(made(people.amina), sent.conversation)
    assert sorted(one.state for one in view.concerns) == ["answered", "raised"]
    answered = next(one for one in view.concerns if one.state == "answered")
    letters = [one for one in view.letters if one.answers]
    assert len(letters) == len([event for event in answered.happened if event.code == "answered"]) >= 1
    assert view.patient.ref == AMINA
