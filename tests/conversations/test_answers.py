"""How many questions had their answer in time: of one's teams and oneself; of everybody for who leads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.pillars.conversations import actions, reading
from tests.conversations.conftest import MONDAY, Clock
from tests.personas import People

Doors = Callable[[Actor], Door]


def _ask(mine: Door, *words: str) -> actions.Sent:
    return actions.start(
        mine, once=f"about {words}", topic="health", text=" ".join(words), concerns=list(words)
    )


def _answer(by: Door, sent: actions.Sent, *concerns: str) -> None:
    once = f"answer {concerns}"
    actions.answer(by, once=once, conversation=sent.conversation, concerns=list(concerns), text="Yes.")


def _said(lines: tuple[reading.AnswersLine, ...]) -> list[tuple[str, int, int, int]]:
    return [(line.face.name, line.asked, line.in_time, line.heard) for line in lines]


def test_answers_in_time(door: Doors, people: People, clock: Clock) -> None:
    amina, chen, dara = door(people.amina), door(people.chen), door(people.dara)
    clock.to(MONDAY)
    sent = _ask(amina, "One?", "Two?", "Three?", "Four?")
    assert reading.answers(chen).teams == ()  # nothing is due yet
    clock.on(minutes=30)
    _answer(chen, sent, sent.concerns[0])
    actions.confirm(amina, concern=sent.concerns[0])
    actions.take_question_back(amina, concern=sent.concerns[3])
    clock.to(MONDAY + timedelta(days=14))
    _answer(dara, sent, sent.concerns[1])  # too late; the third has no answer at all
    plain = replace(people.chen, duties=frozenset())
    found = reading.answers(door(plain))
    assert _said(found.teams) == [("Harbour Street", 3, 1, 1)]
    assert _said(found.people) == [("Mei Chen", 1, 1, 1)]
    led = reading.answers(door(replace(people.chen, duties=frozenset({"lead"}))))
    assert _said(led.people) == [("Dara Okafor", 1, 0, 0), ("Mei Chen", 1, 1, 1)] and not led.cut
    clock.to(MONDAY + timedelta(days=40))
    assert reading.answers(chen).teams == ()  # long ago


def test_other_teams_and_patients_see_none(door: Doors, people: People, clock: Clock) -> None:
    clock.to(MONDAY)
    _ask(door(people.amina), "One?")
    clock.to(MONDAY + timedelta(days=14))
    assert reading.answers(door(people.eve_staff)).teams == ()
    assert reading.answers(door(people.amina)).teams == ()
