"""Templates become plans: seen before, adapted, proposed; each part says what it is for; Amina decides."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from rapport.fhir.applying import applied
from rapport.fhir.outcomes import Refused
from rapport.fhir.validation import check
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.pillars.circle import actions as circle
from rapport.pillars.circle.shapes import Choice as Sharing
from rapport.pillars.plans import actions, reading
from rapport.pillars.plans.shapes.careplans import Choice, Chosen, answered
from rapport.pillars.what_matters.shapes import entry
from tests.conversations.pages import Browser
from tests.personas import AMINA, People
from tests.plans.definitions import ACTIVITY, PLAN
from tests.plans.test_goals import NOW

Doors = Callable[[Actor], Door]
AMINA_AS_FHIR = {"resourceType": "Patient", "id": "amina", "gender": "female"}
JAB = {"urn:rapport:tests:activity:tetanus|1": ACTIVITY}
PAGE = "/goals/amina/templates/feet/"


@pytest.fixture
def stored(door: Doors, people: People) -> None:
    program = door(people.program)
    program.create(PLAN, rid="feet")
    program.create({**PLAN, "id": "feet-old", "version": "1.10", "status": "retired"}, rid="feet-old")
    program.create({**PLAN, "id": "feet-before", "version": "1.1", "title": "Before"}, rid="feet-before")
    program.create(ACTIVITY, rid="tetanus")


@pytest.fixture
def plan(stored: None, door: Doors, people: People) -> str:
    choice = Choice(
        {"goal-1": "To walk"}, {"look": Chosen("Look at both feet", "goal-1"), "shoes": Chosen("Shoes")}
    )
    return actions.apply(door(people.dara), once="p", patient=AMINA, template="feet", choice=choice)


# ---------------------------------------------------------------- what R4 says


def test_what_a_plan_becomes_is_valid_and_only_what_applies() -> None:
    assert check(PLAN) == () and check(ACTIVITY) == ()
    made = applied(PLAN, AMINA_AS_FHIR, JAB)
    assert check(made) == ()
    assert [one["id"] for one in made["activity"]] == ["look", "jab", "shoes"]
    assert made["instantiatesCanonical"] == [f"{PLAN['url']}|1.2"]
    look, jab, _ = (one["detail"] for one in made["activity"])
    assert look["goal"] == [{"reference": "#goal-2"}] and look["scheduledTiming"]["repeat"]["timeOfDay"]
    assert (jab["kind"], jab["description"]) == ("ServiceRequest", "Tetanus vaccination")
    assert made["contained"][1]["target"][0]["dueDuration"]["value"] == 3


@pytest.mark.parametrize(
    "change",
    [
        {"status": "retired"},
        {"action": [{"id": "a", "definitionCanonical": "urn:unknown"}]},
        {"action": [{"id": "a", "title": "x", "dynamicValue": [{"path": "x"}]}]},
    ],
)
def test_what_cannot_be_worked_out_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        applied({**PLAN, **change}, AMINA_AS_FHIR, JAB)
    assert refused.value.next


@pytest.mark.parametrize("language,expression", [("text/cql", "true"), ("text/fhirpath", "((")])
def test_a_condition_that_cannot_be_read_is_refused(language: str, expression: str) -> None:
    odd = deepcopy(PLAN)
    odd["action"][1]["condition"][0]["expression"] = {"language": language, "expression": expression}
    with pytest.raises(Refused):
        applied(odd, AMINA_AS_FHIR, JAB)


# ---------------------------------------------------------------- in the pages


def test_dara_sees_what_it_becomes_adapts_and_proposes(stored: None, people: People, door: Doors) -> None:
    door(people.amina).create(
        entry("e1", kind="important", words="To dance at the wedding", patient=AMINA,
              by=(AMINA, "Amina Haddad"), at=NOW), rid="e1",
    )  # fmt: skip
    dara, amina = Browser(people.dara), Browser(people.amina)
    said = dara.get("/goals/amina/templates/")
    assert "Good feet" in said and "Before" not in said and "Version 1.2" in said
    assert "To dance at the wedding" in dara.get(PAGE)
    assert "Shave" not in dara.said
    fields = {
        "keep-goal-2": None,
        "words-look": "Look at your feet",
        "because-shoes": "QuestionnaireResponse/e1",
    }
    form = dara.form("/feet/").fields | {k: v for k, v in fields.items() if v}
    form.pop("keep-goal-2")
    form.pop("keep-jab")
    for _ in range(2):  # a double click
        dara.post(PAGE, form)
    said = amina.get("/goals/amina/")
    assert said.count("Look at your feet") == 3  # its title, and what the buttons say
    assert "Because you said: “To dance at the wedding”" in said
    assert "It serves nothing you said yet." in said and "Tetanus" not in said
    (one,) = reading.plans(door(people.amina), AMINA)
    assert one.template == f"{PLAN['url']}|1.2" and len(reading.goals(door(people.amina), AMINA)) == 1
    body = door(people.dara).read("CarePlan", one.rid).json
    assert check(body) == () and "dance" not in str(body)


def test_what_goes_against_her_words_is_seen_before(stored: None, people: People, door: Doors) -> None:
    door(people.amina).create(
        entry("e1", kind="worry", words="I faint when I see a needle", patient=AMINA,
              by=(AMINA, "Amina Haddad"), at=NOW), rid="e1",
    )  # fmt: skip
    dara = Browser(people.dara)
    dara.get(PAGE)
    said = dara.send("/feet/")
    assert dara.status == 422 and "I faint when I see a needle" in said
    assert reading.plans(door(people.dara), AMINA) == ()
    why = "A rusty nail. Dara holds her hand."
    for said in (dara.send("/feet/", reason=why), Browser(people.amina).get("/goals/amina/")):
        assert why in said and "I faint when I see a needle" in said


def test_amina_decides_about_each_part(plan: str, people: People, door: Doors) -> None:
    amina = Browser(people.amina)
    amina.get("/goals/amina/")
    said = amina.send("/look/accept/")
    assert "Goes on" in said
    said = amina.send("/look/done/")
    amina.get(f"/goals/amina/plans/{plan}/shoes/decline/")
    assert "Say why in a sentence." in amina.send("/decline/", words=" ")
    amina.send("/decline/", words="These were my mother’s.")
    said = Browser(people.dara).get("/goals/amina/")
    assert "These were my mother’s." in said and "Declined" in said
    (one,) = reading.plans(door(people.amina), AMINA)
    assert [each.state for each in one.activities] == ["done", "declined"]
    assert check(door(people.amina).read("CarePlan", plan).json) == ()


@pytest.mark.parametrize("who", ["eve", "eve_staff", "bilal", "root"])
def test_eve_and_others_make_and_answer_nothing(plan: str, people: People, door: Doors, who: str) -> None:
    actor = getattr(people, who)
    other = Browser(actor)
    assert "Look at both feet" not in other.get("/goals/amina/")
    other.post(PAGE, {"keep-look": "1", "words-look": "Theirs"})
    assert other.status in (403, 404, 422)
    for verb in ("accept", "done", "again", "decline"):
        other.post(f"/goals/amina/plans/{plan}/look/{verb}/", {"words": "Theirs."})
        assert other.status == 404
    with pytest.raises(Refused):
        actions.answer(door(actor), patient=AMINA, plan=plan, key="look", state="going")
    with pytest.raises(Refused):
        choice = Choice({}, {"look": Chosen("Theirs")})
        actions.apply(door(actor), once="x", patient=AMINA, template="feet", choice=choice)
    (one,) = reading.plans(door(people.amina), AMINA)
    assert {each.state for each in one.activities} == {"proposed"}


def test_bilal_with_the_plan_sees_it_and_answers_nothing(plan: str, people: People, door: Doors) -> None:
    circle.share(door(people.amina), member=people.bilal.ref, choice=Sharing(dict.fromkeys(["plan"])))
    bilal = Browser(people.bilal)
    assert "Look at both feet" in bilal.get("/goals/amina/")
    bilal.post(f"/goals/amina/plans/{plan}/look/accept/")
    assert bilal.status == 404
    with pytest.raises(Refused):
        actions.answer(door(people.bilal), patient=AMINA, plan=plan, key="look", state="going")


def test_the_rules_hold_over_the_door(plan: str, people: People, door: Doors) -> None:
    amina, dara = door(people.amina), door(people.dara)
    body = amina.read("CarePlan", plan).json
    tries: list[Callable[[], object]] = [
        lambda: dara.update(answered(body, "look", "going")),  # she decides
        lambda: dara.delete("CarePlan", plan),
        lambda: amina.update({**body, "title": "Mine"}),
        lambda: amina.update(answered(body, "look", "declined")),  # no reason
        lambda: amina.update({**answered(body, "look", "going"), "category": []}),
        lambda: amina.create({**body, "id": "own"}, rid="own"),
        lambda: amina.update({**body, "status": "revoked"}),
    ]
    for attempt in tries:
        with pytest.raises(Refused):
            attempt()
    amina.update(answered(body, "look", "going"))


def test_a_plan_of_another_program_is_not_hers_to_change(people: People, door: Doors) -> None:
    theirs = {
        "resourceType": "CarePlan", "id": "c1", "status": "active", "intent": "plan",
        "subject": {"reference": AMINA},
        "activity": [{"id": "look", "detail": {"status": "not-started", "description": "Look"}}],
    }  # fmt: skip
    door(people.program).create(theirs, rid="c1")
    coded = {**theirs, "category": [{"coding": [{"system": "urn:rapport:kind", "code": "plan"}]}]}
    for body in (theirs, coded):
        with pytest.raises(Refused):
            door(people.amina).update({**body, "status": "revoked"})


def test_a_plan_is_printed_large_with_what_it_is_for(plan: str, door: Doors, people: People) -> None:
    amina = Browser(people.amina)
    assert "Print it large" in amina.get("/goals/amina/")
    said = amina.get("/goals/amina/paper/")
    assert all(words in said for words in ("Look at both feet", "It waits for your word.", "To walk"))
    actions.answer(door(people.amina), patient=AMINA, plan=plan, key="shoes", state="declined", reason="No.")
    assert "Shoes" not in amina.get("/goals/amina/paper/")
    assert "Look at both feet" in Browser(people.dara).get("/goals/amina/paper/")
    eve = Browser(people.eve_staff)
    eve.get("/goals/amina/paper/")
    assert eve.status == 404
