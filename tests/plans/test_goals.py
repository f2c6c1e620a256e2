"""Goals, in the pages and over the door: Amina says, Dara proposes, Amina decides; others see nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.fhir.outcomes import Refused
from rapport.fhir.validation import check
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people import drafts
from rapport.pillars.plans import actions, reading
from rapport.pillars.plans.rules.goals import judge
from rapport.pillars.plans.shapes import goals as shapes
from rapport.pillars.plans.shapes.goals import Said, Step
from rapport.pillars.what_matters.shapes import entry
from tests.conversations.pages import Browser
from tests.personas import AMINA, DARA, People

Doors = Callable[[Actor], Door]
DANCE = "To dance at my sister’s wedding."
NOW = datetime(2026, 6, 15, 10, tzinfo=UTC)
words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=80).map(
    lambda one: f"a{one}"
)
steps = st.builds(Step, words, st.booleans(), st.one_of(st.just(""), words))
ten = st.one_of(st.none(), st.integers(0, 10))


def body(said: Said = Said(DANCE), by: str = AMINA, state: str = "active") -> dict[str, Any]:
    return shapes.goal("g1", said, patient=AMINA, by=(by, "Somebody"), at=NOW, state=state)


# ---------------------------------------------------------------- as FHIR


@given(words, st.lists(steps, max_size=6), ten, ten, st.one_of(st.just(""), words))
def test_what_is_built_is_read_again_and_is_valid(
    text: str, some: list[Step], importance: int | None, confidence: int | None, because: str
) -> None:
    said = Said(text, tuple(some), importance, confidence, because)
    made = body(said)
    read = shapes.read_goal(made)
    assert Said(read.words, read.steps, read.importance, read.confidence, read.because) == said
    assert (read.by, read.patient, read.state, read.since) == (AMINA, AMINA, "active", NOW.date())
    judge("patient", AMINA, None, made)
    assert check(made) == ()


@pytest.mark.parametrize("level", sorted(shapes.LEVELS))
def test_how_far_one_has_come(level: int) -> None:
    made = shapes.with_level(body(), level)
    assert shapes.read_goal(made).level == level and check(made) == ()


ACTIVE, PROPOSED = body(), body(by=DARA, state="proposed")


@pytest.mark.parametrize(
    ("kind", "ref", "before", "after"),
    [
        ("patient", AMINA, ACTIVE, None),
        ("patient", AMINA, None, body(Said(" "))),
        ("patient", AMINA, None, body(Said(DANCE, importance=11))),
        ("patient", AMINA, None, body(Said(DANCE, tuple(Step("a") for _ in range(13))))),
        ("patient", AMINA, None, body() | {"achievementStatus": {"text": "soon"}}),
        ("patient", AMINA, ACTIVE, shapes.moved(ACTIVE, "ended", at=NOW)),
        ("patient", AMINA, ACTIVE, shapes.moved(ACTIVE, "declined", at=NOW, reason="No.")),
        ("patient", AMINA, PROPOSED, body(Said("Another"), by=DARA, state="proposed")),
        ("staff", DARA, None, body(by=DARA)),
        ("staff", DARA, PROPOSED, shapes.moved(PROPOSED, "active", at=NOW)),
        ("staff", DARA, ACTIVE, shapes.moved(ACTIVE, "reached", at=NOW)),
        ("staff", DARA, ACTIVE, shapes.with_level(ACTIVE, 1)),
        ("staff", DARA, ACTIVE, body(Said("Walk more."))),
        ("kin", "RelatedPerson/bilal", PROPOSED, shapes.moved(PROPOSED, "active", at=NOW)),
        ("client", "Device/x", ACTIVE, None),
    ],
)
def test_what_nobody_may_do(kind: str, ref: str, before: Any, after: Any) -> None:
    with pytest.raises(Refused) as refused:
        judge(kind, ref, before, after)
    assert refused.value.code == "rule" and refused.value.next


# ---------------------------------------------------------------- in the pages


def test_amina_says_one_and_takes_its_steps(people: People, door: Doors) -> None:
    amina = Browser(people.amina)
    amina.get("/goals/amina/new/")
    said = amina.send(
        "/new/", words=DANCE, because="She is all I have.", step_1="Walk to the harbour", who_1="Bilal",
        step_2="Find the shoes", importance="9",
    )  # fmt: skip
    assert DANCE in said and "She is all I have." in said and "Bilal" in said and "Matters 9 of 10." in said
    said = amina.send("/steps/", done=["1"], level="1")
    goal = reading.goals(door(people.amina), AMINA)[0]
    assert [step.done for step in goal.steps] == [False, True] and goal.level == 1
    assert "All goals together: 60" in Browser(people.dara).get("/goals/amina/")
    said = amina.send("/reached/")
    assert "Reached" in said


def test_sent_twice_it_is_one(people: People, door: Doors) -> None:
    amina = Browser(people.amina)
    amina.get("/goals/amina/new/")
    form = amina.form("/new/")
    for _ in range(2):
        amina.post("/goals/amina/new/", {**form.fields, "words": DANCE})
    assert len(reading.goals(door(people.amina), AMINA)) == 1


def test_dara_proposes_and_amina_decides(people: People, door: Doors) -> None:
    dara, amina = Browser(people.dara), Browser(people.amina)
    dara.get("/goals/amina/new/")
    said = dara.send("/new/", words="A walk every day")
    assert "Waiting for their word" in said and "Dara Okafor proposed it" in said
    said = amina.get("/goals/amina/")
    assert "Waiting for you" in said and "Nobody has said yet what it is good for." in said
    amina.send("/accept/")
    assert reading.goals(door(people.amina), AMINA)[0].state == "active"


def test_declined_with_words_the_team_reads(people: People, door: Doors) -> None:
    rid = actions.say(door(people.dara), once="a form", patient=AMINA, said=Said("No salt"))
    amina = Browser(people.amina)
    amina.get(f"/goals/amina/{rid}/decline/")
    assert "Say why in a sentence." in amina.send("/decline/", words=" ")
    assert amina.status == 422
    amina.send("/decline/", words="My food is my country.")
    said = Browser(people.dara).get("/goals/amina/")
    assert "Declined" in said and "My food is my country." in said


@pytest.mark.parametrize("who", ["eve", "eve_staff", "bilal", "root"])
def test_eve_and_others_find_nothing_and_move_nothing(people: People, door: Doors, who: str) -> None:
    rid = actions.say(door(people.amina), once="a form", patient=AMINA, said=Said(DANCE))
    actor = getattr(people, who)
    other = Browser(actor)
    assert DANCE not in other.get("/goals/amina/")
    for path in ("new/", *(f"{rid}/{verb}/" for verb in ("accept", "reached", "steps", "decline", "end"))):
        other.post(f"/goals/amina/{path}", {"words": "Theirs.", "level": "2"})
        assert other.status == 404, (path, other.status)
    tries: list[Callable[[], object]] = [
        lambda: actions.say(door(actor), once="theirs", patient=AMINA, said=Said("Theirs.")),
        lambda: actions.move(door(actor), patient=AMINA, goal=rid, state="reached"),
        lambda: actions.steps(door(actor), patient=AMINA, goal=rid, done=frozenset((0,))),
        lambda: actions.level(door(actor), patient=AMINA, goal=rid, level=2),
    ]
    for attempt in tries:
        with pytest.raises(Refused):
            attempt()
    assert [one.words for one in reading.goals(door(people.amina), AMINA)] == [DANCE]


def test_nobody_speaks_for_her_over_the_door(people: People, door: Doors) -> None:
    with pytest.raises(Refused):
        door(people.bilal).create(body(), rid="g1")
    with pytest.raises(Refused):
        door(people.amina).create(body(by=DARA, state="proposed"), rid="g1")
    door(people.amina).create(body(), rid="g1")
    with pytest.raises(Refused):
        door(people.dara).delete("Goal", "g1")
    with pytest.raises(Refused):
        door(people.amina).create({**body(), "id": "g2", "category": []}, rid="g2")


# ---------------------------------------------------------------- against her words


def test_a_proposal_against_her_words_needs_a_reason_that_she_reads(people: People, door: Doors) -> None:
    door(people.amina).create(
        entry("e1", kind="unwilling", words="Statins, for they hurt my legs.", patient=AMINA,
              by=(AMINA, "Amina Haddad"), at=NOW), rid="e1",
    )  # fmt: skip
    dara = Browser(people.dara)
    dara.get("/goals/amina/new/")
    said = dara.send("/new/", words="Better blood fats", step_1="Try atorvastatin at half the dose")
    assert dara.status == 422 and "they hurt my legs" in said and "Nothing is kept yet." in said
    assert reading.goals(door(people.dara), AMINA) == ()
    with pytest.raises(Refused):
        actions.say(door(people.dara), once="x", patient=AMINA, said=Said("Atorvastatin again"))
    why = "Half the dose may not hurt. She may say no."
    for said in (dara.send("/new/", reason=why), Browser(people.amina).get("/goals/amina/")):
        assert why in said and "they hurt my legs" in said
    # An own goal never needs one.
    actions.say(door(people.amina), once="own", patient=AMINA, said=Said("Atorvastatin again"))


# ---------------------------------------------------------------- drafts


def test_what_was_typed_and_not_sent_is_there_again_and_gone_once_kept(people: People) -> None:
    amina = Browser(people.amina)
    place = "/goals/amina/new/"
    drafts.save(AMINA, place, json.dumps({"words": [DANCE], "step_1": ["The shoes"], "importance": ["9"]}))
    amina.get(place)
    assert DANCE in amina.html and "The shoes" in amina.html and 'value="9" selected' in amina.html
    amina.send("/new/")
    assert drafts.load(AMINA, place) is None and "The shoes" in amina.said
    amina.get(place)
    assert DANCE not in amina.html


def test_words_of_a_reason_are_kept_too(people: People, door: Doors) -> None:
    rid = actions.say(door(people.dara), once="a form", patient=AMINA, said=Said("No salt"))
    amina, place = Browser(people.amina), f"/goals/amina/{rid}/decline/"
    drafts.save(AMINA, place, json.dumps({"words": ["My food is my country."]}))
    assert "My food is my country." in amina.get(place)
    amina.send("/decline/")
    assert drafts.load(AMINA, place) is None
