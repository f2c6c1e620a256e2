"""Family meetings: who is asked sees it, who was chosen reads the summary, and nobody else of the circle."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from rapport.fhir.outcomes import Refused
from rapport.fhir.validation import check
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people.models import Notice
from rapport.pillars.circle import actions as circle
from rapport.pillars.circle import shapes as circle_shapes
from rapport.pillars.circle.shapes import Choice
from rapport.pillars.family import actions
from rapport.pillars.family.actions import Todo
from rapport.pillars.family.reading import meetings as reading
from rapport.pillars.family.reading import todos
from rapport.pillars.family.rules.meetings import judge
from rapport.pillars.family.shapes import meetings as shapes
from tests.conversations.pages import Browser
from tests.family.test_help import DAUGHTER, ZARA
from tests.personas import AMINA, BILAL, CHEN, DARA, TEAM, People

Doors = Callable[[Actor], Door]
NOW = datetime.now(UTC).replace(microsecond=0)
WHEN = {"begins": NOW + timedelta(days=3), "ends": NOW + timedelta(days=3, hours=1)}
HIS, HERS = (BILAL, "Bilal Haddad"), (ZARA.ref, "Zara Haddad")
EVERYTHING = Choice(dict.fromkeys(circle_shapes.CATEGORIES), writes=True)
PLAN = Choice({"plan": None})


@pytest.fixture
def zara(door: Doors, people: People) -> Actor:
    """A daughter who sees everything that can be shared, and is asked to nothing."""
    door(Actor.system("tests")).create(DAUGHTER, rid="zara")
    circle.share(door(people.amina), member="zara", choice=EVERYTHING)
    return ZARA


@pytest.fixture
def called(door: Doors, people: People) -> str:
    """A meeting to which Bilal is asked, who sees only the plan otherwise."""
    circle.share(door(people.amina), member="bilal", choice=PLAN)
    return actions.call(
        door(people.dara), once="a form", patient=AMINA, about="Going home", guests=[HIS, (CHEN, "Mei Chen")],
        **WHEN,
    )  # fmt: skip


def summed(door: Doors, people: People, meeting: str, *readers: tuple[str, str]) -> str:
    return actions.sum_up(
        door(people.dara), patient=AMINA, meeting=meeting, words="She goes home on Friday.",
        decisions=["A nurse comes each morning."], readers=readers,
        todo=[Todo("Order the bed", (TEAM, "Harbour Street")), Todo("Clear the hall", (AMINA, ""))],
    )  # fmt: skip


def titles(door: Door) -> list[str]:
    return [one.meeting.about for one in reading.meetings(door, AMINA)]


# ---------------------------------------------------------------- as FHIR

HEAD = shapes.meeting("m1", "Going home", patient=AMINA, by=(DARA, "Dara"), guests=[HIS])
POINT = shapes.point("p1", "Who cooks?", meeting="Communication/m1", patient=AMINA, by=HIS, at=NOW)
SAID = shapes.Summary(
    rid="s1", words="Home on Friday.", decisions=("A nurse comes.",), meeting="Communication/m1",
    patient=AMINA, tasks=("Task/t1",), readers=(HIS,), by=(DARA, "Dara"), at=NOW,
)  # fmt: skip
SUMMARY = shapes.summary("s1", SAID)


def test_what_is_built_is_read_again_and_is_valid() -> None:
    time = shapes.appointment("m1", "Family meeting", people=[(AMINA, "Amina")], **WHEN)
    for body in (HEAD, POINT, SUMMARY, time, *(shapes.moved(one, "off") for one in (HEAD, time))):
        assert check(body) == (), body["resourceType"]
    assert shapes.read_summary(SUMMARY) == SAID
    read = shapes.read_meeting(HEAD)
    assert (read.about, read.guests, read.state) == ("Going home", (HIS,), "planned")
    assert shapes.read_times(time) == (WHEN["begins"], WHEN["ends"])
    assert shapes.read_point(POINT).meeting == "Communication/m1"


OFF = shapes.moved(HEAD, "off")
REFUSED: list[tuple[str, str, Any, Any]] = [
    ("deleted", "staff", HEAD, None),
    ("called by him", "kin", None, HEAD),
    ("called by her", "patient", None, HEAD),
    ("guests by him", "kin", HEAD, {**HEAD, "recipient": []}),
    ("a team as a guest", "staff", None, {**HEAD, "recipient": [{"reference": TEAM}]}),
    ("held at birth", "staff", None, shapes.moved(HEAD, "held")),
    ("on again", "staff", OFF, HEAD),
    ("a point elsewhere", "kin", POINT, {**POINT, "partOf": [{"reference": "Communication/m2"}]}),
    ("a point of no meeting", "kin", None, {**POINT, "partOf": []}),
    ("a point to somebody", "kin", None, {**POINT, "recipient": [{"reference": BILAL}]}),
    ("a summary by him", "kin", None, SUMMARY),
    ("another summary", "staff", SUMMARY, {**SUMMARY, "payload": [{"contentString": "x"}]}),
    ("one reader more", "staff", SUMMARY, {**SUMMARY, "recipient": [{"reference": ZARA.ref}]}),
    ("a summary that opens with its meeting", "staff", None,
     {**SUMMARY, "partOf": [{"reference": "Communication/m1"}]}),
    ("another kind", "staff", POINT, HEAD),
]  # fmt: skip


@pytest.mark.parametrize("name, kind, before, after", REFUSED, ids=[one[0] for one in REFUSED])
def test_what_nobody_may_do(name: str, kind: str, before: Any, after: Any) -> None:
    with pytest.raises(Refused):
        judge(kind, before, after)


# ---------------------------------------------------------------- who sees what


def test_who_is_asked_sees_it_and_brings_points(
    door: Doors, people: People, zara: Actor, called: str
) -> None:
    assert titles(door(people.bilal)) == titles(door(people.amina)) == ["Going home"]
    assert titles(door(zara)) == []  # she sees all that can be shared, and was not asked
    for who, words in ((people.bilal, "Who cooks?"), (people.amina, "My cat"), (people.chen, "The stairs")):
        actions.bring(door(who), once=words, patient=AMINA, meeting=called, words=words)
    actions.bring(door(people.bilal), once="Who cooks?", patient=AMINA, meeting=called, words="Who cooks?")
    whole = reading.whole(door(people.bilal), AMINA, called)
    assert [point.words for point in whole.points] == ["Who cooks?", "My cat", "The stairs"]
    assert whole.planned.begins == WHEN["begins"]
    with pytest.raises(Refused):
        actions.bring(door(zara), once="hers", patient=AMINA, meeting=called, words="x")
    assert {one[0] for one in Notice.objects.filter(kind="meeting").values_list("person")} == {
        AMINA, BILAL, CHEN,
    }  # fmt: skip


def test_the_visit_says_neither_what_nor_who(door: Doors, zara: Actor, called: str) -> None:
    """Who is shown visits sees when there is one."""
    text = door(zara).read("Appointment", called).body.decode()
    assert "Going home" not in text and "Bilal" not in text


@pytest.mark.parametrize("read", [True, False])
def test_the_summary_has_a_sharing_of_its_own(
    door: Doors, people: People, zara: Actor, called: str, read: bool
) -> None:
    summary = summed(door, people, called, *([HIS] if read else []))
    assert (door(people.bilal).find("Communication", summary) is not None) is read
    assert door(zara).find("Communication", summary) is None
    whole = reading.whole(door(people.bilal), AMINA, called)
    assert (whole.summary is not None) is read and whole.planned.meeting.state == "held"
    assert whole.tasks == ()  # he does not see the shared list
    hers = reading.whole(door(people.amina), AMINA, called)
    assert hers.summary and hers.summary.decisions == ("A nurse comes each morning.",)
    assert {one.words for one in hers.tasks} == {"Order the bed", "Clear the hall"}
    assert {one.words for one in todos.open_ones(door(zara), AMINA)} == {"Order the bed", "Clear the hall"}
    assert Notice.objects.filter(kind="summary", person=BILAL).exists() is read


def test_only_the_summary_may_be_shared(door: Doors, people: People, zara: Actor, called: str) -> None:
    """A reader who was not asked sees what came of it, and nothing of what was brought."""
    actions.bring(door(people.bilal), once="x", patient=AMINA, meeting=called, words="Who cooks?")
    summary = summed(door, people, called, HERS)
    assert door(zara).find("Communication", summary) is not None
    found = door(zara).search("Communication", [("category", "urn:rapport:kind|agenda")]).matches
    assert not found and titles(door(zara)) == []


@pytest.mark.parametrize("how", ["pause", "end", "private"])
def test_what_ends_is_gone_at_once(door: Doors, people: People, called: str, how: str) -> None:
    summary = summed(door, people, called, HIS)
    if how == "private":
        circle.keep_private(door(people.amina), ref=f"Communication/{summary}", private=True)
    else:
        getattr(circle, how)(door(people.amina), member="bilal")
        assert titles(door(people.bilal)) == []
        assert door(people.bilal).find("Appointment", called) is None
    assert door(people.bilal).find("Communication", summary) is None
    assert door(people.amina).find("Communication", summary) is not None


def test_eve_does_nothing_of_it(door: Doors, people: People, called: str) -> None:
    for stranger in (people.eve, people.eve_staff, people.root):
        own = door(stranger)
        for act in (
            lambda own=own: actions.call(own, once="x", patient=AMINA, about="x", guests=[], **WHEN),
            lambda own=own: actions.bring(own, once="x", patient=AMINA, meeting=called, words="x"),
            lambda own=own: actions.sum_up(own, patient=AMINA, meeting=called, words="x"),
            lambda own=own: actions.call_off(own, patient=AMINA, meeting=called),
            lambda own=own: reading.whole(own, AMINA, called),
        ):
            with pytest.raises(Refused):
                act()
        assert titles(own) == []
    with pytest.raises(Refused):
        actions.call_off(door(people.bilal), patient=AMINA, meeting=called)
    with pytest.raises(Refused):
        actions.sum_up(door(people.bilal), patient=AMINA, meeting=called, words="x")


@pytest.mark.parametrize(
    "who", [("RelatedPerson/stray", "Stray Cat"), (BILAL, "Dr Chen"), (CHEN, "Bilal Haddad")]
)
def test_nobody_is_asked_under_a_name_that_is_not_theirs(
    door: Doors, people: People, called: str, who: tuple[str, str]
) -> None:
    """Nor is anybody of another patient's circle: a guest is let in by being one."""
    stray = {"resourceType": "RelatedPerson", "id": "stray", "patient": {"reference": "Patient/eve"},
             "name": [{"given": ["Stray"], "family": "Cat"}]}  # fmt: skip
    door(Actor.system("tests")).create(stray, rid="stray")
    with pytest.raises(Refused, match="not known by that name"):
        actions.call(door(people.dara), once="x", patient=AMINA, about="x", guests=[who], **WHEN)
    with pytest.raises(Refused, match="not known by that name"):
        actions.plan(door(people.dara), once="x", patient=AMINA, words="x", owner=who)
    if who[0].startswith("RelatedPerson/"):
        with pytest.raises(Refused, match="not known by that name"):
            summed(door, people, called, who)


def test_called_off_it_is_over(door: Doors, people: People, called: str) -> None:
    actions.call_off(door(people.dara), patient=AMINA, meeting=called)
    assert door(people.amina).read("Appointment", called).json["status"] == "cancelled"
    with pytest.raises(Refused, match="over"):
        summed(door, people, called)
    with pytest.raises(Refused, match="over"):
        actions.bring(door(people.amina), once="x", patient=AMINA, meeting=called, words="x")


# ---------------------------------------------------------------- pages


def test_the_pages(door: Doors, people: People) -> None:
    circle.share(door(people.amina), member="bilal", choice=Choice({"practical-help": None}))
    amina, bilal, dara = Browser(people.amina), Browser(people.bilal), Browser(people.dara)
    assert "No meeting is planned" in amina.get("/family/amina/meetings/")
    assert "This is not shared with you" in bilal.get("/family/amina/meetings/")
    assert "Bilal Haddad" in dara.get("/family/amina/meetings/new/")
    day = (timezone.localdate() + timedelta(days=2)).isoformat()
    form = {"about": "Going home", "day": day, "clock": "15:00", "length": "60", "guests": BILAL}
    assert "Say in a sentence" in dara.post("/family/amina/meetings/new/", {**form, "about": ""})
    assert "Who is asked" in dara.post("/family/amina/meetings/new/", form)
    rid = reading.meetings(door(people.dara), AMINA)[0].meeting.rid
    path = f"/family/amina/meetings/{rid}/"
    assert "Going home" in bilal.get("/family/amina/meetings/") and "Sum it up" not in bilal.get(path)
    assert "Who cooks?" in bilal.post(path, {"words": "Who cooks?"})
    assert "Write a sentence" in amina.post(path, {"words": " "}) and amina.status == 422
    said = {
        "words": "She goes home on Friday.", "decisions": "A nurse comes.\nNo stairs.", "readers": BILAL,
        "todo_1": "Clear the hall", "owner_1": BILAL,
    }  # fmt: skip
    assert "What came of it" in dara.get(f"{path}summary/")
    assert "Choose who" in dara.post(f"{path}summary/", {**said, "owner_1": ""}) and dara.status == 422
    after = dara.post(f"{path}summary/", said)
    assert "No stairs." in after and "Of the circle, Bilal may read this." in after
    assert "She goes home on Friday." in bilal.get(path) and "Clear the hall" in bilal.html
    assert "Keep it from my circle" in amina.get(path)
    summary = reading.whole(door(people.amina), AMINA, rid).summary
    assert summary is not None
    amina.post("/circle/private/", {"ref": summary.ref, "private": "yes"})
    assert "Friday" not in bilal.get(path)
    bilal.get(f"{path}summary/")
    assert bilal.status == 404
    amina.post(f"{path}off/")
    assert amina.status == 404
    assert "This meeting is over" in dara.post(f"{path}off/")


def test_eve_finds_no_page(people: People, called: str) -> None:
    for stranger in (Browser(people.eve), Browser(people.eve_staff)):
        for path in ("", "new/", f"{called}/", f"{called}/summary/"):
            stranger.get(f"/family/amina/meetings/{path}")
            assert stranger.status == 404, path
        stranger.post(f"/family/amina/meetings/{called}/off/")
        assert stranger.status == 404
