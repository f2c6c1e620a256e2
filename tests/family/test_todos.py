"""One list: the patient, the family and the team; each ticks off their own, and strangers find nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rapport.fhir.outcomes import Refused
from rapport.fhir.validation import check
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people.models import Notice
from rapport.pillars.circle import actions as circle
from rapport.pillars.circle.shapes import Choice
from rapport.pillars.conversations import actions as conversations
from rapport.pillars.conversations.actions import Sent
from rapport.pillars.family import actions
from rapport.pillars.family.reading import todos as reading
from rapport.pillars.family.rules.todos import judge
from rapport.pillars.family.shapes import todos as shapes
from tests.conversations.pages import Browser
from tests.personas import AMINA, BILAL, DARA, EVE, TEAM, People

Doors = Callable[[Actor], Door]
HELP = Choice({"practical-help": None})
NOW = datetime.now(UTC).replace(microsecond=0)
HERS, HIS, THEIRS = (AMINA, "Amina Haddad"), (BILAL, "Bilal Haddad"), (TEAM, "Harbour Street")


@pytest.fixture
def listed(door: Doors, people: People) -> dict[str, str]:
    """One thing for each side, put there by Dara; Bilal is let in."""
    circle.share(door(people.amina), member="bilal", choice=HELP)
    owners = {"patient": HERS, "family": HIS, "team": THEIRS}
    return {
        side: actions.plan(door(people.dara), once=side, patient=AMINA, words=f"For the {side}", owner=who)
        for side, who in owners.items()
    }


def words(door: Door) -> set[str]:
    return {one.words for one in reading.open_ones(door, AMINA)}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=90).map(lambda one: f"a{one}"),
    st.sampled_from([HERS, HIS, THEIRS, (DARA, "Dara")]),
    st.none() | st.integers(0, 300).map(lambda days: NOW + timedelta(days=days)),
)
def test_what_is_built_is_read_again_and_is_valid(
    text: str, owner: tuple[str, str], due: datetime | None
) -> None:
    body = shapes.todo("t1", text, patient=AMINA, by=HERS, owner=owner, due=due, at=NOW)
    assert check(body) == ()
    read = shapes.read_todo(body)
    assert (read.words, read.owner, read.due, read.state) == (text, owner, due, "open")
    judge("patient", AMINA, None, body)


BODY = shapes.todo("t1", "Fetch the papers", patient=AMINA, by=HERS, owner=HIS, due=None, at=NOW)
DONE = shapes.moved(BODY, "done", NOW)
REFUSED: list[tuple[str, str, str, Any, Any]] = [
    ("deleted", "patient", AMINA, BODY, None),
    ("his, by her", "patient", AMINA, BODY, DONE),
    ("his, by the team", "staff", DARA, BODY, DONE),
    ("the team's, by him", "kin", BILAL, {**BODY, "owner": {"reference": TEAM}},
     {**DONE, "owner": {"reference": TEAM}}),
    ("hers, dropped by him", "kin", BILAL, BODY, shapes.moved(BODY, "dropped", NOW)),
    ("other words", "kin", BILAL, BODY, {**BODY, "description": "x"}),
    ("another's", "kin", BILAL, BODY, {**BODY, "owner": {"reference": AMINA}}),
    ("done at birth", "patient", AMINA, None, DONE),
    ("another patient's", "patient", AMINA, None, {**BODY, "owner": {"reference": EVE}}),
    ("for another of the circle", "kin", "RelatedPerson/zara", None, BODY),
    ("no words", "patient", AMINA, None, {**BODY, "description": " "}),
]  # fmt: skip


@pytest.mark.parametrize("name, kind, ref, before, after", REFUSED, ids=[one[0] for one in REFUSED])
def test_what_nobody_may_do(name: str, kind: str, ref: str, before: Any, after: Any) -> None:
    with pytest.raises(Refused):
        judge(kind, ref, before, after)


def test_each_side_ticks_off_its_own(door: Doors, people: People, listed: dict[str, str]) -> None:
    own = {"patient": people.amina, "family": people.bilal, "team": people.chen}
    for side, rid in listed.items():
        for other, actor in own.items():
            if other != side:
                with pytest.raises(Refused, match="Each side"):
                    actions.tick(door(actor), patient=AMINA, task=rid)
    for side, rid in listed.items():
        actions.tick(door(own[side]), patient=AMINA, task=rid)
    assert words(door(people.bilal)) == set()
    assert {one.words for one in reading.done(door(people.dara), AMINA, NOW)} == {
        "For the patient", "For the family", "For the team",
    }  # fmt: skip
    actions.tick(door(people.bilal), patient=AMINA, task=listed["family"], done=False)
    assert words(door(people.amina)) == {"For the family"}
    actions.drop(door(people.amina), patient=AMINA, task=listed["family"])
    assert words(door(people.dara)) == set()


def test_who_is_given_something_hears_of_it(people: People, listed: dict[str, str]) -> None:
    assert set(Notice.objects.values_list("person", "kind")) == {(AMINA, "to-do"), (BILAL, "to-do")}


def test_promises_stand_there_for_who_sees_them(
    door: Doors, people: People, three: Sent, listed: dict[str, str]
) -> None:
    conversations.promise(
        door(people.dara), once="a promise", conversation=three.conversation, text="I ring on Friday.",
        due=NOW + timedelta(days=3),
    )  # fmt: skip
    assert "I ring on Friday." in words(door(people.amina)) & words(door(people.dara))
    assert "I ring on Friday." not in words(door(people.bilal))
    circle.share(door(people.amina), member="bilal", choice=Choice({"conversations": None}))
    assert words(door(people.bilal)) == {"I ring on Friday."}


def test_eve_does_nothing_of_it(door: Doors, people: People, listed: dict[str, str]) -> None:
    for stranger in (people.eve, people.eve_staff, people.root):
        for act in (actions.tick, actions.drop):
            with pytest.raises(Refused) as refused:
                act(door(stranger), patient=AMINA, task=listed["team"])
            assert refused.value.code == "not-found"
        with pytest.raises(Refused):
            actions.plan(door(stranger), once="x", patient=AMINA, words="x", owner=(stranger.ref, ""))
        assert words(door(stranger)) == set()


def test_what_ends_is_over_at_once(door: Doors, people: People, listed: dict[str, str]) -> None:
    circle.pause(door(people.amina), member="bilal")
    assert words(door(people.bilal)) == set()
    with pytest.raises(Refused):
        actions.tick(door(people.bilal), patient=AMINA, task=listed["family"])


# ---------------------------------------------------------------- pages


def test_the_pages(door: Doors, people: People, three: Sent, listed: dict[str, str]) -> None:
    conversations.promise(
        door(people.dara), once="a promise", conversation=three.conversation, text="I ring on Friday.",
        due=NOW + timedelta(days=3),
    )  # fmt: skip
    amina, bilal, dara = Browser(people.amina), Browser(people.bilal), Browser(people.dara)
    hers = amina.get("/family/amina/tasks/")
    assert "What I do" in hers and "Promised in a message" in hers and "Bilal" in hers
    his = bilal.get("/family/amina/tasks/")
    assert "What Amina does" in his and "Friday" not in his
    assert "Done lately" in bilal.post(f"/family/amina/tasks/{listed['family']}/done/")
    assert "For the family" in bilal.post(f"/family/amina/tasks/{listed['family']}/done/", {"again": "1"})
    form = dara.get("/family/amina/tasks/new/")
    assert "Harbour Street" in form and "Bilal Haddad" in form and "Amina Haddad" in form
    said = dara.post("/family/amina/tasks/new/", {"words": "Order the walker", "owner": TEAM, "day": ""})
    assert "Order the walker" in said and "It is on the list" in said
    task = next(one.rid for one in reading.open_ones(door(people.dara), AMINA) if "walker" in one.words)
    assert "Taken off" in amina.post(f"/family/amina/tasks/{task}/off/")
    his = bilal.get("/family/amina/tasks/new/")
    assert "I do" in his and "Amina Haddad" in his
    assert "Choose who" in bilal.post("/family/amina/tasks/new/", {"words": "x", "owner": ""})
    assert bilal.status == 422


def test_eve_finds_no_page(people: People, listed: dict[str, str]) -> None:
    for stranger in (Browser(people.eve), Browser(people.eve_staff)):
        for path in ("/family/amina/tasks/", "/family/amina/tasks/new/"):
            stranger.get(path)
            assert stranger.status == 404
        for verb in ("done", "off"):
            stranger.post(f"/family/amina/tasks/{listed['patient']}/{verb}/")
            assert stranger.status == 404
