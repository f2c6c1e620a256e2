"""A part of a plan that the person would like otherwise: in their words, and somebody answers by a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rapport.fhir.outcomes import Refused
from rapport.fhir.validation import check
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people import errands
from rapport.people.models import Notice
from rapport.pillars.circle import actions as circle
from rapport.pillars.circle.shapes import Choice as Sharing
from rapport.pillars.plans import actions, finding, reading
from rapport.pillars.plans.shapes.careplans import agreed, answered
from tests.conversations.pages import Browser
from tests.personas import AMINA, People
from tests.plans.test_plans import plan, stored

__all__ = ["plan", "stored"]

Doors = Callable[[Actor], Door]
WISH = "Bilal looks at my feet, on Sundays"


def counter(door: Door, plan: str, words: str = WISH) -> None:
    actions.answer(
        door, patient=AMINA, plan=plan, key="look", state="countered", reason="I can’t bend.", instead=words
    )


def part(door: Door) -> Any:
    (one,) = reading.plans(door, AMINA)
    return next(each for each in one.activities if each.key == "look")


def test_amina_says_what_she_would_like_and_dara_agrees(plan: str, people: People, door: Doors) -> None:
    amina, dara = Browser(people.amina), Browser(people.dara)
    path = f"/goals/amina/plans/{plan}/look/decline/"
    assert "What I would like instead" in amina.get(path)
    assert "Say why in a sentence." in amina.send("/decline/", words=" ", instead=" ")
    amina.get(path)
    said = amina.send("/decline/", instead=WISH)
    assert "You would like instead:" in said and "Your team answers" in said
    (errand,) = errands.of_patient(door(people.dara), AMINA, finding.COUNTER)
    assert (errand.owner, errand.patient_name, errand.due is None) == (
        "PractitionerRole/dara",
        "Amina Haddad",
        False,
    )
    assert Notice.objects.filter(person=people.dara.ref, kind="errand").exists()
    assert "A part of the plan is wished otherwise" in dara.get("/inbox/")
    assert "They would like instead:" in dara.get("/goals/amina/")
    dara.get(f"/counter/{errand.rid}/")
    assert dara.page["Location"] == f"/goals/amina/plans/{plan}/look/counter/"
    assert WISH in dara.get(dara.page["Location"])
    assert "Choose one of the answers." in dara.send("/counter/")
    assert "Say why in a sentence." in dara.send("/counter/", answer="keep")
    said = dara.send("/counter/", answer="agree")
    assert WISH in said and "Goes on" in said
    one = part(door(people.amina))
    assert (one.words, one.state, one.instead, one.reason) == (WISH, "going", "", "")
    assert not errands.of_patient(door(people.dara), AMINA, finding.COUNTER)
    assert Notice.objects.filter(person=AMINA, kind="plan").count() == 1
    assert check(door(people.amina).read("CarePlan", plan).json) == ()


def test_the_team_keeps_to_it_with_words_and_she_decides_again(
    plan: str, people: People, door: Doors
) -> None:
    counter(door(people.amina), plan)
    with pytest.raises(Refused):
        actions.settle_counter(
            door(people.dara), patient=AMINA, plan=plan, key="look", agree=False, words=" "
        )
    why = "A sore grows within a day."
    actions.settle_counter(door(people.dara), patient=AMINA, plan=plan, key="look", agree=False, words=why)
    one = part(door(people.amina))
    assert (one.words, one.state, one.instead, one.reason) == ("Look at both feet", "proposed", WISH, why)
    amina = Browser(people.amina)
    said = amina.get("/goals/amina/")
    assert why in said and WISH in said
    assert "Goes on" in amina.send("/look/accept/")
    assert (part(door(people.amina)).instead, part(door(people.amina)).reason) == ("", "")
    with pytest.raises(Refused):  # nothing is asked any more
        actions.settle_counter(door(people.dara), patient=AMINA, plan=plan, key="look", agree=True, words="")


def test_one_errand_at_a_time_and_none_once_she_takes_it_back(plan: str, people: People, door: Doors) -> None:
    counter(door(people.amina), plan)
    counter(door(people.amina), plan, "On Mondays")
    (errand,) = errands.of_patient(door(people.dara), AMINA, finding.COUNTER)
    actions.answer(door(people.amina), patient=AMINA, plan=plan, key="look", state="going")
    assert errands.read_errand(door(people.dara).read("Task", errand.rid).json).state == "dropped"
    assert not Notice.objects.filter(person=AMINA, kind="plan").exists()
    counter(door(people.amina), plan)
    assert len(errands.of_patient(door(people.dara), AMINA, finding.COUNTER)) == 1


def test_the_rules_hold_over_the_door(plan: str, people: People, door: Doors) -> None:
    amina, dara = door(people.amina), door(people.dara)
    body = amina.read("CarePlan", plan).json
    hers = answered(body, "look", "countered", "", WISH)
    for wrong in (
        answered(body, "look", "countered"),  # no words
        answered(body, "look", "countered", "", "x" * 501),
        answered(body, "look", "proposed", "", WISH),  # words and no move
        agreed(hers, "look"),  # the team alone agrees
    ):
        with pytest.raises(Refused):
            amina.update(wrong)
    with pytest.raises(Refused):
        dara.update(hers)
    counter(amina, plan)
    body = dara.read("CarePlan", plan).json
    for wrong in (
        answered(body, "look", "going"),  # not her words
        answered(body, "look", "proposed"),  # no reason
        answered(body, "look", "declined", "We say so."),
        answered(body, "look", "countered", "", "Something else"),
    ):
        with pytest.raises(Refused):
            dara.update(wrong)
    assert check(body) == ()
    dara.update(agreed(body, "look"))


@pytest.mark.parametrize("who", ["eve", "eve_staff", "bilal", "root"])
def test_eve_and_others_answer_nothing_and_see_nothing(
    plan: str, people: People, door: Doors, who: str
) -> None:
    counter(door(people.amina), plan)
    (errand,) = errands.of_patient(door(people.dara), AMINA, finding.COUNTER)
    circle.share(
        door(people.amina), member=people.bilal.ref, choice=Sharing(dict.fromkeys(["plan", "conversations"]))
    )
    other = Browser(getattr(people, who))
    for path in (f"/counter/{errand.rid}/", f"/goals/amina/plans/{plan}/look/counter/"):
        assert WISH not in other.get(path) and other.status == 404, path
        other.post(path, {"answer": "agree"})
        assert other.status in (404, 405)
    with pytest.raises(Refused):
        actions.settle_counter(
            door(getattr(people, who)), patient=AMINA, plan=plan, key="look", agree=True, words=""
        )
    assert part(door(people.amina)).state == "countered"
