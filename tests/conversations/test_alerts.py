"""Words that speak of danger: an alert with the letter, people asked until one has it, no circle told."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from rapport.fhir.outcomes import Refused
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people import absences, site
from rapport.people.actors import Position
from rapport.people.models import Notice
from rapport.people.settings_shapes import Alerts
from rapport.pillars.conversations import actions, reading, tasks
from rapport.pillars.conversations.guards import alarming
from rapport.pillars.conversations.shapes.alerts import AlertTask, read_alert
from tests.conversations.conftest import CHEN_DESK, DARA_DESK, EVE_DESK, Clock
from tests.personas import BILAL, CHEN, DARA, TEAM, People, message

Doors = Callable[[Actor], Door]

CHEST = "It feels like a lorry parked on my ribs since this morning. Should I take my tablet?"
HARM = "I do not want to be alive any more. I have saved up my tablets."
HIT = "My husband hits me when he drinks and I am afraid to go home."
CALM = "Thank you for the leaflet. Can I fly in May?"


@pytest.fixture
def alerting(people: People, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Say how the site handles alerts."""

    def say(mode: str = "on", on_call: tuple[str, ...] = (DARA_DESK, CHEN_DESK), **more: Any) -> None:
        found = replace(site.current(), alerts=Alerts(mode, on_call, **more))
        monkeypatch.setattr(site, "current", lambda: found)

    return say


def write(door: Door, text: str, once: str = "a form") -> actions.Sent:
    return actions.start(door, once=f"token {once}", topic="health", text=text)


def alerts(conversation: str) -> list[AlertTask]:
    """The alerts of a conversation, as Rapport sees them."""
    door = Door(connection.connection, Actor.system("tests"))
    query = [("based-on", f"Communication/{conversation}"), ("code", "urn:rapport:kind|alert")]
    return [read_alert(record.json) for record in door.search("Task", query).matches]


def test_words_of_danger_open_one_alert_with_version_and_span(
    door: Doors, people: People, clock: Clock, alerting: Callable[..., None]
) -> None:
    alerting()
    sent = write(door(people.amina), CHEST)
    again = write(door(people.amina), CHEST)  # the same form twice
    assert again == sent
    (one,) = alerts(sent.conversation)
    assert one.state == "open" and one.stat and one.letter == f"Communication/{sent.message}"
    assert CHEST[one.found[0].start : one.found[0].end] == "parked on my ribs"
    assert one.found[0].rule == "chest.pressure" and "+" in one.found[0].edition
    assert one.asked == (DARA_DESK,) and one.due == clock.at + timedelta(minutes=10)
    assert Notice.objects.filter(person=DARA, kind="urgent").count() == 1
    stored = door(people.amina).read("Communication", sent.message).json
    assert stored["payload"] == [{"contentString": CHEST}]  # the message is as it was written


@pytest.mark.parametrize("text", [HARM, HIT])
def test_the_circle_is_told_nothing_of_harm_to_oneself_or_by_others(
    door: Doors, people: People, clock: Clock, alerting: Callable[..., None], text: str
) -> None:
    alerting()
    sent = write(door(people.amina), CALM)
    header = door(Actor.system("tests")).read("Communication", sent.conversation).json
    header["recipient"].append({"reference": BILAL})
    door(people.amina).update(header)
    actions.write_more(door(people.amina), once="a second", conversation=sent.conversation, text="Hello.")
    assert Notice.objects.filter(person=BILAL).count() == 1
    actions.write_more(door(people.amina), once="a third one", conversation=sent.conversation, text=text)
    assert Notice.objects.filter(person=BILAL).count() == 1
    (one,) = alerts(sent.conversation)
    for who in (people.bilal, people.amina, people.eve, people.eve_staff):
        assert door(who).find("Task", one.rid) is None
        assert not door(who).search("Task", [("code", "urn:rapport:kind|alert")]).matches
    assert reading.conversation(door(people.bilal), sent.conversation).alerts == ()


def test_the_next_person_is_asked_until_one_has_it(
    door: Doors, people: People, clock: Clock, alerting: Callable[..., None]
) -> None:
    alerting()
    sent = write(door(people.amina), HARM)
    clock.on(minutes=9)
    assert tasks.sweep() == 0
    clock.on(minutes=1)
    assert tasks.sweep() == 1 and tasks.sweep() == 0  # at once again: nobody is asked twice
    assert alerts(sent.conversation)[0].asked == (DARA_DESK, CHEN_DESK)
    assert Notice.objects.filter(person=CHEN, kind="urgent").count() == 1
    for minutes in (10, 20, 20, 40):  # round and round, each twice as long, and never given up
        clock.on(minutes=minutes)
        assert tasks.sweep() == 1
    assert Notice.objects.filter(person=DARA, kind="urgent").count() == 3
    (one,) = alerts(sent.conversation)
    assert one.due == clock.at + timedelta(minutes=40)

    actions.take_alert(door(people.chen), alert=one.rid)
    actions.take_alert(door(people.chen), alert=one.rid)
    clock.on(hours=5)
    tasks.sweep()
    (one,) = alerts(sent.conversation)
    assert one.state == "taken" and one.owner == CHEN_DESK
    assert [event.code for event in one.events].count("taken") == 1
    assert Notice.objects.filter(person=DARA, kind="urgent").count() == 3

    with pytest.raises(Refused, match="reason in words"):
        actions.see_to_alert(door(people.chen), alert=one.rid)
    actions.see_to_alert(door(people.chen), alert=one.rid, words="I rang her. She is with the crisis team.")
    actions.see_to_alert(door(people.chen), alert=one.rid, words="Again.")
    (one,) = alerts(sent.conversation)
    assert one.state == "seen" and one.events[-1].words.startswith("I rang her")
    assert reading.inbox(door(people.dara)).alerts == ()


def test_it_stands_first_in_the_inbox_and_among_mine(
    door: Doors, people: People, clock: Clock, alerting: Callable[..., None]
) -> None:
    alerting()
    actions.start(door(people.amina), once="the old one", topic="health", text=CALM, concerns=["Can I fly?"])
    sent = write(door(people.amina), CHEST)
    found = reading.inbox(door(people.chen))
    assert [one.conversation for one in found.alerts] == [sent.conversation]
    assert found.alerts[0].words == "parked on my ribs" and found.alerts[0].patient.name == "Amina Haddad"
    assert found.counts.pressing == 1 and len(found.concerns) == 1
    mine = reading.inbox(door(people.dara), whose="mine")
    assert len(mine.alerts) == 1 and not mine.concerns
    assert reading.inbox(door(people.chen), whose="mine").alerts == ()
    assert reading.inbox(door(people.eve_staff)).alerts == ()


def test_nobody_on_call_asks_the_team_and_waits_for_the_morning(
    door: Doors, people: People, clock: Clock, alerting: Callable[..., None]
) -> None:
    alerting(on_call=())
    clock.to(datetime(2026, 6, 15, 22, 0, tzinfo=UTC))
    sent = write(door(people.amina), HARM)
    (one,) = alerts(sent.conversation)
    assert one.asked == () and one.due == datetime(2026, 6, 16, 8, 0, tzinfo=UTC)
    assert Notice.objects.filter(kind="urgent").count() == 2  # both of the team, at once
    assert tasks.sweep() == 0
    clock.to(datetime(2026, 6, 16, 8, 0, tzinfo=UTC))
    assert tasks.sweep() == 1
    assert alerts(sent.conversation)[0].asked == (DARA_DESK,)  # the team's own chain, once it is open


def test_who_is_away_is_not_asked_and_on_call_may_be_of_another_team(
    door: Doors, people: People, clock: Clock, alerting: Callable[..., None]
) -> None:
    day = date(2026, 6, 15)
    absences.set_absence(DARA, day, day, "", "tests")
    alerting(on_call=(DARA_DESK, EVE_DESK), always=True)
    clock.to(datetime(2026, 6, 15, 22, 0, tzinfo=UTC))
    sent = write(door(people.amina), CHEST)
    (one,) = alerts(sent.conversation)
    assert one.asked == (EVE_DESK,)
    actions.take_alert(door(people.eve_staff), alert=one.rid)  # she is let in, because she is asked
    assert reading.conversation(door(people.eve_staff), sent.conversation).alerts[0].mine


def test_a_trial_alerts_nobody_and_is_written_down(
    door: Doors, people: People, clock: Clock, alerting: Callable[..., None]
) -> None:
    alerting("silent")
    sent = write(door(people.amina), CHEST)
    (one,) = alerts(sent.conversation)
    assert one.state == "trial" and one.found
    assert not Notice.objects.filter(kind="urgent").exists()
    assert reading.inbox(door(people.dara)).alerts == ()
    clock.on(days=2)
    assert tasks.sweep() == 0
    alerting("off")
    assert alerts(write(door(people.amina), CHEST, "another").conversation) == []


def test_a_reading_that_fails_keeps_no_letter_back(
    door: Doors, people: People, clock: Clock, alerting: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(text: str, language: str = "") -> None:
        raise RuntimeError(text)

    alerting()
    monkeypatch.setattr(alarming.rules, "hear", broken)
    sent = write(door(people.amina), CHEST)
    (one,) = alerts(sent.conversation)
    assert one.found[0].rule == "unreadable" and not one.stat
    assert [look.rid for look in reading.inbox(door(people.dara)).looks] == [one.rid]
    actions.mark_opened(door(people.bilal), [sent.message])
    assert reading.inbox(door(people.dara)).looks
    actions.mark_opened(door(people.chen), [sent.message])  # opened by the team: it was read
    assert reading.inbox(door(people.dara)).looks == ()


def test_when_nobody_can_be_looked_up_the_letter_goes_and_the_clock_asks(
    door: Doors, people: People, clock: Clock, alerting: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: Any) -> None:
        raise RuntimeError

    alerting()
    with monkeypatch.context() as patch:
        patch.setattr(alarming.finding, "ladder", broken)
        sent = write(door(people.amina), HARM)
    (one,) = alerts(sent.conversation)
    assert one.state == "open" and one.asked == ()
    assert tasks.sweep() == 1
    assert alerts(sent.conversation)[0].asked == (DARA_DESK,)


def test_letter_and_alert_stand_or_fall_together(
    door: Doors, people: People, clock: Clock, alerting: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a crash in between would leave: nothing; the form sent again then does both, once."""

    def killed(*_args: Any) -> None:
        raise KeyboardInterrupt

    alerting()
    with monkeypatch.context() as patch:
        patch.setattr(alarming, "_ask", killed)
        with pytest.raises(KeyboardInterrupt):
            write(door(people.amina), HARM)
    query = [("code", "urn:rapport:kind|alert")]
    assert not Door(connection.connection, Actor.system("tests")).search("Task", query).matches
    assert not door(people.amina).search("Communication", [("subject", people.amina.ref)]).matches
    assert len(alerts(write(door(people.amina), HARM).conversation)) == 1


def test_who_leaves_leaves_no_alert_behind(
    door: Doors, people: People, clock: Clock, alerting: Callable[..., None]
) -> None:
    alerting()
    sent = write(door(people.amina), HARM)
    (one,) = alerts(sent.conversation)
    actions.take_alert(door(people.dara), alert=one.rid)
    chen = door(people.chen)
    with chen.unit("someone leaves"):
        tasks.give_back(chen, DARA, (Position(DARA_DESK, DARA, TEAM, "nurse", frozenset()),))
    (one,) = alerts(sent.conversation)
    assert one.state == "open" and one.owner == TEAM and one.events[-1].whose == DARA_DESK
    assert tasks.sweep() == 1  # the next person, at once
    assert alerts(sent.conversation)[0].asked[-1] == CHEN_DESK


def test_a_letter_over_the_api_opens_one_too(
    door: Doors, people: People, clock: Clock, alerting: Callable[..., None]
) -> None:
    alerting()
    sent = write(door(people.amina), CALM)
    letter = message("by-api", sent.conversation, HARM) | {"sent": clock.at.isoformat()}
    door(people.amina).create(letter, rid="by-api")
    (one,) = alerts(sent.conversation)
    assert one.letter == "Communication/by-api" and one.asked == (DARA_DESK,)


def test_a_language_that_we_do_not_read_is_read_first_by_a_person(
    door: Doors, people: People, clock: Clock, alerting: Callable[..., None]
) -> None:
    alerting()
    sent = write(door(people.amina), "لا أريد أن أعيش بعد اليوم. لقد تعبت من كل شيء.")
    (one,) = reading.conversation(door(people.dara), sent.conversation).alerts
    assert not one.stat and not one.read and one.words.startswith("لا أريد")
    assert alerts(sent.conversation)[0].found[0].rule == "unread"


def test_what_the_team_writes_opens_nothing(
    door: Doors, people: People, clock: Clock, alerting: Callable[..., None]
) -> None:
    alerting()
    sent = write(door(people.amina), CALM)
    actions.write_more(door(people.dara), once="words of Dara", conversation=sent.conversation, text=CHEST)
    actions.note(door(people.dara), once="a note of Dara", conversation=sent.conversation, text=HARM)
    assert alerts(sent.conversation) == []


def test_a_correction_is_read_too_and_opens_no_second_alert(
    door: Doors, people: People, clock: Clock, alerting: Callable[..., None]
) -> None:
    alerting()
    sent = write(door(people.amina), CALM)
    assert alerts(sent.conversation) == []
    actions.correct(door(people.amina), letter=sent.message, text=CHEST)
    actions.correct(door(people.amina), letter=sent.message, text=f"{CHEST} Please.")
    assert len(alerts(sent.conversation)) == 1


def test_eve_and_the_family_neither_take_nor_see_to_an_alert_nor_judge_a_reading(
    door: Doors, people: People, clock: Clock, alerting: Callable[..., None]
) -> None:
    alerting()
    sent = write(door(people.amina), CHEST)
    (one,) = alerts(sent.conversation)
    for who in (people.eve, people.eve_staff, people.bilal, people.amina, people.root):
        for act in (
            lambda at: actions.take_alert(at, alert=one.rid),
            lambda at: actions.see_to_alert(at, alert=one.rid, words="Done."),
            lambda at: actions.tell_reading(at, letter=sent.message, verdict="misread"),
        ):
            with pytest.raises(Refused):
                act(door(who))
    assert alerts(sent.conversation)[0] == one


def test_no_writer_gets_around_the_guard(
    door: Doors, people: People, clock: Clock, alerting: Callable[..., None]
) -> None:
    alerting()
    sent = write(door(people.amina), CHEST)
    (one,) = alerts(sent.conversation)
    dara = door(people.dara)
    body = dara.read("Task", one.rid).json
    for change in (
        {"status": "cancelled"},
        {"status": "completed"},
        {"status": "accepted", "owner": {"reference": CHEN_DESK}},
        {"priority": "routine"},
        {"input": []},
    ):
        with pytest.raises(Refused):
            dara.update({**body, **change})
    with pytest.raises(Refused):
        dara.create({**body, "id": "another"}, rid="another")
    with pytest.raises(Refused):
        dara.delete("Task", one.rid)
    assert alerts(sent.conversation)[0] == one


def test_a_verdict_is_kept_once_for_the_team_alone(
    door: Doors, people: People, clock: Clock, alerting: Callable[..., None]
) -> None:
    alerting()
    sent = write(door(people.amina), CHEST)
    for _time in range(2):
        actions.tell_reading(
            door(people.dara), letter=sent.message, verdict="misread", rules=["chest.pressure"]
        )
    query = [("category", "urn:rapport:kind|verdict")]
    assert len(door(people.chen).search("Communication", query).matches) == 1
    for who in (people.amina, people.bilal, people.eve_staff):
        assert not door(who).search("Communication", query).matches
    with pytest.raises(Refused):
        actions.tell_reading(door(people.dara), letter=sent.message, verdict="fine")


def test_evaluate_counts_what_people_said_and_reads_it_again(
    door: Doors,
    people: People,
    clock: Clock,
    alerting: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    alerting("silent")
    wrong = write(door(people.amina), CHEST)
    right = write(door(people.amina), HARM, "a second")
    missed = write(door(people.amina), CALM, "a third one")
    dara = door(people.dara)
    actions.tell_reading(dara, letter=wrong.message, verdict="misread", rules=["chest.pressure"])
    actions.tell_reading(dara, letter=missed.message, verdict="missed")
    actions.correct(door(people.amina), letter=missed.message, text=HIT)  # as if the rules knew it now
    call_command("listening", "evaluate", "--json")
    found = json.loads(capsys.readouterr().out)
    assert (found["letters"], found["alerts"], found["trial"], found["wrong"]) == (3, 3, 3, 1)
    assert (found["misread"], found["mended"], found["missed"], found["found_now"]) == (1, 0, 1, 1)
    assert found["levels"] == {"emergency": 1, "self_harm": 1, "urgent": 1}
    assert found["wrong_rules"] == {"chest.pressure": 1}
    assert right.message and "lorry" not in json.dumps(found)
    call_command("listening", "evaluate")
    assert "alerts that nobody called wrong    2 of 3 (67%)" in capsys.readouterr().out
