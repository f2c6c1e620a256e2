"""What matters, in the pages and over the door: Amina, her son, her team, and a stranger."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from rapport.fhir.outcomes import Refused
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.pillars.what_matters import actions, reading, shapes
from tests.conversations.pages import Browser
from tests.personas import AMINA, BILAL, People

Doors = Callable[[Actor], Door]
HOME = "Being at home, with my cat."


@pytest.fixture
def told(door: Doors, people: People) -> str:
    return actions.write(door(people.amina), once="a form", patient=AMINA, kind="important", words=HOME)


def test_amina_begins(people: People) -> None:
    amina = Browser(people.amina)
    said = amina.get("/matters/amina/")
    assert "What matters to me" in said and "Begin where you like" in said
    form = amina.get("/matters/amina/new/important/")
    assert "What is most important to me" in form
    once = re.search(r'name="once" value="([^"]+)"', amina.html)
    assert once is not None
    for _ in range(2):  # a double click
        after = amina.post("/matters/amina/new/important/", {"words": HOME, "once": once[1]})
    assert after.count("with my cat") == 1 and "What else you may want to say" in after


def test_empty_words_are_asked_for(people: People) -> None:
    amina = Browser(people.amina)
    assert "Write a sentence, in your own words." in amina.post("/matters/amina/new/talk/", {"words": "  "})
    assert amina.status == 422
    amina.get("/matters/amina/new/shoes/")
    assert amina.status == 404


def test_changing_keeps_how_it_read(people: People, told: str) -> None:
    amina = Browser(people.amina)
    assert HOME in amina.get(f"/matters/amina/{told}/change/")
    after = amina.post(f"/matters/amina/{told}/change/", {"words": "Being at home."})
    assert "Being at home." in after and "cat" not in after
    before = amina.get(f"/matters/amina/{told}/before/")
    assert before.index("Being at home.") < before.index("with my cat")


def test_taken_out_it_is_seen_no_more_but_in_its_history(people: People, told: str, door: Doors) -> None:
    amina = Browser(people.amina)
    after = amina.post(f"/matters/amina/{told}/out/")
    assert "cat" not in after
    amina.post(f"/matters/amina/{told}/out/")  # twice is as once
    assert len(reading.before(door(people.amina), AMINA, told)) == 2
    assert "Taken out." in amina.get(f"/matters/amina/{told}/before/")


def test_the_team_reads_it_and_types_what_she_says(people: People, told: str) -> None:
    dara = Browser(people.dara)
    said = dara.get("/matters/amina/")
    assert HOME in said and "What matters to Amina" in said
    after = dara.post("/matters/amina/new/please-not/", {"words": "No blood from my left arm."})
    assert "left arm" in after and "Dara Okafor wrote it down" in after
    seen = Browser(people.amina).get("/matters/amina/")
    assert "left arm" in seen and "Dara Okafor wrote it down" in seen


def test_she_changes_what_was_typed_for_her(people: People, door: Doors) -> None:
    rid = actions.write(door(people.dara), once="dara's", patient=AMINA, kind="talk", words="Slowly.")
    actions.change(door(people.amina), patient=AMINA, entry=rid, words="Slowly, please.")
    entry = reading.entries(door(people.amina), AMINA)[0]
    assert (entry.words, entry.by) == ("Slowly, please.", AMINA)


def test_a_year_old_one_is_asked_about(people: People, door: Doors) -> None:
    old = shapes.entry(
        "old", kind="worry", words="The stairs.", patient=AMINA, by=(AMINA, "Amina Haddad"),
        at=datetime(2024, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    door(people.amina).create(old, rid="old")
    amina = Browser(people.amina)
    assert "It is still so" in amina.get("/matters/amina/")
    assert "It is still so" not in amina.post("/matters/amina/old/still/")


@pytest.mark.parametrize("who", ["eve", "eve_staff", "bilal", "root"])
def test_eve_and_others_find_nothing_and_write_nothing(
    people: People, told: str, door: Doors, who: str
) -> None:
    """Nobody else reads or writes it: not a stranger, another team, the operator, nor Bilal by himself."""
    actor = getattr(people, who)
    other = Browser(actor)
    assert HOME not in other.get("/matters/amina/")
    for path in ("new/talk/", f"{told}/change/", f"{told}/out/", f"{told}/still/"):
        other.post(f"/matters/amina/{path}", {"words": "Theirs."})
        assert other.status == 404, (path, other.status)
    other.get(f"/matters/amina/{told}/before/")
    assert other.status == 404
    tries: list[Callable[[], object]] = [
        lambda: actions.write(door(actor), once="theirs", patient=AMINA, kind="talk", words="Theirs."),
        lambda: actions.change(door(actor), patient=AMINA, entry=told, words="Theirs."),
        lambda: actions.still_so(door(actor), patient=AMINA, entry=told),
        lambda: actions.take_out(door(actor), patient=AMINA, entry=told),
    ]
    for attempt in tries:
        with pytest.raises(Refused):
            attempt()
    assert [one.words for one in reading.entries(door(people.amina), AMINA)] == [HOME]


def test_the_rules_hold_over_the_door(people: People, told: str, door: Doors) -> None:
    amina, dara = door(people.amina), door(people.dara)
    body = amina.read("QuestionnaireResponse", told).json
    with pytest.raises(Refused):
        dara.delete("QuestionnaireResponse", told)
    for change in ({"author": {"reference": BILAL}}, {"questionnaire": "urn:x"}, {"item": []}):
        with pytest.raises(Refused):
            amina.update({**body, **change})
    with pytest.raises(Refused):  # nobody signs for Dara
        amina.update({**body, "author": {"reference": people.dara.ref}})


def test_she_may_not_touch_the_answers_of_others(people: People, door: Doors) -> None:
    theirs = {
        "resourceType": "QuestionnaireResponse", "id": "q1", "status": "completed",
        "subject": {"reference": AMINA},
        "author": {"reference": people.dara.ref}, "questionnaire": "urn:some-form",
    }  # fmt: skip
    door(people.dara).create(theirs, rid="q1")
    with pytest.raises(Refused):
        door(people.amina).update({**theirs, "author": {"reference": AMINA}, "status": "amended"})


def test_the_team_reads_five_lines_first(people: People, told: str) -> None:
    dara = Browser(people.dara)
    said = dara.get("/people/amina/")
    assert said.index("What matters to Amina") < said.index("Open questions") and HOME in said
    assert "What matters to" not in Browser(people.chen).get("/people/eve/")


def test_what_helps_is_one_tap_away(people: People, door: Doors) -> None:
    words = "Open the window. Ring Bilal."
    actions.write(door(people.amina), once="a form", patient=AMINA, kind="helps", words=words)
    assert words in Browser(people.amina).get("/help/")
    for other in (people.bilal, people.eve, people.dara):
        assert words not in Browser(other).get("/help/")


def test_what_goes_against_it_is_seen_with_the_words(people: People, door: Doors) -> None:
    needles = "I faint when I see a needle."
    actions.write(door(people.amina), once="a form", patient=AMINA, kind="worry", words=needles)
    for rid, words in (("m1", "Insulin glargine, subcutaneous"), ("m2", "Ramipril 5 mg")):
        door(people.dara).create(
            {
                "resourceType": "MedicationRequest", "id": rid, "status": "active", "intent": "order",
                "subject": {"reference": AMINA}, "medicationCodeableConcept": {"text": words},
            },
            rid=rid,
        )  # fmt: skip
    for who in (people.dara, people.amina):
        said = Browser(who).get("/matters/amina/")
        assert "Insulin glargine" in said and said.count("needle") == 2 and "Ramipril" not in said
