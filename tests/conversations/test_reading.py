"""What is shown: inbox in its order, lists, search, counts, timeline; each only to whom it belongs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.utils.translation import override

from rapport.fhir.outcomes import Refused
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people import absences
from rapport.pillars.conversations import actions, reading
from rapport.pillars.conversations.contexts import said
from tests.conversations.conftest import MONDAY, Clock
from tests.personas import AMINA, CHEN, DARA, EVE, TEAM, People

Doors = Callable[[Actor], Door]


@pytest.fixture
def busy(door: Doors, people: People, clock: Clock) -> dict[str, str]:
    """Six concerns in different states; name -> rid."""
    amina, eve, chen, dara = (door(who) for who in (people.amina, people.eve, people.chen, people.dara))
    found = {}
    for number, (who, name) in enumerate(
        ((amina, "late"), (eve, "stat"), (amina, "mine"), (eve, "fresh"), (amina, "answered"), (eve, "heard"))
    ):
        clock.to(MONDAY + timedelta(minutes=number if name != "late" else -4000))
        sent = actions.start(
            who, once=f"about {name}", topic="health", text=f"{name}?", concerns=[f"{name}?"]
        )
        found[name] = sent.concerns[0]
        found[f"{name} letter"], found[f"{name} talk"] = sent.message, sent.conversation
    clock.to(MONDAY + timedelta(hours=1))
    actions.mark_urgent(chen, concern=found["stat"], urgent=True, reason="Chest pain.")
    actions.take(dara, concern=found["mine"])
    for name in ("answered", "heard"):
        actions.answer(
            chen,
            once=f"answer {name}",
            conversation=found[f"{name} talk"],
            concerns=[found[name]],
            text="Yes.",
        )
    actions.confirm(eve, concern=found["heard"])
    return found


def _words(inbox: reading.Inbox) -> list[str]:
    return [concern.words.rstrip("?") for concern in inbox.concerns]


def test_the_inbox_in_its_order(door: Doors, people: People, busy: dict[str, str]) -> None:
    chen = door(people.chen)
    whole = reading.inbox(chen)
    assert _words(whole) == ["stat", "late", "mine", "fresh", "answered"]
    assert whole.more == "" and whole.topics == (f"team:{TEAM}", f"person:{CHEN}")
    counts = whole.counts
    assert (counts.everyone, counts.mine, counts.nobody, counts.cover) == (4, 0, 3, 0)
    assert (counts.waiting, counts.pressing) == (1, 2)
    assert _words(reading.inbox(chen, order="due"))[0] == "late"
    assert _words(reading.inbox(chen, whose="nobody")) == ["stat", "late", "fresh"]
    assert _words(reading.inbox(door(people.dara), whose="mine")) == ["mine"]
    for who in (people.eve_staff, people.root, people.amina):
        assert reading.inbox(door(who)).concerns == ()


@pytest.mark.parametrize("order", ["pressing", "due"])
@pytest.mark.parametrize("whose", ["everyone", "nobody", "mine"])
def test_pages_of_the_inbox_join_to_the_whole(
    whose: str, order: str, door: Doors, people: People, busy: dict[str, str], clock: Clock
) -> None:
    chen = door(people.chen)
    actions.take(chen, concern=busy["fresh"])
    whole = _words(reading.inbox(chen, whose=whose, order=order))
    joined, cursor = [], ""
    for _ in range(10):
        page = reading.inbox(chen, whose=whose, order=order, cursor=cursor, count=1)
        joined += _words(page)
        cursor = page.more
        clock.on(minutes=1)
        if not cursor:
            break
    assert joined == whole


def test_cover_shows_the_absent_colleagues_concerns(
    door: Doors, people: People, busy: dict[str, str], clock: Clock
) -> None:
    chen = door(people.chen)
    absences.set_absence(DARA, date(2026, 6, 14), date(2026, 6, 20), CHEN, DARA)
    inbox = reading.inbox(chen, whose="cover")
    assert _words(inbox) == ["mine"] and inbox.concerns[0].covered and inbox.counts.cover == 1
    assert [face.name for face in inbox.covering] == ["Dara Okafor"]
    there = {one.face.name: one for one in reading.colleagues(chen)}
    assert there["Dara Okafor"].away and there["Dara Okafor"].covered_by is not None
    assert "Harbour Street" in there and "Mei Chen" not in there
    assert "take" in inbox.concerns[0].may
    actions.take(chen, concern=busy["mine"])
    last = reading.concern(chen, busy["mine"]).happened[-1]
    assert last.words == "" and last.whose is not None and last.whose.name == "Dara Okafor"
    assert said.happened(last).what == "You took it, in for Dara Okafor, nurse"
    with override("fr"):
        assert said.happened(last).what == "Prise par vous, à la place de Dara Okafor, soins infirmiers"
    note = chen.read("Task", busy["mine"]).json["output"][-2]["valueAnnotation"]
    assert note["text"] == "In for Dara Okafor."  # the record says it too
    assert reading.inbox(chen, whose="cover").concerns == ()


def test_my_conversations_with_unread_counts(
    door: Doors, people: People, busy: dict[str, str], clock: Clock
) -> None:
    amina = door(people.amina)
    lines, more = reading.mine(amina)
    assert [(line.title, line.unread, line.waiting, line.open) for line in lines] == [
        ("answered?", 1, 1, 1), ("mine?", 0, 0, 1), ("late?", 0, 0, 1),
    ]  # fmt: skip
    assert more == "" and [(one.title, one.number) for one in reading.new_letters(amina, AMINA, 5)] == [
        ("answered?", 1)
    ]
    view = reading.conversation(amina, lines[0].rid)
    actions.mark_opened(amina, [letter.rid for letter in view.letters if letter.new])
    assert reading.new_letters(door(people.amina), AMINA, 5) == ()
    assert reading.mine(amina)[0][0].unread == 0
    clock.on(minutes=5)
    actions.write_more(amina, once="a thank you", conversation=lines[2].rid, text="Still waiting.")
    assert reading.mine(amina)[0][0].title == "late?"
    assert {line.patient.ref for line in reading.mine(door(people.chen), patient=EVE)[0]} == {EVE}
    assert [line.title for line in reading.mine(door(people.dara))[0]] == ["mine?"]
    assert reading.mine(door(people.eve_staff), patient=AMINA) == ((), "")
    assert reading.mine(door(people.eve), patient=AMINA) == ((), "")
    assert reading.mine(door(people.bilal)) == ((), "")


def test_pages_of_my_conversations(door: Doors, people: People, clock: Clock) -> None:
    amina = door(people.amina)
    for number in range(7):
        clock.on(minutes=1)
        actions.start(amina, once=f"number {number}", topic="health", text=f"Talk {number}")
    first, more = reading.mine(amina, count=3)
    assert [line.title for line in first][:3] == ["Talk 6", "Talk 5", "Talk 4"]
    seen = [line.title for line in first]
    while more:
        lines, more = reading.mine(amina, cursor=more, count=3)
        seen += [line.title for line in lines]
    assert seen == [f"Talk {number}" for number in range(6, -1, -1)]


def test_a_conversation_is_on_one_page_only(
    door: Doors, people: People, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rapport.pillars.conversations.reading.lists.SCAN", 3)
    amina = door(people.amina)
    talks = []
    for number in range(5):
        clock.on(minutes=1)
        talks.append(actions.start(amina, once=f"number {number}", topic="health", text=f"Talk {number}"))
    for number in range(6):
        clock.on(minutes=1)
        rid = talks[number % 2].conversation
        actions.write_more(amina, once=f"letter {number}", conversation=rid, text="More")
    seen, cursor = [], ""
    for _ in range(20):
        lines, cursor = reading.mine(amina, cursor=cursor, count=2)
        seen += [line.title for line in lines]
        if not cursor:
            break
    assert seen == ["Talk 1", "Talk 0", "Talk 4", "Talk 3", "Talk 2"]


def test_search_in_ones_letters(door: Doors, people: People, three: actions.Sent, clock: Clock) -> None:
    amina = door(people.amina)
    actions.write_more(
        amina, once="about a café", conversation=three.conversation, text="Is the CAFÉ bad? Naïve me."
    )
    for words in ("cafe", "Café", "naive cafe"):
        hits = reading.find(amina, words).hits
        assert len(hits) == 1
    (hit,) = reading.find(amina, "cafe").hits
    assert (hit.before, hit.match, hit.after) == ("Is the ", "CAFÉ", " bad? Naïve me.")
    assert hit.title == "Is that the tablet?" and hit.by.you
    assert reading.find(door(people.chen), "cafe", patient=AMINA).hits[0].letter == hit.letter
    assert reading.find(door(people.chen), "cafe").hits == ()  # not one of Dr Chen's conversations yet
    for stranger in (people.eve, people.eve_staff, people.bilal, people.root):
        assert reading.find(door(stranger), "cafe", patient=AMINA).hits == ()
    assert reading.find(amina, "   ").hits == ()


def test_open_concerns_for_day_and_glance(
    door: Doors, people: People, busy: dict[str, str], clock: Clock
) -> None:
    amina = door(people.amina)
    assert [one.words for one in reading.open_concerns(amina, AMINA)] == ["answered?", "late?", "mine?"]
    actions.confirm(amina, concern=busy["answered"])
    since = clock.at - timedelta(days=7)
    assert [one.state for one in reading.open_concerns(amina, AMINA, ended_since=since)] == [
        "raised",
        "accepted",
        "heard",
    ]
    heard = reading.open_concerns(amina, AMINA, ended_since=since)[-1]
    assert heard.ended == clock.at and heard.ended_by is not None and heard.ended_by.you
    assert (
        reading.open_concerns(amina, AMINA, ended_since=clock.at + timedelta(days=1))[-1].state == "accepted"
    )
    assert reading.open_concerns(door(people.eve), AMINA) == ()


def test_what_each_side_may_do(door: Doors, people: People, three: actions.Sent, clock: Clock) -> None:
    amina, chen, bilal = door(people.amina), door(people.chen), door(people.bilal)
    rid = three.concerns[0]
    assert reading.concern(amina, rid).may == {"withdraw"}
    assert reading.concern(chen, rid).may == {"take", "answer", "assign", "split", "merge", "urgent", "close"}
    actions.take(chen, concern=rid)
    assert reading.concern(chen, rid).may == {
        "answer",
        "hand-over",
        "take-back",
        "split",
        "merge",
        "urgent",
        "close",
    }
    assert "take" not in reading.concern(door(people.dara), rid).may  # not without a reason
    actions.answer(chen, once="an answer", conversation=three.conversation, concerns=[rid], text="Yes.")
    assert reading.concern(amina, rid).may >= {"confirm", "not-yet"}
    actions.confirm(amina, concern=rid)
    assert reading.concern(amina, rid).may == {"not-yet"} and reading.concern(chen, rid).may == frozenset()
    with pytest.raises(Refused):
        reading.concern(bilal, rid)


def test_topics_promise_times_before_sending(door: Doors, people: People, clock: Clock) -> None:
    health, forms = reading.topics(door(people.amina))
    assert (health.code, health.take_by, health.answer_by) == (
        "health", datetime(2026, 6, 15, 14, 0, tzinfo=UTC), datetime(2026, 6, 17, 10, 0, tzinfo=UTC),
    )  # fmt: skip
    assert [face.name for face in health.faces] == ["Dara Okafor", "Mei Chen"]
    assert forms.team.name == "Mill Lane"


def test_every_contact_on_one_line(door: Doors, people: People, three: actions.Sent, clock: Clock) -> None:
    system, dara = door(Actor.system("tests")), door(people.dara)
    for number in range(3):
        start = (MONDAY - timedelta(days=number + 1)).isoformat()
        system.create({
            "resourceType": "Encounter", "status": "finished", "subject": {"reference": AMINA},
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
            "type": [{"text": f"Visit {number}"}], "period": {"start": start},
        })  # fmt: skip
    clock.on(hours=1)
    actions.note(dara, once="a team note", conversation=three.conversation, text="Ring her.")
    clock.on(hours=1)
    actions.record_contact(
        dara, once="she rang", patient=AMINA, topic="health", medium="phone", text="She is better."
    )
    kinds = [one.kind for one in reading.contacts(dara, AMINA)[0]]
    assert kinds == ["phone", "note", "message", "visit", "visit", "visit"]
    assert [one.kind for one in reading.contacts(door(people.amina), AMINA)[0]] == [
        "phone",
        "message",
        *["visit"] * 3,
    ]
    joined, cursor = [], ""
    for _ in range(10):
        page, cursor = reading.contacts(dara, AMINA, cursor=cursor, count=2)
        joined += [one.kind for one in page]
        if not cursor:
            break
    assert joined == kinds
    assert reading.contacts(door(people.eve_staff), AMINA) == ((), "")


def test_a_long_conversation_is_paged_back(
    door: Doors, people: People, three: actions.Sent, clock: Clock
) -> None:
    amina = door(people.amina)
    for number in range(60):
        clock.on(seconds=1)
        actions.write_more(
            amina, once=f"letter {number}", conversation=three.conversation, text=f"Letter {number}"
        )
    view = reading.conversation(amina, three.conversation)
    assert [letter.text for letter in view.letters] == [f"Letter {number}" for number in range(10, 60)]
    older = reading.conversation(amina, three.conversation, before=view.older)
    assert older.letters[-1].text == "Letter 9" and len(older.letters) == 11 and older.older == ""


def test_the_cost_of_a_page_does_not_grow(
    door: Doors, people: People, three: actions.Sent, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many statements for a full inbox and conversation as for a short one."""
    seen: list[str] = []
    execute = psycopg.Cursor.execute

    def counted(cursor: Any, query: Any, *given: Any, **more: Any) -> Any:
        seen.append(str(query))
        return execute(cursor, query, *given, **more)

    monkeypatch.setattr(psycopg.Cursor, "execute", counted)
    looks: list[tuple[Callable[[Door], object], Actor]] = [
        (lambda mine: reading.conversation(mine, three.conversation), people.amina),
        (reading.inbox, people.chen),
        (reading.mine, people.amina),
        (lambda mine: reading.new_letters(mine, AMINA, 5), people.amina),
        (lambda mine: reading.open_concerns(mine, AMINA), people.chen),
    ]

    def statements() -> list[int]:
        counts = []
        for look, who in looks:
            mine = door(who)
            seen.clear()
            look(mine)
            counts.append(len(seen))
        return counts

    first = statements()
    for number in range(15):
        actions.write_more(
            door(people.amina),
            once=f"letter {number}",
            conversation=three.conversation,
            text="x?",
            concerns=["x?"],
        )
    assert statements() == first
    assert max(first) <= 25
