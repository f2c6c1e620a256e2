"""The clock: late concerns go on to the next named person, then the lead; silent patients are reminded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from rapport.fhir.outcomes import Refused
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people import absences, notices
from rapport.people.actors import Position
from rapport.people.models import Notice
from rapport.pillars.conversations import actions, reading, tasks
from rapport.pillars.conversations.contexts import said
from tests.conversations.conftest import MONDAY, Clock, task
from tests.personas import AMINA, CHEN, DARA, TEAM, People

Doors = Callable[[Actor], Door]


def _tags(door: Door, rid: str) -> list[str]:
    return [tag["code"] for tag in task(door, rid)["meta"].get("tag", [])]


def test_nobody_takes_it(door: Doors, people: People, three: actions.Sent, clock: Clock) -> None:
    """14:00 passed: Dara is asked; four open hours later Dr Chen, who leads; then nobody is left."""
    amina = door(people.amina)
    clock.to(MONDAY + timedelta(hours=3, minutes=59))
    assert tasks.sweep() == 0
    clock.to(MONDAY + timedelta(hours=4))
    assert tasks.sweep() == 3
    assert tasks.sweep() == 0  # at once again: nothing moves twice
    seen = reading.concern(amina, three.concerns[0])
    assert seen.state == "raised" and seen.late and seen.owner is None
    assert seen.passed_to is not None and seen.passed_to.name == "Dara Okafor"
    assert seen.happened[-1].to == seen.passed_to and seen.happened[-1].by.kind == "system"
    assert Notice.objects.filter(person=DARA, kind="passed-on").count() == 3
    assert Notice.objects.filter(person=AMINA, kind="passed-on").count() == 3
    assert three.concerns[0] in [one.rid for one in reading.inbox(door(people.dara), whose="mine").concerns]

    clock.to(MONDAY + timedelta(hours=8))
    assert tasks.sweep() == 3
    seen = reading.concern(amina, three.concerns[0])
    assert seen.passed_to is not None and seen.passed_to.ref == "PractitionerRole/chen"
    clock.to(MONDAY + timedelta(days=2))
    assert tasks.sweep() == 0
    assert "running" not in _tags(door(people.chen), three.concerns[0])
    assert tasks.due(door(Actor.system("clock")), "concern") == ([], "")
    assert reading.concern(amina, three.concerns[0]).late

    actions.take(door(people.dara), concern=three.concerns[0])
    seen = reading.concern(amina, three.concerns[0])
    assert seen.passed_to is None and seen.state == "accepted"
    assert "running" in _tags(door(people.chen), three.concerns[0])


def test_taken_but_not_answered(door: Doors, people: People, three: actions.Sent, clock: Clock) -> None:
    """Who has it and does not answer has it no longer: it is taken away and given to the next."""
    actions.take(door(people.dara), concern=three.concerns[0])
    clock.to(datetime(2026, 6, 17, 10, 0, tzinfo=UTC))
    assert tasks.sweep() == 3  # the other two were never taken
    seen = reading.concern(door(people.amina), three.concerns[0])
    assert seen.state == "accepted" and seen.late
    assert seen.owner is not None and seen.owner.ref == "PractitionerRole/chen"
    assert Notice.objects.filter(person=CHEN, kind="passed-on").exists()
    actions.answer(
        door(people.chen),
        once="late answer",
        conversation=three.conversation,
        concerns=three.concerns[:1],
        text="Yes.",
    )
    assert not reading.concern(door(people.amina), three.concerns[0]).late


def test_who_takes_a_late_one_gets_a_fair_time(
    door: Doors, people: People, three: actions.Sent, clock: Clock
) -> None:
    clock.to(datetime(2026, 6, 18, 10, 0, tzinfo=UTC))
    actions.take(door(people.chen), concern=three.concerns[0])
    tasks.sweep()
    seen = reading.concern(door(people.amina), three.concerns[0])
    assert seen.owner is not None and seen.owner.ref == "PractitionerRole/chen" and seen.late
    clock.on(hours=4)
    tasks.sweep()
    seen = reading.concern(door(people.amina), three.concerns[0])
    assert seen.owner is not None and seen.owner.ref == "PractitionerRole/dara"


def test_one_that_cannot_be_moved_stops_no_other_clock(
    door: Doors, people: People, three: actions.Sent, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at = tasks.look_at

    def broken(mine: Door, rid: str) -> bool:
        if rid == three.concerns[0]:
            raise KeyError("a bug")
        return looked_at(mine, rid)

    monkeypatch.setattr(tasks, "look_at", broken)
    clock.on(hours=5)
    assert tasks.sweep() == 2


def test_an_absent_colleague_is_passed_over(
    door: Doors, people: People, three: actions.Sent, clock: Clock
) -> None:
    absences.set_absence(DARA, date(2026, 6, 14), date(2026, 6, 20), CHEN, CHEN)
    clock.to(MONDAY + timedelta(hours=4))
    tasks.sweep()
    seen = reading.concern(door(people.amina), three.concerns[0])
    assert seen.passed_to is not None and seen.passed_to.ref == "PractitionerRole/chen"


def test_two_reminders_then_a_person_may_close(
    door: Doors, people: People, three: actions.Sent, clock: Clock
) -> None:
    chen = door(people.chen)
    actions.answer(
        chen, once="the answer", conversation=three.conversation, concerns=three.concerns, text="Yes."
    )
    Notice.objects.all().delete()
    for days, code, told in ((3, "reminded", 3), (7, "reminded", 6), (14, "silent", 6)):
        clock.to(MONDAY + timedelta(days=days))
        assert tasks.sweep() == 3
        assert tasks.sweep() == 0
        seen = reading.concern(chen, three.concerns[0])
        assert seen.happened[-1].code == code and seen.state == "answered"
        assert Notice.objects.filter(person=AMINA, kind="reminded").count() == told
        assert seen.no_reply == (days == 14)
    clock.to(MONDAY + timedelta(days=90))
    assert tasks.sweep() == 0 and reading.concern(chen, three.concerns[0]).state == "answered"
    actions.close_with_reason(chen, concern=three.concerns[0], reason="no-reply", words="")
    assert reading.concern(door(people.amina), three.concerns[0]).reason == "no-reply"
    actions.confirm(door(people.amina), concern=three.concerns[1])  # still may, and is heard then
    assert reading.concern(chen, three.concerns[1]).state == "heard"


def test_a_promise_whose_day_has_passed(
    door: Doors, people: People, three: actions.Sent, clock: Clock
) -> None:
    chen = door(people.chen)
    rid = actions.promise(
        chen,
        once="a promise",
        conversation=three.conversation,
        text="I ring.",
        due=MONDAY + timedelta(hours=1),
    )
    clock.on(hours=2)
    assert tasks.sweep() == 1 and tasks.sweep() == 0
    assert Notice.objects.filter(person=CHEN, kind="promise-late").count() == 1
    seen = reading.promises(door(people.amina), AMINA)[0]
    assert seen.late and seen.state == "open"
    actions.keep_promise(chen, promise=rid, words="Rang at noon.")
    assert reading.promises(door(people.amina), AMINA) == ()


def test_a_leavers_concerns_return_to_the_team(
    door: Doors, people: People, three: actions.Sent, clock: Clock
) -> None:
    dara, chen = door(people.dara), door(people.chen)
    actions.take(dara, concern=three.concerns[0])
    actions.answer(
        dara, once="an answer", conversation=three.conversation, concerns=three.concerns[1:2], text="No."
    )
    held = (Position("PractitionerRole/dara", DARA, TEAM, "nurse", frozenset()),)
    with chen.unit("someone leaves"):
        tasks.give_back(chen, DARA, held)
    states = [reading.concern(chen, rid) for rid in three.concerns]
    assert [(one.state, one.owner) for one in states] == [
        ("raised", None),
        ("answered", None),
        ("raised", None),
    ]
    last = states[0].happened[-1]
    assert (last.code, last.words) == ("returned", "") and last.whose is not None
    assert said.happened(last).what.startswith("Dara Okafor, nurse does not work here any more.")
    actions.not_yet(door(people.amina), once="not yet so", concern=three.concerns[1], text="Why?")
    again = reading.concern(chen, three.concerns[1])
    assert again.state == "reopened" and again.owner is None
    assert three.concerns[1] in [one.rid for one in reading.inbox(chen, whose="nobody").concerns]


def test_a_leavers_promises_are_kept_by_the_team(
    door: Doors, people: People, three: actions.Sent, clock: Clock
) -> None:
    dara, chen, amina = door(people.dara), door(people.chen), door(people.amina)
    rids = [
        actions.promise(
            dara, once=f"promise {n}", conversation=three.conversation, text="I ring.",
            due=MONDAY + timedelta(hours=1),
        )
        for n in range(2)
    ]  # fmt: skip
    actions.keep_promise(dara, promise=rids[0])
    held = (Position("PractitionerRole/dara", DARA, TEAM, "nurse", frozenset()),)
    with chen.unit("someone leaves"):
        tasks.give_back(chen, DARA, held)
    for side in (amina, chen):
        (one,) = reading.promises(side, AMINA)
        assert one.by.name == "Dara Okafor" and one.keeper is not None and one.keeper.ref == TEAM
        how = said.promise(one, staff=side is chen)
        assert how.rest == "Promised by Dara Okafor, nurse. Harbour Street keeps it now"
    assert Notice.objects.filter(person=CHEN, kind="promise", key__contains=TEAM).count() == 1
    clock.on(hours=2)
    assert tasks.sweep() == 1  # its clock goes on
    assert Notice.objects.filter(person=CHEN, kind="promise-late").count() == 1
    with pytest.raises(Refused):
        actions.keep_promise(door(people.eve_staff), promise=rids[1])
    actions.keep_promise(chen, promise=rids[1])
    assert reading.promises(amina, AMINA) == ()


def test_a_notice_that_does_not_arrive_is_a_task_of_the_team(
    door: Doors, people: People, three: actions.Sent, clock: Clock
) -> None:
    lost = notices.Undelivered(AMINA, (f"Communication/{three.conversation}",), ("message",), "no-account")
    for _ in range(2):
        tasks.make_task(lost)
    chen = door(people.chen)
    inbox = reading.inbox(chen)
    assert len(inbox.undelivered) == 1
    (one,) = inbox.undelivered
    assert (one.to.name, one.why) == ("Amina Haddad", "no-account")
    words = chen.read("Task", one.rid).json["description"]
    assert words == "A notice to Amina Haddad did not arrive. They have no account here."
    assert (
        one.patient is not None
        and one.patient.name == "Amina Haddad"
        and one.conversation == three.conversation
    )
    with pytest.raises(Refused) as refused:
        door(people.amina).read("Task", one.rid)
    assert refused.value.code == "not-found"
    with pytest.raises(Refused):
        actions.settle_undelivered(door(people.eve_staff), task=one.rid, words="Rang her.")
    actions.settle_undelivered(chen, task=one.rid, words="Rang her.")
    assert reading.inbox(chen).undelivered == ()
    assert connection.connection is not None
