"""Updates by the team: for whom the patient chose, in plain words; ended, they are gone at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rapport.fhir.outcomes import Refused
from rapport.fhir.validation import check
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people import notices
from rapport.people.models import Notice
from rapport.pillars.circle import actions as circle
from rapport.pillars.circle import reading as circle_reading
from rapport.pillars.circle.shapes import Choice
from rapport.pillars.family import actions
from rapport.pillars.family.reading import news as reading
from rapport.pillars.family.rules.news import judge
from rapport.pillars.family.shapes import news as shapes
from tests.conversations.pages import Browser
from tests.personas import AMINA, BILAL, DARA, People

Doors = Callable[[Actor], Door]
NEWS = Choice({"updates": None})
NOW = datetime.now(UTC).replace(microsecond=0)
GOOD = "Amina slept well. Tomorrow she sits up for lunch. You can bring soup."
HARD = (
    "Notwithstanding the aforementioned haemodynamic considerations, the multidisciplinary consultation "
    "recommended continuation of antihypertensive pharmacotherapy pending echocardiographic reassessment."
)


@pytest.fixture
def sent(door: Doors, people: People) -> str:
    circle.share(door(people.amina), member="bilal", choice=NEWS)
    return actions.report(door(people.dara), once="a form", patient=AMINA, words=GOOD)


def said(door: Door) -> list[str]:
    return [one.words for one in reading.updates(door, AMINA)]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200).map(lambda one: f"a{one}"))
def test_what_is_built_is_read_again_and_is_valid(words: str) -> None:
    body = shapes.update("u1", words, patient=AMINA, by=(DARA, "Dara"), at=NOW)
    assert check(body) == ()
    read = shapes.read_update(body)
    assert (read.words, read.by, read.at, read.state) == (words, (DARA, "Dara"), NOW, "sent")
    judge("staff", DARA, None, body)


BODY = shapes.update("u1", GOOD, patient=AMINA, by=(DARA, "Dara"), at=NOW)
REFUSED: list[tuple[str, str, str, Any, Any]] = [
    ("deleted", "staff", DARA, BODY, None),
    ("by the patient", "patient", AMINA, None, BODY),
    ("by the circle", "kin", BILAL, None, BODY),
    ("taken back by another", "staff", "Practitioner/chen", BODY, shapes.withdrawn(BODY)),
    ("sent again", "staff", DARA, shapes.withdrawn(BODY), BODY),
    ("other words", "staff", DARA, BODY, {**BODY, "payload": [{"contentString": "x"}]}),
    ("no words", "staff", DARA, None, {**BODY, "payload": [{"contentString": " "}]}),
    ("to somebody", "staff", DARA, None, {**BODY, "recipient": [{"reference": BILAL}]}),
]


@pytest.mark.parametrize("name, kind, ref, before, after", REFUSED, ids=[one[0] for one in REFUSED])
def test_what_nobody_may_do(name: str, kind: str, ref: str, before: Any, after: Any) -> None:
    with pytest.raises(Refused):
        judge(kind, ref, before, after)


def test_who_is_let_in_reads_it_and_so_does_she(door: Doors, people: People, sent: str) -> None:
    assert said(door(people.bilal)) == said(door(people.amina)) == said(door(people.dara)) == [GOOD]
    assert set(Notice.objects.values_list("person", "kind")) == {(AMINA, "update"), (BILAL, "update")}
    assert actions.report(door(people.dara), once="a form", patient=AMINA, words=GOOD) == sent
    assert len(said(door(people.amina))) == 1


def test_messages_are_not_news_and_news_are_no_messages(door: Doors, people: People, sent: str) -> None:
    circle.share(door(people.amina), member="bilal", choice=Choice({"conversations": None}, writes=True))
    assert said(door(people.bilal)) == []


@pytest.mark.parametrize("how", ["pause", "end", "limit"])
def test_what_ends_is_gone_at_once(door: Doors, people: People, sent: str, how: str) -> None:
    """Also the notice that waits: it is asked again when it would be sent."""
    if how == "limit":
        circle.share(door(people.amina), member="bilal", choice=Choice({"practical-help": None}))
    else:
        getattr(circle, how)(door(people.amina), member="bilal")
    assert said(door(people.bilal)) == [] and door(people.bilal).find("Communication", sent) is None
    waiting = list(Notice.objects.filter(person=BILAL))
    assert waiting and notices._still_theirs(BILAL, waiting) == []
    actions.report(door(people.dara), once="another form", patient=AMINA, words=GOOD)
    assert Notice.objects.filter(person=BILAL).count() == 1
    assert len(said(door(people.amina))) == 2


def test_the_mirror_shows_what_he_will_see(door: Doors, people: People, sent: str) -> None:
    amina = door(people.amina)
    member = circle_reading.member(amina, "bilal", NOW.date())
    with circle_reading.as_seen_by(amina, member, NEWS, "2026-11-22T20:00:00Z") as seen:
        parts = {part.kind: part.lines for part in circle_reading.shared(seen, AMINA)}
    assert [line.words for line in parts["updates"]] == [GOOD]
    nothing = Choice({"conversations": None})
    with circle_reading.as_seen_by(amina, member, nothing, "2026-11-22T20:00:00Z") as seen:
        assert "updates" not in {part.kind for part in circle_reading.shared(seen, AMINA)}


def test_eve_does_nothing_of_it(door: Doors, people: People, sent: str) -> None:
    for stranger in (people.eve, people.eve_staff, people.root, people.bilal):
        with pytest.raises(Refused):
            actions.report(door(stranger), once="x", patient=AMINA, words="x")
        with pytest.raises(Refused):
            actions.take_back(door(stranger), patient=AMINA, update=sent)
    assert said(door(people.eve)) == said(door(people.eve_staff)) == []


def test_taken_back(door: Doors, people: People, sent: str) -> None:
    actions.take_back(door(people.dara), patient=AMINA, update=sent)
    actions.take_back(door(people.dara), patient=AMINA, update=sent)
    assert reading.updates(door(people.bilal), AMINA)[0].state == "withdrawn"


# ---------------------------------------------------------------- pages


def test_the_pages(door: Doors, people: People) -> None:
    amina, bilal, dara = Browser(people.amina), Browser(people.bilal), Browser(people.dara)
    assert "has not chosen anybody" in dara.get("/family/amina/news/")
    dara.get("/family/amina/news/new/")
    assert dara.status == 404
    circle.share(door(people.amina), member="bilal", choice=NEWS)
    assert "It goes to Bilal" in dara.get("/family/amina/news/new/")
    looked = dara.post("/family/amina/news/new/", {"words": HARD})
    assert "Could it be plainer?" in looked and dara.status == 422
    assert "Write a sentence or two" in dara.post("/family/amina/news/new/", {"words": " "})
    assert "sits up for lunch" in dara.post("/family/amina/news/new/", {"words": GOOD})
    assert HARD in dara.post("/family/amina/news/new/", {"words": HARD, "anyway": "1"})
    for reader in (amina, bilal):
        assert "sits up for lunch" in reader.get("/family/amina/news/")
    update = next(one.rid for one in reading.updates(door(people.dara), AMINA) if one.words == HARD)
    assert "Taken back." in dara.post(f"/family/amina/news/{update}/back/")
    assert "haemodynamic" not in bilal.get("/family/amina/news/")
    circle.pause(door(people.amina), member="bilal")
    bilal.get("/family/amina/news/")
    assert bilal.status == 404


def test_eve_finds_no_page(people: People, sent: str) -> None:
    for stranger in (Browser(people.eve), Browser(people.eve_staff)):
        for path in ("/family/amina/news/", "/family/amina/news/new/"):
            stranger.get(path)
            assert stranger.status == 404
        stranger.post(f"/family/amina/news/{sent}/back/")
        assert stranger.status == 404
