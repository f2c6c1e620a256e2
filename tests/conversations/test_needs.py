"""What somebody needs to be written to: seen beside the answer, and asked about before it goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.pillars.conversations import actions
from rapport.pillars.what_matters import actions as matters
from tests.conversations.pages import Browser
from tests.personas import AMINA, People

Doors = Callable[[Actor], Door]
ENGLISH = "Thank you for writing. The tablet can make you dizzy, and it will pass within a week or so."


@pytest.fixture
def talk(people: People, door: Doors) -> str:
    """Amina's question; she reads Spanish and Arabic."""
    system = door(Actor.system("tests"))
    body = system.read("Patient", "amina").json
    reads: list[dict[str, Any]] = [
        {"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": code}]}} for code in ("es-MX", "ar")
    ]
    system.update({**body, "communication": reads})
    sent = actions.start(
        door(people.amina),
        once="the letter",
        topic="health",
        text="¿Es la pastilla?",
        concerns=("¿Es la pastilla?",),
    )
    return sent.conversation


def test_how_to_talk_with_them_stands_beside_the_answer(people: People, door: Doors, talk: str) -> None:
    matters.write(
        door(people.amina), once="a form", patient=AMINA, kind="talk", words="Despacio, del lado derecho."
    )
    said = Browser(people.dara).get(f"/messages/{talk}/")
    assert "How to talk with them" in said and "Despacio, del lado derecho." in said


def test_words_in_another_language_are_asked_about_once(people: People, talk: str) -> None:
    dara = Browser(people.dara)
    dara.get(f"/messages/{talk}/")
    said = dara.send("/answer/", text=ENGLISH)
    assert dara.status == 409 and "These words are in English. Amina reads: Spanish, Arabic." in said
    assert ENGLISH in dara.html
    assert "Sent." in dara.send("/answer/", text=ENGLISH, anyway="1")


def test_words_in_their_language_are_not(people: People, talk: str) -> None:
    dara = Browser(people.dara)
    dara.get(f"/messages/{talk}/")
    said = dara.send(
        "/answer/", text="Gracias por escribir. Sí, la pastilla puede marear, y se pasa en una semana."
    )
    assert "These words are in" not in said
