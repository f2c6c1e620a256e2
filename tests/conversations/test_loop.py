"""The heard loop from the first letter to the last yes, through the door, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from rapport.fhir.outcomes import Refused
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.pillars.conversations import actions, reading
from tests.conversations.conftest import Clock, task
from tests.personas import People

Doors = Callable[[Actor], Door]


def test_three_concerns_are_three_tasks_with_clocks(door: Doors, people: People, three: actions.Sent) -> None:
    view = reading.conversation(door(people.amina), three.conversation)
    assert [concern.words for concern in view.concerns] == [
        "Is that the tablet?", "Do I still take my old one?", "Can I fly in May?",
    ]  # fmt: skip
    assert {concern.state for concern in view.concerns} == {"raised"}
    assert {concern.due for concern in view.concerns} == {datetime(2026, 6, 15, 14, 0, tzinfo=UTC)}
    assert {concern.answer_by for concern in view.concerns} == {datetime(2026, 6, 17, 10, 0, tzinfo=UTC)}
    assert view.is_open and view.title == "Is that the tablet?"
    assert view.letters[0].raises == three.concerns and view.letters[0].by.you


def test_the_whole_loop(door: Doors, people: People, three: actions.Sent, clock: Clock) -> None:
    amina, chen = door(people.amina), door(people.chen)
    one, two, fly = three.concerns
    clock.on(minutes=20)
    actions.take(chen, concern=one)
    seen = reading.concern(amina, one)
    assert seen.state == "accepted" and seen.owner is not None
    assert (seen.owner.name, seen.owner.role) == ("Mei Chen", "GP")
    assert seen.due == datetime(2026, 6, 17, 10, 0, tzinfo=UTC)

    answered = actions.answer(
        chen,
        once="an answer",
        conversation=three.conversation,
        concerns=(one, two),
        text="Yes. And leave it out.",
    )
    assert [reading.concern(amina, rid).state for rid in (one, two, fly)] == [
        "answered",
        "answered",
        "raised",
    ]
    header = amina.read("Communication", three.conversation).json
    with pytest.raises(Refused, match="open"):
        chen.update({**header, "status": "completed"})

    actions.confirm(amina, concern=one)
    actions.not_yet(amina, once="what is missing", concern=two, text="Which of the two?")
    assert reading.concern(amina, one).state == "heard"
    again = reading.concern(chen, two)
    assert again.state == "reopened" and again.due == datetime(2026, 6, 16, 16, 20, tzinfo=UTC)
    assert again.answer == answered.message

    actions.answer(
        chen,
        once="an answer more",
        conversation=three.conversation,
        concerns=(two, fly),
        text="The white one. Yes.",
    )
    for rid in (two, fly):
        actions.confirm(amina, concern=rid)
    view = reading.conversation(amina, three.conversation)
    assert {concern.state for concern in view.concerns} == {"heard"} and not view.is_open
    assert amina.read("Communication", three.conversation).json["status"] == "completed"
    done = task(chen, fly)
    assert (done["status"], done["owner"]["reference"]) == ("completed", people.chen.positions[0])

    actions.write_more(
        amina, once="a thank you", conversation=three.conversation, text="Thank you, all of you."
    )
    assert not reading.conversation(amina, three.conversation).is_open
    sent = actions.write_more(
        amina,
        once="much later",
        conversation=three.conversation,
        text="And by train?",
        concerns=["And by train?"],
    )
    assert reading.conversation(amina, three.conversation).is_open and len(sent.concerns) == 1
    assert amina.read("Communication", three.conversation).json["status"] == "in-progress"
