"""Screens on a schedule: ordered, answered one by one, finished, scored, looked at; and what acts at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from rapport.fhir.outcomes import Refused
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people import alarms, site
from rapport.people.actors import Position
from rapport.people.models import Notice
from rapport.pillars.circle import actions as circle
from rapport.pillars.circle.shapes import CATEGORIES, Choice
from rapport.pillars.conversations import actions as writing
from rapport.pillars.conversations import reading as talks
from rapport.pillars.conversations import tasks as clocks
from rapport.pillars.conversations.shapes.alerts import AlertTask, read_alert
from rapport.pillars.screens import actions, reading, tasks
from rapport.pillars.screens.shapes.orders import FollowUp, read_follow_up
from tests.conversations.conftest import CHEN_DESK, DARA_DESK
from tests.personas import AMINA, BILAL, CHEN, DARA, TEAM, People, observation
from tests.screens.conftest import Clock

Doors = Callable[[Actor], Door]
FORM = "urn:rapport:sample:sample"
MH = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "MH"}


def system() -> Door:
    return Door(connection.connection, Actor.system("tests"))


def waiting(door: Door) -> str:
    """The one form that waits for Amina."""
    ((one, _pack),) = reading.waiting(door, AMINA)
    return one.rid


def asked(door: Doors, people: People, weeks: int = 0) -> str:
    """A form that Dara ordered; the id of its order."""
    return actions.order(door(people.dara), once="a form", patient=AMINA, form=FORM, weeks=weeks)


def say(door: Door, rid: str, marks: str) -> None:
    """Answer, a digit a question, `-` for none."""
    for number, mark in enumerate(marks, 1):
        if mark != "-":
            actions.answer(door, answers=rid, chosen={str(number): mark})


def alerts() -> list[AlertTask]:
    found = system().search("Task", [("code", "urn:rapport:kind|alert")]).matches
    return [read_alert(record.json) for record in found]


def looks() -> list[FollowUp]:
    found = system().search("Task", [("code", "urn:rapport:kind|follow-up")]).matches
    return [read_follow_up(record.json) for record in found]


@pytest.fixture
def ready(forms: None, clock: Clock, on_call: Callable[..., None]) -> Clock:
    """Forms are installed, and Dara and Dr Chen are on call."""
    on_call()
    return clock


# ---------------------------------------------------------------- schedule


def test_it_is_asked_every_four_weeks_until_it_is_ended(door: Doors, people: People, ready: Clock) -> None:
    order = asked(door, people, weeks=4)
    assert asked(door, people, weeks=4) == order  # the same form twice
    first = waiting(door(people.amina))
    assert Notice.objects.filter(person=AMINA, kind="screen").count() == 1
    assert tasks.sweep() == 0
    ready.on(weeks=4)
    assert tasks.sweep() == 1 and tasks.sweep() == 0
    second = waiting(door(people.amina))  # one waits; the first was not finished, and is over
    assert second != first
    assert system().read("QuestionnaireResponse", first).json["status"] == "stopped"
    ready.on(weeks=9)  # nobody looked for nine weeks: it is asked once, and goes on in step
    assert tasks.sweep() == 1
    (held,) = reading.orders(door(people.amina), AMINA)
    assert held.active and held.next == datetime(2026, 6, 15, 10, tzinfo=UTC) + timedelta(weeks=16)
    actions.end(door(people.chen), order=order)
    actions.end(door(people.chen), order=order)
    ready.on(weeks=20)
    assert tasks.sweep() == 0
    assert Notice.objects.filter(person=AMINA, kind="screen").count() == 3


def test_once_is_once_and_later_is_later(door: Doors, people: People, ready: Clock) -> None:
    later = ready.at + timedelta(days=3)
    actions.order(door(people.dara), once="a form", patient=AMINA, form=FORM, first=later)
    assert reading.waiting(door(people.amina), AMINA) == ()
    ready.on(days=3)
    assert tasks.sweep() == 1 and waiting(door(people.amina))
    assert not reading.orders(door(people.dara), AMINA)[0].active


def test_who_has_died_is_asked_nothing(door: Doors, people: People, ready: Clock) -> None:
    asked(door, people, weeks=1)
    body = system().read("Patient", "amina").json
    system().update({**body, "deceasedDateTime": "2026-06-16"})
    ready.on(weeks=1)
    assert tasks.sweep() == 1
    assert not reading.orders(door(people.dara), AMINA)[0].active
    assert Notice.objects.filter(person=AMINA, kind="screen").count() == 1


# ---------------------------------------------------------------- answers and scores


def test_each_answer_is_kept_and_the_end_is_scored(door: Doors, people: People, ready: Clock) -> None:
    asked(door, people)
    amina = door(people.amina)
    rid = waiting(amina)
    say(amina, rid, "21-")
    ((draft, _pack),) = reading.waiting(amina, AMINA)
    assert {link: code for link, (_system, code) in draft.given.items()} == {"1": "2", "2": "1"}
    say(amina, rid, "--10")
    say(amina, rid, "--1-")
    versions = system().read("QuestionnaireResponse", rid).vid
    say(amina, rid, "--1-")  # the same answer again is no change
    assert system().read("QuestionnaireResponse", rid).vid == versions
    actions.finish(amina, answers=rid)
    actions.finish(amina, answers=rid)
    (score,) = system().search("Observation", [("derived-from", f"QuestionnaireResponse/{rid}")]).matches
    body = score.json
    assert body["valueQuantity"]["value"] == 4 and body["valueQuantity"]["code"] == "{score}"
    assert body["category"][0]["coding"][0]["code"] == "survey" and MH in body["meta"]["security"]
    assert body["code"]["coding"][0] == {"system": "urn:rapport:instrument", "code": "sample-score"}
    assert not looks() and not alerts()
    (trend,) = reading.trends(door(people.dara), AMINA)
    assert [one.total for one in trend.scores] == [4] and trend.scores[0].positive is False
    with pytest.raises(Refused, match="finished"):
        say(amina, rid, "3---")


def test_missing_answers_leave_no_sum(door: Doors, people: People, ready: Clock) -> None:
    asked(door, people)
    amina = door(people.amina)
    rid = waiting(amina)
    say(amina, rid, "11--")
    actions.finish(amina, answers=rid)
    body = system().search("Observation", [("derived-from", f"QuestionnaireResponse/{rid}")]).matches[0].json
    assert "valueQuantity" not in body and body["dataAbsentReason"]["coding"][0]["code"] == "unknown"
    (trend,) = reading.trends(door(people.amina), AMINA)
    assert (trend.scores[0].total, trend.scores[0].positive) == (None, None) and not looks()


def test_a_positive_result_stays_open_until_somebody_says_what_they_did(
    door: Doors, people: People, ready: Clock
) -> None:
    asked(door, people)
    amina = door(people.amina)
    rid = waiting(amina)
    say(amina, rid, "2220")
    actions.finish(amina, answers=rid)
    (look,) = looks()
    assert look.state == "open" and look.owner == look.team == TEAM and not alerts()
    assert look.due == ready.at + timedelta(hours=4)
    assert {one.person for one in Notice.objects.filter(kind="look")} == {CHEN, DARA}
    assert [one.rid for one in reading.looks(door(people.chen), people.chen.teams)] == [look.rid]

    ready.on(hours=4)
    assert tasks.sweep() == 1 and tasks.sweep() == 0
    assert looks()[0].asked == (DARA_DESK,)
    ready.on(hours=4)  # 18:00: the site closes, the next four hours are tomorrow's
    assert tasks.sweep() == 1
    assert looks()[0].asked == (DARA_DESK, CHEN_DESK)
    ready.on(days=2)
    tasks.sweep()
    assert looks()[0].state == "open"  # nobody is left to ask; it is never given up

    actions.take(door(people.chen), task=look.rid)
    actions.take(door(people.chen), task=look.rid)
    ready.on(days=5)
    assert tasks.sweep() == 0
    with pytest.raises(Refused, match="needs words"):
        actions.look_done(door(people.chen), task=look.rid, words="  ")
    actions.look_done(door(people.chen), task=look.rid, words="We spoke. She sees me on Friday.")
    actions.look_done(door(people.chen), task=look.rid, words="Again.")
    (look,) = looks()
    assert look.state == "done" and look.steps[-1][2:] == ("Dr Mei Chen", "We spoke. She sees me on Friday.")
    assert reading.looks(door(people.dara), people.dara.teams) == ()


def test_who_leaves_gives_their_looks_back(door: Doors, people: People, ready: Clock) -> None:
    asked(door, people)
    rid = waiting(door(people.amina))
    say(door(people.amina), rid, "2220")
    actions.finish(door(people.amina), answers=rid)
    actions.take(door(people.dara), task=looks()[0].rid)
    tasks.give_back(door(people.chen), DARA, (Position(DARA_DESK, DARA, TEAM, "nurse", frozenset()),))
    (look,) = looks()
    assert look.state == "open" and look.owner == TEAM
    assert tasks.sweep() == 1  # somebody is asked at once


# ---------------------------------------------------------------- harm to oneself


def test_the_answer_acts_the_moment_it_is_saved(door: Doors, people: People, ready: Clock) -> None:
    asked(door, people)
    amina = door(people.amina)
    rid = waiting(amina)
    say(amina, rid, "---1")  # the last question alone, the form is not finished
    (one,) = alerts()
    assert one.state == "open" and one.stat and one.asked == (DARA_DESK,)
    assert one.letter == f"QuestionnaireResponse/{rid}" and one.found[0].level == "self_harm"
    assert one.found[0].rule == "answer.sample-4" and one.found[0].edition == f"{FORM}|1"
    assert Notice.objects.filter(person=DARA, kind="urgent").count() == 1
    say(amina, rid, "---3")
    say(amina, rid, "---0")  # taken back: a person looks all the same
    say(amina, rid, "---2")
    assert len(alerts()) == 1 and alerts()[0].state == "open"
    ready.on(minutes=10)
    assert clocks.sweep() == 1
    assert alerts()[0].asked == (DARA_DESK, CHEN_DESK)
    talk = alarms.talk(amina, f"QuestionnaireResponse/{rid}")
    view = talks.conversation(door(people.dara), talk)
    assert [alert.rid for alert in view.alerts] == [alerts()[0].rid] and view.letters == ()
    assert talks.inbox(door(people.chen)).alerts[0].conversation == talk
    assert talks.conversation(amina, talk).alerts == ()


def test_the_circle_sees_and_hears_nothing(door: Doors, people: People, ready: Clock) -> None:
    """Neither the form, nor the alert, nor the conversation, nor what is written in it."""
    share(door(people.amina))
    door(people.dara).create(observation("pulse"), rid="pulse")
    asked(door, people)
    amina, bilal = door(people.amina), door(people.bilal)
    rid = waiting(amina)
    say(amina, rid, "3333")
    actions.finish(amina, answers=rid)
    talk = alarms.talk(amina, f"QuestionnaireResponse/{rid}")
    writing.write_more(door(people.dara), once="words to Amina", conversation=talk, text="I ring you.")
    writing.write_more(
        amina, once="words to Dara", conversation=talk, text="Thank you. Will you?", concerns=["Will you?"]
    )
    assert not bilal.search("Communication", [("subject", AMINA)]).matches
    for rtype in ("QuestionnaireResponse", "Observation", "ServiceRequest", "Task"):
        found = [one.rid for one in bilal.search(rtype, [("patient", AMINA)]).matches]
        assert found == (["pulse"] if rtype == "Observation" else []), rtype
    assert alarms.talk(bilal, f"QuestionnaireResponse/{rid}") == ""
    assert not Notice.objects.filter(person=BILAL).exists()
    share(amina, frozenset({"mental-health"}))
    assert [one.rid for one in bilal.search("QuestionnaireResponse", [("patient", AMINA)]).matches] == [rid]
    assert len(bilal.search("Observation", [("patient", AMINA)]).matches) == 2
    assert not bilal.search("Communication", [("subject", AMINA)]).matches  # kept from all of the circle
    assert alerts() and bilal.find("Task", alerts()[0].rid) is None


def share(door: Door, sensitive: frozenset[str] = frozenset()) -> None:
    """Amina shares all kinds with her son, and these sensitive things."""
    choice = Choice(dict.fromkeys(CATEGORIES), writes=True, sensitive=sensitive)
    circle.share(door, member="bilal", choice=choice)


def test_with_nobody_on_call_it_is_not_asked_and_the_sum_is_another(
    door: Doors, people: People, ready: Clock, on_call: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    on_call(always=False)
    ready.to(datetime(2026, 6, 15, 22, 0, tzinfo=UTC))  # the site is closed
    asked(door, people)
    amina = door(people.amina)
    rid = waiting(amina)
    say(amina, rid, "222-")
    actions.finish(amina, answers=rid)
    body = system().read("QuestionnaireResponse", rid).json
    assert body["item"][-1]["extension"][0]["valueCode"] == "not-asked" and "answer" not in body["item"][-1]
    (trend,) = reading.trends(amina, AMINA)
    assert (trend.scores[0].total, trend.scores[0].short, trend.scores[0].positive) == (6, True, True)
    assert len(looks()) == 1 and not alerts()


def test_an_answer_that_came_after_they_left_acts_all_the_same(
    door: Doors, people: People, ready: Clock, on_call: Callable[..., None]
) -> None:
    on_call(always=False)
    asked(door, people)
    rid = waiting(door(people.amina))
    ready.to(datetime(2026, 6, 15, 22, 0, tzinfo=UTC))
    say(door(people.amina), rid, "---2")
    (one,) = alerts()
    assert one.state == "open" and one.asked == ()
    assert Notice.objects.filter(kind="urgent").count() == 2  # the whole team, once


def test_whoever_saves_it_it_acts(door: Doors, people: People, ready: Clock) -> None:
    """Over the API a response can come whole, without a draft: answers count, not the way they came."""
    body: dict[str, Any] = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": FORM,
        "status": "completed",
        "subject": {"reference": AMINA},
        "source": {"reference": AMINA},
        "author": {"reference": AMINA},
        "authored": "2026-06-15T10:00:00Z",
        "item": [
            {
                "linkId": str(n),
                "answer": [{"valueCoding": {"system": f"{FORM.rpartition(':')[0]}:answers", "code": "2"}}],
            }
            for n in range(1, 5)
        ],
    }
    made = door(people.amina).create(body)
    assert len(alerts()) == 1 and len(looks()) == 1
    assert MH in system().read("QuestionnaireResponse", made.rid).json["meta"]["security"]
    (trend,) = reading.trends(door(people.dara), AMINA)
    assert trend.scores[0].total == 8


# ---------------------------------------------------------------- strangers


def test_eve_can_do_none_of_it(door: Doors, people: People, ready: Clock) -> None:
    order = asked(door, people)
    rid = waiting(door(people.amina))
    for who in (people.eve, people.eve_staff, people.bilal):
        with pytest.raises(Refused):
            actions.order(door(who), once="hers", patient=AMINA, form=FORM)
        with pytest.raises(Refused):
            actions.end(door(who), order=order)
        with pytest.raises(Refused):
            actions.answer(door(who), answers=rid, chosen={"1": "1"})
        with pytest.raises(Refused):
            actions.finish(door(who), answers=rid)
        assert reading.waiting(door(who), AMINA) == ()
    with pytest.raises(Refused, match="Only who is asked"):
        actions.answer(door(people.dara), answers=rid, chosen={"1": "1"})
    say(door(people.amina), rid, "2221")
    actions.finish(door(people.amina), answers=rid)
    (look,) = looks()
    for who in (people.eve, people.eve_staff, people.bilal, people.amina):
        with pytest.raises(Refused):
            actions.take(door(who), task=look.rid)
        with pytest.raises(Refused):
            actions.look_done(door(who), task=look.rid, words="Nothing.")
    assert looks()[0].state == "open" and not reading.trends(door(people.eve), AMINA)


@pytest.mark.parametrize(
    "change",
    [
        {"status": "completed"},
        {"owner": {"reference": CHEN_DESK}},
        {"status": "cancelled"},
        {"for": {"reference": "Patient/eve"}},
    ],
)
def test_no_way_around_a_look(door: Doors, people: People, ready: Clock, change: Mapping[str, Any]) -> None:
    asked(door, people)
    rid = waiting(door(people.amina))
    say(door(people.amina), rid, "2220")
    actions.finish(door(people.amina), answers=rid)
    body = door(people.dara).read("Task", looks()[0].rid).json
    for who in (people.dara, people.amina, people.program):
        with pytest.raises(Refused):
            door(who).update({**body, **change})
        with pytest.raises(Refused):
            door(who).delete("Task", looks()[0].rid)
    assert looks()[0].state == "open"


def test_answers_stay_what_they_are(door: Doors, people: People, ready: Clock) -> None:
    asked(door, people)
    amina = door(people.amina)
    rid = waiting(amina)
    with pytest.raises(Refused, match="none that the form offers"):
        actions.answer(amina, answers=rid, chosen={"1": "9"})
    with pytest.raises(Refused, match="none that the form offers"):
        actions.answer(amina, answers=rid, chosen={"77": "1"})
    body = amina.read("QuestionnaireResponse", rid).json
    for change in ({"subject": {"reference": "Patient/eve"}}, {"questionnaire": f"{FORM}-carer"}):
        with pytest.raises(Refused):
            amina.update({**body, **change})
    with pytest.raises(Refused, match="never deleted"):
        system().delete("QuestionnaireResponse", rid)


def test_the_conversation_takes_the_first_topic_of_the_team(
    door: Doors, people: People, ready: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = replace(site.current(), topics=())
    monkeypatch.setattr(site, "current", lambda: found)
    asked(door, people)
    rid = waiting(door(people.amina))
    say(door(people.amina), rid, "---1")
    assert len(alerts()) == 1  # a site without topics has an alert all the same


# ---------------------------------------------------------------- who cares for somebody


CARER = "urn:rapport:sample:sample-carer"


def strained(door: Door) -> str:
    """Bilal answers about himself."""
    rid = actions.begin(door, once="his form", form=CARER)
    for number, mark in enumerate("2212", 1):
        actions.answer(door, answers=rid, chosen={str(number): mark})
    actions.finish(door, answers=rid)
    return rid


def test_a_carer_answers_about_themselves_and_nobody_else_reads_it(
    door: Doors, people: People, ready: Clock
) -> None:
    """Not the patient, not the team, not a lead, not another carer, whatever they ask."""
    choice = Choice(dict.fromkeys(CATEGORIES), writes=True, sensitive=frozenset({"mental-health"}))
    circle.share(door(people.amina), member="bilal", choice=choice)
    bilal = door(people.bilal)
    rid = strained(bilal)
    assert actions.begin(bilal, once="his form", form=CARER) == rid  # the same form twice
    (trend,) = reading.trends(bilal, BILAL)
    (score,) = trend.scores
    assert (score.total, score.positive) == (7, None) and not looks() and not alerts()
    assert reading.waiting(bilal, BILAL) == ()
    refs = (f"QuestionnaireResponse/{rid}", f"Observation/{score.rid}")
    system().create(
        {
            "resourceType": "RelatedPerson",
            "id": "layla",
            "active": True,
            "patient": {"reference": AMINA},
            "name": [{"family": "Haddad"}],
        },
        rid="layla",
    )
    layla = Actor("kin", "RelatedPerson/layla", "Layla Haddad", "her daughter", patients=(AMINA,))
    others = (people.amina, people.dara, people.chen, people.root, people.eve, people.eve_staff, layla)
    for who in others:
        held = door(who)
        assert not held.many(refs)
        assert not held.search("QuestionnaireResponse", [("subject", BILAL)]).matches
        assert not held.search("QuestionnaireResponse", [("source", BILAL)]).matches
        assert not held.search("Observation", [("focus", BILAL)]).matches
        found = held.search("RelatedPerson", [("_revinclude", "QuestionnaireResponse:source")])
        assert not [one for one in found.included if one.rtype == "QuestionnaireResponse"]
        with pytest.raises(Refused):
            actions.answer(held, answers=rid, chosen={"1": "0"})
    assert set(bilal.many(refs)) == set(refs)
    assert not Notice.objects.exclude(person=BILAL).filter(kind__in=("look", "screen")).exists()


def test_eve_begins_nothing_for_carers(door: Doors, people: People, ready: Clock) -> None:
    for who in (people.eve, people.eve_staff, people.amina, people.dara):
        with pytest.raises(Refused):
            actions.begin(door(who), once="not hers", form=CARER)
    with pytest.raises(Refused):
        actions.begin(door(people.bilal), once="his form", form=FORM)  # a patient's, not a carer's
    body = door(people.bilal).read("QuestionnaireResponse", strained(door(people.bilal))).json
    for change in ({"subject": {"reference": AMINA}}, {"subject": {"reference": "RelatedPerson/layla"}}):
        fresh = {**body, **change, "id": "forged", "status": "in-progress"}
        with pytest.raises(Refused):
            door(people.bilal).create(fresh, rid="forged")
    with pytest.raises(Refused):
        door(people.bilal).create({**body, "resourceType": "Observation"}, rid="forged")
