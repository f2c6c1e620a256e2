"""A correction of the record: asked, taken, answered; disagreed with; and nobody else has a part in it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rapport.fhir.outcomes import Refused
from rapport.fhir.validation import check
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people import errands
from rapport.people.models import Notice
from rapport.pillars.corrections import actions, reading
from tests.conversations.pages import Browser
from tests.gate.consent.test_consent import consent, permit
from tests.personas import AMINA, People

Doors = Callable[[Actor], Door]
WRONG = "I never had asthma. It was a cough."


@pytest.fixture
def asked(people: People, door: Doors, asthma: str) -> str:
    door(Actor.system("tests")).create(
        consent(permit("RelatedPerson/bilal", "conversations", "health-record"))
    )
    return actions.ask(
        door(people.amina),
        once="a form",
        about=asthma,
        title="Asthma",
        wrong=WRONG,
        wanted="A cough in 2019.",
    )


def test_the_whole_way(people: People, door: Doors, asthma: str) -> None:
    amina, dara = Browser(people.amina), Browser(people.dara)
    assert "You have asked for none." in amina.get("/corrections/")
    assert "Asthma" in amina.get("/corrections/new/")
    after = amina.send("/corrections/new/", about=asthma, wrong=WRONG, wanted="A cough.")
    assert "answers within two weeks" in after and "Nobody has it yet" in after
    assert "A correction is asked for" in dara.get("/inbox/")
    (one,) = reading.asked(door(people.amina), AMINA)
    assert WRONG in dara.get(f"/corrections/{one.rid}/")
    dara.send("/take/")
    assert "Dara Okafor has it" in amina.get("/corrections/")
    dara.get(f"/corrections/{one.rid}/")
    dara.send(f"/corrections/{one.rid}/", outcome="partly", words="It was a cough, but the inhaler helped.")
    seen = amina.get("/corrections/")
    assert "It is put right in part" in seen and "Dara Okafor" in seen
    assert "the inhaler helped" in amina.get(f"/corrections/{one.rid}/")
    assert "stand beside the answer" in amina.send(f"/corrections/{one.rid}/", words="It did not help.")
    for who in (amina, dara):
        assert "It did not help." in who.get(f"/corrections/{one.rid}/")


def test_what_comes_of_it_is_valid_and_says_who(people: People, door: Doors, asked: str, asthma: str) -> None:
    dara = door(people.dara)
    actions.take(dara, correction=asked)
    actions.answer(dara, correction=asked, outcome="declined", words="Two doctors heard it.")
    actions.answer(dara, correction=asked, outcome="accepted", words="Twice is as once.")
    actions.disagree(door(people.amina), correction=asked, words="They did not.")
    (made,) = dara.search("Provenance", [("target", asthma)]).matches
    assert made.json["agent"][0]["who"]["display"] == "Dara Okafor"
    body = dara.read("Task", asked).json
    assert check(body) == () and check(made.json) == ()
    one = errands.read_errand(body)
    assert (one.part("outcome"), one.part("statement"), one.words) == (
        "declined", "They did not.", "Two doctors heard it.",
    )  # fmt: skip
    assert Notice.objects.filter(person=AMINA, kind="correction").count() == 1
    with pytest.raises(Refused):
        actions.disagree(door(people.amina), correction=asked, words="Again.")


def test_asked_twice_it_is_one(people: People, door: Doors, asked: str) -> None:
    again = actions.ask(door(people.amina), once="a form", about="", title="", wrong="Other.", wanted="")
    assert again == asked and len(reading.asked(door(people.amina), AMINA)) == 1


def test_there_is_nothing_to_disagree_with(people: People, door: Doors, asked: str) -> None:
    with pytest.raises(Refused):
        actions.disagree(door(people.amina), correction=asked, words="Yet.")
    actions.answer(door(people.dara), correction=asked, outcome="accepted", words="Put right.")
    with pytest.raises(Refused):
        actions.disagree(door(people.amina), correction=asked, words="Still.")


def test_words_and_one_of_the_answers_are_needed(people: People, door: Doors, asked: str) -> None:
    with pytest.raises(Refused):
        actions.ask(door(people.amina), once="b", about="", title="", wrong="  ", wanted="")
    for outcome, words in (("maybe", "Hm."), ("declined", " ")):
        with pytest.raises(Refused):
            actions.answer(door(people.dara), correction=asked, outcome=outcome, words=words)
    dara = Browser(people.dara)
    dara.post(f"/corrections/{asked}/", {"outcome": "declined", "words": ""})
    assert dara.status == 422


@pytest.mark.parametrize("who", ["eve", "eve_staff", "bilal", "root"])
def test_eve_and_others_have_no_part_in_it(
    people: People, door: Doors, asked: str, asthma: str, who: str
) -> None:
    """Nor has Bilal, although he sees her record and her conversations."""
    other, browser = door(getattr(people, who)), Browser(getattr(people, who))
    for path in (f"/corrections/{asked}/", f"/corrections/{asked}/take/"):
        browser.post(path, {"outcome": "accepted", "words": "Theirs."})
        assert browser.status == 404
    tries: list[Callable[[], object]] = [
        lambda: actions.take(other, correction=asked),
        lambda: actions.answer(other, correction=asked, outcome="accepted", words="Theirs."),
        lambda: actions.disagree(other, correction=asked, words="Theirs."),
        lambda: other.read("Task", asked),
    ]
    if who != "bilal":
        tries.append(lambda: actions.ask(other, once="t", about=asthma, title="", wrong="Theirs.", wanted=""))
    for attempt in tries:
        with pytest.raises(Refused):
            attempt()
    with pytest.raises(Refused):  # nor does she answer herself
        actions.answer(door(people.amina), correction=asked, outcome="accepted", words="Mine.")
    with pytest.raises(Refused):
        actions.take(door(people.amina), correction=asked)
