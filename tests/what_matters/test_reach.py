"""How somebody wants to be reached: chosen on its page, kept by the door, held to when something is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from rapport.fhir.outcomes import Refused
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people import notices, site, statements
from rapport.people.models import Notice, Quiet
from rapport.pillars.conversations import actions as letters
from rapport.pillars.what_matters import actions
from rapport.pillars.what_matters.reading.reach import reached
from rapport.pillars.what_matters.shapes import reach
from rapport.pillars.what_matters.shapes.reach import Reach
from tests.conversations.pages import Browser
from tests.personas import AMINA, People

Doors = Callable[[Actor], Door]
NIGHT = (time(19), time(10, 30))
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


def test_amina_chooses_and_her_team_reads_it(people: People, door: Doors) -> None:
    amina = Browser(people.amina)
    assert "How to reach me" in amina.get("/matters/amina/")
    amina.get("/matters/amina/reach/")
    said = amina.send("/reach/", way="call", needs=["large-print", "deaf"], begins="19:00", ends="10:30")
    assert "A call. Large print. I cannot hear a call. No e-mail from 7" in said
    assert reached(door(people.amina), AMINA) == Reach("call", ("large-print", "deaf"), NIGHT)
    assert "A call. Large print. Cannot hear a call." in Browser(people.dara).get("/matters/amina/")
    form = amina.get("/matters/amina/reach/")
    assert "What do you like best?" in form and 'value="19:00"' in amina.html


def test_one_time_alone_the_same_twice_and_nonsense_are_refused(people: People, door: Doors) -> None:
    amina = Browser(people.amina)
    for given, words in (
        ({"begins": "19:00"}, "Write both times, or none."),
        ({"begins": "19:00", "ends": "19:00"}, "Write two different times."),
        ({"begins": "late", "ends": "19:00"}, "Write the hour and the minutes"),
    ):
        assert words in amina.post("/matters/amina/reach/", given) and amina.status == 422
    amina.post("/matters/amina/reach/", {"way": "pigeon"})
    assert amina.status == 422
    assert reached(door(people.amina), AMINA) == Reach()


@pytest.mark.parametrize("who", ["eve", "eve_staff", "bilal", "root"])
def test_eve_and_others_change_nothing(people: People, door: Doors, who: str) -> None:
    actions.set_reach(door(people.amina), patient=AMINA, how=Reach("call", (), NIGHT))
    actor = getattr(people, who)
    other = Browser(actor)
    assert "A call" not in other.get("/matters/amina/") or who == "bilal"
    other.post("/matters/amina/reach/", {"way": "post"})
    assert other.status == 404
    with pytest.raises(Refused):
        actions.set_reach(door(actor), patient=AMINA, how=Reach("post"))
    assert reached(door(people.amina), AMINA).way == "call"
    assert Quiet.objects.get(person=AMINA).begins == NIGHT[0]


def test_the_rules_hold_over_the_door(people: People, door: Doors) -> None:
    amina = door(people.amina)
    good = reach.resource(AMINA, Reach("call", ("deaf",), NIGHT), by=(AMINA, "Amina Haddad"), at=NOW)
    wrong: list[dict[str, Any]] = [
        good | {"id": "another"},
        good | {"status": "stopped"},
        good | {"item": [{"linkId": "way", "answer": [{"valueCoding": {"code": "pigeon"}}]}]},
        good | {"item": [{"linkId": "quiet", "answer": [{"valueTime": "20:00:00"}]}]},
        good | {"item": [{"linkId": "quiet", "answer": [{"valueTime": "20:00:00"}] * 2}]},
    ]
    for body in wrong:
        with pytest.raises(Refused):
            amina.create(body, rid=body["id"])
    amina.create(good, rid=good["id"])
    with pytest.raises(Refused):
        amina.delete("QuestionnaireResponse", good["id"])


def test_her_hours_hold_for_notices_and_not_for_what_is_urgent(people: People, door: Doors) -> None:
    here = timezone.now().astimezone(site.current().zone)
    ends = (here + timedelta(hours=3)).time().replace(second=0, microsecond=0)
    hours = ((here - timedelta(hours=1)).time().replace(second=0, microsecond=0), ends)
    actions.set_reach(door(people.amina), patient=AMINA, how=Reach("", (), hours))
    notices.tell(AMINA, "message", "Communication/1", "one")
    notices.tell(AMINA, "list", "Communication/1", "two", urgent=True)
    notices.tell(people.dara.ref, "message", "Communication/1", "three")
    due = dict(Notice.objects.values_list("key", "due_at"))
    assert due["one"].astimezone(here.tzinfo).time() == ends
    assert due["two"] <= timezone.now()
    assert due["three"] == notices.out_of_quiet(due["three"], site.current())
    actions.set_reach(door(people.amina), patient=AMINA, how=Reach())
    assert statements.quiet_of(_conn(), AMINA) is None


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (
            datetime(2026, 3, 28, 22, tzinfo=UTC),
            datetime(2026, 3, 29, 9, 30, tzinfo=UTC),
        ),  # an hour is skipped
        (
            datetime(2026, 10, 24, 22, tzinfo=UTC),
            datetime(2026, 10, 25, 10, 30, tzinfo=UTC),
        ),  # one comes twice
        (datetime(2026, 6, 15, 7, tzinfo=UTC), datetime(2026, 6, 15, 9, 30, tzinfo=UTC)),
        (
            datetime(2026, 6, 15, 12, tzinfo=UTC),
            datetime(2026, 6, 15, 12, 30, tzinfo=UTC),
        ),  # not hers: the day
    ],
)
def test_her_morning_is_hers_when_the_clocks_change(now: datetime, due: datetime) -> None:
    rules = replace(site.parse(site.default_text()), batch_minutes=30)
    assert notices.due_at(now, rules, NIGHT) == due


def _conn() -> Any:
    connection.ensure_connection()
    return connection.connection


@pytest.mark.parametrize(
    ("way", "needs", "words"),
    [
        ("call", (), "Amina would rather be called than written to."),
        ("visit", (), "Amina would rather talk in person than be written to."),
        ("post", (), ""),
        ("message", ("deaf", "large-print"), ""),
        ("", (), ""),
    ],
)
def test_a_letter_that_goes_the_wrong_way_is_asked_about_once(
    people: People, door: Doors, way: str, needs: tuple[str, ...], words: str
) -> None:
    actions.set_reach(door(people.amina), patient=AMINA, how=Reach(way, needs))
    dara = Browser(people.dara)
    sent = letters.start(
        door(people.amina), once="the letter", topic="health", text="Hello.", concerns=("Hello?",)
    )
    for path, form, given in (
        ("/messages/new/?patient=amina", "/new/", {"topic": "health"}),
        (f"/messages/{sent.conversation}/", "/answer/", {}),
    ):
        dara.get(path)
        said = dara.send(form, text="Yes.", **given)
        if not words:
            assert dara.status == 200 and "Not sent yet" not in said
            continue
        assert dara.status == 409 and words in said and "Write down a call" in said
        assert "Not sent yet" not in dara.send(form, text="Yes.", anyway="1", **given)
        assert dara.status == 200


def test_a_call_to_who_cannot_hear_it_is_said_before(people: People, door: Doors) -> None:
    actions.set_reach(door(people.amina), patient=AMINA, how=Reach("", ("deaf",)))
    said = Browser(people.dara).get("/messages/record/?patient=amina")
    assert "Amina cannot hear a call: write, or talk in person." in said


def test_it_stands_beside_the_answer(people: People, door: Doors) -> None:
    actions.set_reach(door(people.amina), patient=AMINA, how=Reach("", ("screen-reader",)))
    sent = letters.start(
        door(people.amina), once="the letter", topic="health", text="Hello.", concerns=("Hello?",)
    )
    said = Browser(people.dara).get(f"/messages/{sent.conversation}/")
    assert "How to reach them" in said and "Reads with a screen reader" in said


def test_her_hours_go_where_her_account_goes(people: People, door: Doors) -> None:
    """To the record that stands for her now, and back."""
    actions.set_reach(door(people.amina), patient=AMINA, how=Reach("", (), NIGHT))
    for old, new in ((AMINA, "Patient/stays"), ("Patient/stays", AMINA)):
        statements.move_account(_conn(), old, new)
        assert statements.quiet_of(_conn(), new) == NIGHT and statements.quiet_of(_conn(), old) is None


def test_somebody_of_her_circle_has_hours_of_his_own(people: People, door: Doors) -> None:
    bilal = Browser(people.bilal)
    assert "When e-mails come" in bilal.get("/more/")
    bilal.get("/account/quiet/")
    assert "Write both times, or none." in bilal.send("/quiet/", begins="19:00") and bilal.status == 422
    bilal.get("/account/quiet/")
    bilal.send("/quiet/", begins="19:00", ends="10:30")
    assert statements.quiet_of(_conn(), people.bilal.ref) == NIGHT and not Quiet.objects.filter(person=AMINA)
    here = timezone.now().astimezone(site.current().zone)
    ends = (here + timedelta(hours=3)).time().replace(second=0, microsecond=0)
    begins = (here - timedelta(hours=1)).time().replace(second=0, microsecond=0)
    bilal.get("/account/quiet/")
    bilal.send("/quiet/", begins=begins.isoformat("minutes"), ends=ends.isoformat("minutes"))
    notices.tell(people.bilal.ref, "message", "Communication/1", "one")
    assert Notice.objects.get(key="one").due_at.astimezone(here.tzinfo).time() == ends
    bilal.get("/account/quiet/")
    bilal.send("/quiet/", begins="", ends="")
    assert not Quiet.objects.exists()


@pytest.mark.parametrize("who", ["eve", "eve_staff", "amina", "root"])
def test_eve_and_others_have_no_such_page(people: People, who: str) -> None:
    """A patient says it with how to reach them; for who works here the hours of the site hold."""
    one = Browser(getattr(people, who))
    assert "When e-mails come" not in one.get("/more/")
    one.post("/account/quiet/", {"begins": "19:00", "ends": "10:30"})
    assert one.status == 404 and not Quiet.objects.exists()
