"""The pages of hard news, played by both sides: a wish, a result that waits, the call, the days after."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from rapport.fhir.outcomes import Refused
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people import errand_clock, errands
from rapport.pillars.hard_news import actions, finding, reading, shapes
from rapport.pillars.what_matters import actions as matters
from rapport.pillars.what_matters.shapes.reach import Reach
from tests.conversations.pages import Browser
from tests.hard_news.conftest import MARK, wished
from tests.hard_news.test_holds import arrive, call_of
from tests.personas import AMINA, CHEN, DARA, People

Doors = Callable[[Actor], Door]
SAID = {"way": "call", "time": "afternoon", "teller": "PractitionerRole/chen", "beside": "Bilal", "days": "3",
        "words": "Say it straight."}  # fmt: skip


def told(people: People, door: Doors, again: int = 2) -> str:
    """Dara told Amina something hard today, and asks again; the id of the check-in."""
    when = datetime.now(UTC) + timedelta(days=again)
    return actions.plan_check_in(
        door(people.dara), once="a form", patient=AMINA, again=when, words="I ring you."
    )


def test_amina_says_how_and_staff_see_it(people: People, door: Doors) -> None:
    amina = Browser(people.amina)
    assert "Scans and X-rays" in amina.get("/hearing/amina/")
    amina.get("/hearing/amina/tissue/")
    after = amina.send("/hearing/amina/tissue/", **SAID)
    assert "Kept. Your team goes by it." in after and "Ring me" in after and "3 days at most" in after
    seen = Browser(people.dara).get("/hearing/amina/")
    assert "Mei Chen, GP" in seen and "Say it straight." in seen and "Bilal" in seen
    assert "How to tell results" in Browser(people.dara).get("/people/amina/")
    amina.get("/hearing/amina/tissue/")
    assert "Such results come as they come." in amina.send("/hearing/amina/tissue/out/")


def test_a_choice_that_is_none_keeps_the_words(people: People) -> None:
    amina = Browser(people.amina)
    amina.get("/hearing/amina/scans/")
    amina.send("/hearing/amina/scans/", **{**SAID, "way": "pigeon"})
    assert amina.status == 422 and "Say it straight." in amina.html
    amina.get("/hearing/amina/stars/")
    assert amina.status == 404


def test_the_whole_way(people: People, door: Doors) -> None:
    amina = Browser(people.amina)
    amina.get("/hearing/amina/tissue/")
    amina.send("/hearing/amina/tissue/", **SAID)
    arrive(door(people.program))
    day = amina.get("/")
    assert "A result is there" in day and "Mei Chen rings you, in the afternoon" in day
    assert "With you: Bilal" in day and "Then it stands in your record by itself." in day
    chen = Browser(people.chen)
    assert "A result to tell" in chen.get("/inbox/") and "You are asked" in chen.said
    rid = call_of(door(people.dara)).rid
    assert f"Biopsy {MARK}" in chen.get(f"/calls/{rid}/") and "Say it straight." in chen.said
    assert "It is yours." in chen.send("/take/")
    chen.send(f"/calls/{rid}/", words="", again="2")
    assert chen.status == 422
    after = chen.send(
        f"/calls/{rid}/", words="We spoke. Bilal was there.", again="2", to_them="I ring you Thursday."
    )
    assert "What waited is free now." in after and "Ask how it is" in after
    day = amina.get("/")
    assert "A result is there" not in day and "How are you since?" in day and "I ring you Thursday." in day


def test_how_it_is_since_is_read_by_who_asked(people: People, door: Doors) -> None:
    rid = told(people, door)
    amina = Browser(people.amina)
    assert "I ring you." in amina.get(f"/calls/{rid}/")
    after = amina.send(f"/calls/{rid}/", how="mixed", words="I sleep a little.")
    assert "Dara Okafor reads it" in after
    assert "I sleep a little." in amina.get(f"/calls/{rid}/") and "Send it" not in amina.said
    dara = Browser(people.dara)
    assert "I sleep a little." in dara.get(f"/calls/{rid}/")
    assert "Kept." in dara.send(f"/calls/{rid}/", words="She is with her sister.")
    assert errands.of_patient(door(people.dara), AMINA) == ()


def test_hard_days_bring_the_call_forward(people: People, door: Doors) -> None:
    rid = told(people, door)
    before = errands.read_errand(door(people.dara).read("Task", rid).json).due
    Browser(people.amina).post(f"/calls/{rid}/", {"how": "hard", "words": ""})
    due = errands.read_errand(door(people.dara).read("Task", rid).json).due
    assert before is not None and due is not None and due <= before
    assert (lambda said: (said.how, said.words))(_said(door(people.dara), rid)) == ("hard", "")


def _said(door: Door, rid: str) -> shapes.Answer:
    found = reading.answer_to(door, errands.read_errand(door.read("Task", rid).json))
    assert found is not None
    return found


def test_danger_is_an_alert_and_help_stands_at_once(people: People, door: Doors) -> None:
    rid = told(people, door)
    amina = Browser(people.amina)
    said = amina.post(f"/calls/{rid}/", {"how": "danger", "words": "I have put the pills on the table."})
    assert "Help now" in said and "is being told now" in said and amina.at == "/help/"
    (alert,) = door(people.dara).search("Task", "code=urn:rapport:kind|alert&priority=stat").matches
    assert alert.json["status"] == "requested" and alert.json["for"]["reference"] == AMINA
    inbox = Browser(people.dara).get("/inbox/")
    assert "Somebody is needed now" in inbox and "I have put the pills" in inbox
    body = door(people.dara).read("Communication", alert.json["focus"]["reference"].partition("/")[2]).json
    assert {"PRS"} == {one["code"] for one in body["meta"]["security"]}  # her circle is told nothing


def test_danger_without_words_is_one_too(people: People, door: Doors) -> None:
    rid = told(people, door)
    Browser(people.amina).post(f"/calls/{rid}/", {"how": "danger", "words": ""})
    assert len(door(people.dara).search("Task", "code=urn:rapport:kind|alert&priority=stat").matches) == 1
    with pytest.raises(Refused):
        actions.answer(door(people.amina), check=rid, how="well", words="")


@pytest.mark.parametrize("days", [0.5, 4])
def test_one_asks_within_one_to_three_days(people: People, door: Doors, days: float) -> None:
    with pytest.raises(Refused):
        actions.plan_check_in(
            door(people.dara), once="x", patient=AMINA, again=datetime.now(UTC) + timedelta(days=days)
        )


def test_what_nobody_takes_passes_on_to_the_next_name(people: People, door: Doors) -> None:
    actions.wish(door(people.amina), patient=AMINA, said=wished())
    arrive(door(people.program))
    one = call_of(door(people.dara))
    assert one.owner == "Organization/harbour-street" and one.due is not None
    clock = door(Actor.system("clock"))
    assert errand_clock.due(clock, one.due - timedelta(seconds=1)) == []
    asked = []
    at = one.due
    for _ in range(4):
        (rid,) = errand_clock.due(clock, at)
        errand_clock.pass_on(clock, rid, at)
        asked.append(call_of(door(people.dara)).owner)
        at += timedelta(days=3)
    assert asked == ["PractitionerRole/dara", *["PractitionerRole/chen"] * 3]  # the lead keeps it
    actions.take_call(door(people.dara), call=one.rid)
    actions.tell_done(door(people.dara), call=one.rid, words="Told.")
    assert errand_clock.due(clock, at + timedelta(days=9)) == []


@pytest.mark.parametrize("who", ["eve", "eve_staff", "bilal", "root"])
def test_eve_and_others_find_no_page_and_do_nothing(people: People, door: Doors, who: str) -> None:
    actions.wish(door(people.amina), patient=AMINA, said=wished())
    arrive(door(people.program))
    check, call = told(people, door), call_of(door(people.dara)).rid
    other, at_door = Browser(getattr(people, who)), door(getattr(people, who))
    assert "Slowly." not in other.get("/hearing/amina/")
    for path in (f"/calls/{check}/", f"/calls/{call}/"):
        other.get(path)
        assert other.status == 404
    for path in (
        f"/calls/{call}/take/",
        f"/calls/{call}/not-needed/",
        f"/calls/{check}/",
        "/hearing/amina/tissue/",
    ):
        other.post(path, {**SAID, "why": "Theirs.", "how": "well"})
        assert other.status in (403, 404), path
    soon = datetime.now(UTC) + timedelta(days=2)
    tries: list[Callable[[], object]] = [
        lambda: actions.plan_check_in(at_door, once="theirs", patient=AMINA, again=soon),
        lambda: actions.answer(at_door, check=check, how="well", words="Theirs."),
        lambda: actions.check_in_done(at_door, check=check, words="Theirs."),
        lambda: actions.take_check_in(at_door, check=check),
        lambda: actions.take_call(at_door, call=call),
        lambda: actions.tell_done(at_door, call=call, words="Theirs."),
        lambda: actions.not_needed(at_door, call=call, words="Theirs."),
        lambda: actions.wish(at_door, patient=AMINA, said=wished("scans")),
    ]
    for attempt in tries:
        with pytest.raises(Refused):
            attempt()
    with pytest.raises(Refused):
        actions.check_in_done(door(people.amina), check=check, words="Mine.")
    assert [one.kind for one in finding.wishes(door(people.amina), AMINA)] == ["tissue"]


def test_notices_name_nothing(people: People, door: Doors) -> None:
    """Nobody but who has the errand is told by e-mail, so no mail can say that there is news."""
    from rapport.people.models import Notice

    actions.wish(door(people.amina), patient=AMINA, said=wished())
    arrive(door(people.program))
    told(people, door)
    assert set(Notice.objects.values_list("person", "kind")) == {(CHEN, "errand"), (DARA, "errand")}


def test_titles_say_no_health(people: People, door: Doors) -> None:
    rid = told(people, door)
    amina = Browser(people.amina)
    amina.get(f"/calls/{rid}/")
    assert re.search(r"<title>([^<]*)", amina.html)[1] == "How are you since? · Rapport"  # type: ignore[index]


def test_a_call_to_who_cannot_hear_it_is_said_on_its_page(people: People, door: Doors) -> None:
    """As when it is written down: the way that was agreed decides, else a call is meant."""
    rid = told(people, door)
    matters.set_reach(door(people.amina), patient=AMINA, how=Reach("", ("deaf",)))
    assert "Amina cannot hear a call: write, or talk in person." in Browser(people.dara).get(f"/calls/{rid}/")
    assert "cannot hear" not in Browser(people.amina).get(f"/calls/{rid}/")
