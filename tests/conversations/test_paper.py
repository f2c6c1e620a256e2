"""Letters on paper: offered to who needs them, asked about once, printed large, only what is theirs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people.models import Notice
from rapport.people.paper import address_of
from rapport.pillars.conversations import actions
from rapport.pillars.what_matters import actions as matters
from rapport.pillars.what_matters.shapes.reach import Reach
from tests.conversations.pages import Browser
from tests.personas import AMINA, People

Doors = Callable[[Actor], Door]
BOX = "Print it in large letters and post it, too"
HERE = {"line": ["12 Mill Road", "Flat 3"], "postalCode": "M1 2AB", "city": "Leeds", "use": "home"}


@pytest.fixture
def talk(people: People, door: Doors) -> str:
    """Amina's question, with a note of the team beside it; post reaches her, and Spanish is her language."""
    system = door(Actor.system("tests"))
    body = system.read("Patient", "amina").json
    spanish = {"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "es-MX"}]}}
    system.update({**body, "address": [HERE], "communication": [spanish]})
    sent = actions.start(
        door(people.amina), once="the letter", topic="health", text="¿Es la pastilla?", concerns=("¿Es eso?",)
    )
    actions.note(door(people.dara), once="the note", conversation=sent.conversation, text="A note of ours.")
    return sent.conversation


def wish(door: Doors, people: People, way: str, *needs: str) -> None:
    matters.set_reach(door(people.amina), patient=AMINA, how=Reach(way, needs))


def test_who_likes_paper_best_gets_a_letter_on_paper(people: People, door: Doors, talk: str) -> None:
    wish(door, people, "post")
    dara = Browser(people.dara)
    assert BOX in dara.get(f"/messages/{talk}/") and "Amina would rather have letters on paper." in dara.said
    asked = dara.send("/answer/", text="Sí. Es la pastilla.", post=None)
    assert dara.status == 409 and "print it and post it" in asked
    assert dara.form("/answer/").fields.get("post") is None
    dara.get(f"/messages/{talk}/")
    Notice.objects.all().delete()
    said = dara.send("/answer/", text="Sí. Es la pastilla.", post="1", anyway="1")
    assert f"/messages/{talk}/paper/?letter=" in dara.at and dara.status == 200
    assert (
        "Sí. Es la pastilla." in said
        and "¿Es eso?" in said
        and "12 Mill Road" in said
        and "M1 2AB Leeds" in said
    )
    assert '<article class="rp-paper" lang="es">' in dara.html
    rid = dara.at.partition("letter=")[2]
    stored = door(people.dara).read("Communication", rid).json
    assert stored["medium"][0]["coding"][0]["code"] == "MAILWRIT"
    assert "On paper, too." in Browser(people.amina).get(f"/messages/{talk}/")
    assert Notice.objects.filter(person=AMINA, kind="message").exists()  # it stands here, as any answer
    assert ", on paper: ¿Es eso?" in Browser(people.dara).get("/people/amina/contacts/")


def test_who_needs_large_print_is_offered_it(people: People, door: Doors, talk: str) -> None:
    dara = Browser(people.dara)
    assert BOX not in dara.get(f"/messages/{talk}/")
    wish(door, people, "", "large-print")
    assert "Amina asked for large print." in dara.get(f"/messages/{talk}/")
    dara.send("/answer/", text="Sí. Es la pastilla.")
    assert dara.at == f"/messages/{talk}/"
    dara.get("/messages/new/?patient=amina")
    said = dara.send("/new/", text="Hola. Todo va bien.", topic="health", post="1")
    assert "/paper/?letter=" in dara.at and "Hola. Todo va bien." in said


def test_what_is_the_teams_or_was_taken_back_is_never_printed(people: People, door: Doors, talk: str) -> None:
    more = actions.write_more(door(people.dara), once="taken back", conversation=talk, text="A wrong word.")
    actions.withdraw(door(people.dara), letter=more.message)
    note = actions.note(door(people.dara), once="another note", conversation=talk, text="Ours alone.").message
    for actor in (people.dara, people.amina):
        one = Browser(actor)
        said = one.get(f"/messages/{talk}/paper/")
        assert "¿Es la pastilla?" in said
        assert not any(words in said for words in ("A note of ours", "Ours alone", "A wrong word"))
        for rid in (note, more.message, "nothing"):
            one.get(f"/messages/{talk}/paper/?letter={rid}")
            assert one.status == 404, rid
    assert "12 Mill Road" not in Browser(people.amina).get(f"/messages/{talk}/paper/")


@pytest.mark.parametrize("who", ["eve", "eve_staff", "bilal", "root"])
def test_eve_prints_nothing(people: People, door: Doors, talk: str, who: str) -> None:
    one = Browser(getattr(people, who))
    for path in (f"/messages/{talk}/paper/", "/goals/amina/paper/"):
        said = one.get(path)
        assert "pastilla" not in said and (one.status == 404 or who == "bilal"), path


@pytest.mark.parametrize(
    ("addresses", "lines"),
    [
        ([], ()),
        ([HERE], ("12 Mill Road", "Flat 3", "M1 2AB Leeds")),
        ([{"text": "Mill Road 12\nLeeds"}], ("Mill Road 12", "Leeds")),
        ([{**HERE, "use": "old"}], ()),
        ([{**HERE, "use": "work"}, {"text": "Home", "use": "home"}], ("Home",)),
        ([{**HERE, "type": "physical"}, {"text": "Box 7", "type": "postal"}], ("Box 7",)),
        ([{**HERE, "period": {"end": "2025"}}, {"text": "Now", "period": {"start": "2026-01"}}], ("Now",)),
        ([{**HERE, "period": {"end": "2026"}}], ("12 Mill Road", "Flat 3", "M1 2AB Leeds")),
        ([{**HERE, "period": {"start": "2026-07-01"}}], ()),
    ],
)
def test_where_post_reaches_somebody(addresses: list[Any], lines: tuple[str, ...]) -> None:
    assert address_of({"address": addresses}, date(2026, 6, 15)) == lines
