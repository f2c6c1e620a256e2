"""Every verb: what it does, twice is as once, and a stranger gets the answer for what does not exist."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from rapport.fhir.outcomes import Refused
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people.models import Notice
from rapport.pillars.conversations import actions, reading
from tests.conversations.conftest import MONDAY, Clock
from tests.personas import AMINA, BILAL, CHEN, DARA, OTHER_TEAM, TEAM, People

Doors = Callable[[Actor], Door]
DESK = {name: f"PractitionerRole/{name}" for name in ("chen", "dara", "eve")}
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40

#: A verb as someone would try it on Amina's conversation.
VERBS: dict[str, Callable[[Door, actions.Sent, str], Any]] = {
    "write_more": lambda d, s, p: actions.write_more(
        d, once="eve writes", conversation=s.conversation, text="Hello"
    ),
    "answer": lambda d, s, p: actions.answer(
        d, once="eve answers", conversation=s.conversation, concerns=s.concerns[:1], text="Yes"
    ),
    "confirm": lambda d, s, p: actions.confirm(d, concern=s.concerns[0]),
    "not_yet": lambda d, s, p: actions.not_yet(d, once="eve says not", concern=s.concerns[0], text="No"),
    "close_with_reason": lambda d, s, p: actions.close_with_reason(
        d, concern=s.concerns[0], reason="asked-us", words="They did"
    ),
    "take_question_back": lambda d, s, p: actions.take_question_back(d, concern=s.concerns[0]),
    "take": lambda d, s, p: actions.take(d, concern=s.concerns[0]),
    "hand_over": lambda d, s, p: actions.hand_over(d, concern=s.concerns[0], to=DESK["eve"], reason="Mine"),
    "assign": lambda d, s, p: actions.assign(d, concern=s.concerns[0], to=DESK["eve"], reason="Mine"),
    "take_back": lambda d, s, p: actions.take_back(d, concern=s.concerns[0], reason="Late"),
    "split": lambda d, s, p: actions.split(d, once="eve splits", concern=s.concerns[0], parts=["a?", "b?"]),
    "merge": lambda d, s, p: actions.merge(d, concerns=s.concerns[:2]),
    "mark_urgent": lambda d, s, p: actions.mark_urgent(d, concern=s.concerns[0], urgent=True, reason="Now"),
    "mark_concern": lambda d, s, p: actions.mark_concern(d, once="eve marks", letter=s.message, text="And?"),
    "note": lambda d, s, p: actions.note(d, once="eve notes", conversation=s.conversation, text="Hm"),
    "correct": lambda d, s, p: actions.correct(d, letter=s.message, text="All is well"),
    "withdraw": lambda d, s, p: actions.withdraw(d, letter=s.message),
    "promise": lambda d, s, p: actions.promise(
        d, once="eve promises", conversation=s.conversation, text="I ring", due=MONDAY + timedelta(days=2)
    ),
    "keep_promise": lambda d, s, p: actions.keep_promise(d, promise=p),
    "break_promise": lambda d, s, p: actions.break_promise(d, promise=p, words="I forgot"),
    "start_for": lambda d, s, p: actions.start_for(
        d, once="eve starts", patient=AMINA, topic="health", text="Hi"
    ),
    "record_contact": lambda d, s, p: actions.record_contact(
        d, once="eve records", patient=AMINA, topic="health", medium="phone", text="She rang"
    ),
    "record_contact_there": lambda d, s, p: actions.record_contact(
        d,
        once="eve records",
        patient=AMINA,
        topic="health",
        medium="phone",
        text="x",
        conversation=s.conversation,
    ),
    "start_as_her": lambda d, s, p: actions.start(
        d, once="eve starts", topic="health", text="Hi", patient=AMINA
    ),
    "settle_undelivered": lambda d, s, p: actions.settle_undelivered(d, task=s.concerns[0], words="Rang"),
}


@pytest.fixture
def promised(door: Doors, people: People, three: actions.Sent) -> str:
    return actions.promise(
        door(people.chen), once="a promise", conversation=three.conversation, text="I ring you on Thursday.",
        due=MONDAY + timedelta(days=3),
    )  # fmt: skip


@pytest.mark.parametrize("who", ["eve", "eve_staff", "root", "bilal"])
@pytest.mark.parametrize("verb", VERBS)
def test_eve(verb: str, who: str, door: Doors, people: People, three: actions.Sent, promised: str) -> None:
    """A stranger changes nothing, and is told what who asks for nothing at all is told."""
    nothing = actions.Sent("nothing-here", "nothing-here", ("nothing-here", "nothing-there"))
    before = reading.conversation(door(people.chen), three.conversation)
    told = []
    for sent, promise in ((three, promised), (nothing, "nothing-here")):
        with pytest.raises(Refused) as refused:
            VERBS[verb](door(getattr(people, who)), sent, promise)
        told.append((refused.value.code, refused.value.text))
    if verb not in ("start_for", "record_contact", "start_as_her"):
        assert told[0] == told[1]
    assert told[0][0] in ("not-found", "rule", "forbidden")
    assert reading.conversation(door(people.chen), three.conversation) == before


def test_eve_opens_nothing(door: Doors, people: People, three: actions.Sent) -> None:
    actions.mark_opened(door(people.eve), [three.message])
    actions.mark_opened(door(people.eve_staff), [three.message])
    assert reading.conversation(door(people.chen), three.conversation).letters[0].opened == ()


def test_twice_is_as_once(door: Doors, people: People, clock: Clock) -> None:
    amina, chen = door(people.amina), door(people.chen)
    form = {
        "once": "one form",
        "topic": "health",
        "text": "Is it? Is it not?",
        "concerns": ["Is it?", "Is it not?"],
    }
    one = actions.start(amina, **form)
    assert actions.start(door(people.amina), **form) == one
    more = actions.write_more(
        amina, once="a second form", conversation=one.conversation, text="And?", concerns=["And?"]
    )
    assert more == actions.write_more(amina, once="a second form", conversation=one.conversation, text="And?")
    for _ in range(2):
        actions.take(chen, concern=one.concerns[0])
        actions.mark_urgent(chen, concern=one.concerns[0], urgent=True, reason="She is alone.")
        actions.answer(
            chen, once="my answer", conversation=one.conversation, concerns=one.concerns, text="Yes. No."
        )
        actions.confirm(amina, concern=one.concerns[0])
        actions.not_yet(amina, once="not yet, why", concern=one.concerns[1], text="Why?")
        actions.hand_over(chen, concern=one.concerns[1], to=DESK["dara"], reason="You know her.")
        actions.close_with_reason(chen, concern=more.concerns[0], reason="mistake", words="Twice the same.")
        promise = actions.promise(
            chen,
            once="a promise",
            conversation=one.conversation,
            text="I ring.",
            due=MONDAY + timedelta(days=1),
        )
        actions.keep_promise(chen, promise=promise)
    view = reading.conversation(chen, one.conversation)
    assert len(view.letters) == 4 and len(view.concerns) == 3 and len(view.promises) == 1
    told = {concern.words: [event.code for event in concern.happened] for concern in view.concerns}
    assert told == {
        "Is it?": ["taken", "urgent", "answered", "confirmed"],
        "Is it not?": ["answered", "not-yet", "handed-over"],
        "And?": ["closed"],
    }


def test_thanks_starts_no_clock(door: Doors, people: People, clock: Clock) -> None:
    sent = actions.start(
        door(people.amina), once="a thank you", topic="health", text="Thank you for Tuesday."
    )
    view = reading.conversation(door(people.amina), sent.conversation)
    assert view.concerns == () and not view.is_open and view.title == "Thank you for Tuesday."
    inbox = reading.inbox(door(people.chen))
    assert inbox.counts.everyone == 0


def test_only_own_desk_and_with_reasons(door: Doors, people: People, three: actions.Sent) -> None:
    chen, dara = door(people.chen), door(people.dara)
    rid = three.concerns[0]
    actions.take(chen, concern=rid)
    with pytest.raises(Refused, match="reason"):
        actions.take(dara, concern=rid)
    actions.take(dara, concern=rid, reason="Dr Chen is ill.")
    seen = reading.concern(dara, rid)
    assert seen.owner is not None and seen.owner.you and seen.happened[-1].words == "Dr Chen is ill."
    for reason in ("", "  "):
        with pytest.raises(Refused, match="reason"):
            actions.hand_over(dara, concern=rid, to=DESK["chen"], reason=reason)
        with pytest.raises(Refused, match="reason"):
            actions.take_back(chen, concern=rid, reason=reason)
    with pytest.raises(Refused, match="works here now"):
        actions.hand_over(dara, concern=rid, to="PractitionerRole/nobody", reason="x")
    actions.take_back(chen, concern=rid, reason="She does not get to it.")
    back = reading.concern(door(people.amina), rid)
    assert (back.state, back.owner, back.happened[-1].words) == ("raised", None, "She does not get to it.")
    with pytest.raises(Refused, match="Only someone who works here"):
        actions.take(door(people.amina), concern=rid)


def test_hand_over_to_another_team_moves_the_conversation(
    door: Doors, people: People, three: actions.Sent
) -> None:
    eve = door(people.eve_staff)
    with pytest.raises(Refused):
        reading.conversation(eve, three.conversation)
    actions.hand_over(
        door(people.dara), concern=three.concerns[2], to=OTHER_TEAM, reason="They know about flying."
    )
    seen = reading.conversation(eve, three.conversation)
    assert {concern.team.ref for concern in seen.concerns} == {TEAM, OTHER_TEAM}
    inbox = reading.inbox(eve)
    assert [concern.rid for concern in inbox.concerns] == [three.concerns[2]]
    actions.take(eve, concern=three.concerns[2])
    assert reading.concern(door(people.amina), three.concerns[2]).state == "accepted"


def test_split_and_merge(door: Doors, people: People, clock: Clock) -> None:
    amina, dara = door(people.amina), door(people.dara)
    sent = actions.start(amina, once="one big one", topic="health", text="a? b? c?", concerns=["a? b? c?"])
    clock.on(hours=1)
    actions.take(door(people.chen), concern=sent.concerns[0])
    with pytest.raises(Refused):
        actions.split(dara, once="a split of one", concern=sent.concerns[0], parts=["a?"])
    parts = actions.split(dara, once="a real split", concern=sent.concerns[0], parts=["a?", "b?", "c?"])
    assert (
        actions.split(dara, once="a real split", concern=sent.concerns[0], parts=["a?", "b?", "c?"]) == parts
    )
    view = reading.conversation(amina, sent.conversation)
    assert [(one.words, one.state, one.reason) for one in view.concerns] == [
        ("a?", "accepted", ""), ("b?", "accepted", ""), ("c?", "accepted", ""),
        ("a? b? c?", "closed", "split"),
    ]  # fmt: skip
    assert {one.owner.name for one in view.concerns[:3] if one.owner} == {"Mei Chen"}
    kept = actions.merge(dara, concerns=(parts[2], parts[0]), reason="The same.")
    assert kept == parts[0]
    view = reading.conversation(amina, sent.conversation)
    assert [(one.words, one.also) for one in view.concerns if one.is_open] == [("a?", ("c?",)), ("b?", ())]
    for concern in (sent.concerns[0], parts[2]):
        with pytest.raises(Refused):
            actions.not_yet(amina, once=f"not yet {concern}", concern=concern, text="What of it?")


def test_one_more_question_is_marked_in_a_letter(door: Doors, people: People, clock: Clock) -> None:
    amina, dara = door(people.amina), door(people.dara)
    sent = actions.start(amina, once="without marks", topic="health", text="I wonder about my tablets.")
    for _ in range(2):
        rid = actions.mark_concern(
            dara, once="seen by dara", letter=sent.message, text="What about my tablets?"
        )
    seen = reading.concern(amina, rid)
    assert (seen.asked_by.you, seen.state, seen.owner) == (True, "raised", None) and seen.due is not None
    view = reading.conversation(amina, sent.conversation)
    assert view.is_open and view.letters[0].raises == (rid,)
    mine = actions.mark_concern(amina, once="seen by me", letter=sent.message, text="And my heart?")
    assert reading.concern(dara, mine).asked_by.ref == AMINA
    answer = actions.answer(
        dara, once="an answer", conversation=sent.conversation, concerns=[rid], text="Rest."
    )
    with pytest.raises(Refused):  # a letter of the team asks nothing
        actions.mark_concern(dara, once="not there", letter=answer.message, text="Why?")


def test_merge_keeps_to_one_person(door: Doors, people: People, three: actions.Sent) -> None:
    other = actions.start(door(people.amina), once="another one", topic="health", text="x?", concerns=["x?"])
    with pytest.raises(Refused, match="same conversation"):
        actions.merge(door(people.dara), concerns=(three.concerns[0], other.concerns[0]))


def test_recording_a_call_and_its_answer(door: Doors, people: People, clock: Clock) -> None:
    dara = door(people.dara)
    sent = actions.record_contact(
        dara, once="she rang us", patient=AMINA, topic="health", medium="phone", text="She asks: may I swim?",
        concerns=["May I swim?"], answer="Told her: yes.", at=MONDAY - timedelta(hours=2),
    )  # fmt: skip
    again = actions.record_contact(
        dara, once="she rang us", patient=AMINA, topic="health", medium="phone", text="She asks: may I swim?",
        concerns=["May I swim?"], answer="Told her: yes.",
    )  # fmt: skip
    assert sent == again
    view = reading.conversation(door(people.amina), sent.conversation)
    first, second = view.letters
    assert (first.by.ref, first.medium, first.recorded_by and first.recorded_by.name) == (
        AMINA,
        "phone",
        "Dara Okafor",
    )
    assert (second.by.name, second.medium, second.answers) == ("Dara Okafor", "phone", sent.concerns)
    assert view.concerns[0].state == "answered" and view.concerns[0].asked_by.ref == AMINA
    actions.close_with_reason(
        dara, concern=sent.concerns[0], reason="told-us", words="She said thank you, yes."
    )
    assert reading.concern(dara, sent.concerns[0]).state == "closed"
    with pytest.raises(Refused):
        actions.record_contact(
            door(people.amina), once="as patient", patient=AMINA, topic="health", medium="phone", text="x"
        )


def test_withdraw_and_correct(door: Doors, people: People, three: actions.Sent) -> None:
    amina, chen = door(people.amina), door(people.chen)
    with pytest.raises(Refused):
        actions.correct(chen, letter=three.message, text="I am fine.")
    actions.correct(amina, letter=three.message, text="I get dizzy in the morning.")
    letter = reading.conversation(chen, three.conversation).letters[0]
    assert letter.state == "corrected" and "versions" in letter.may
    assert [version.text[:12] for version in reading.versions(chen, three.message)] == [
        "I get dizzy.",
        "I get dizzy ",
    ]

    actions.mark_urgent(chen, concern=three.concerns[1], urgent=True, reason="She may fall.")
    sent = actions.answer(
        chen, once="wrong answer", conversation=three.conversation, concerns=three.concerns[2:], text="No."
    )
    actions.withdraw(chen, letter=sent.message)
    back = reading.concern(amina, three.concerns[2])
    assert (back.state, back.answer, back.happened[-1].code) == ("accepted", "", "answer-withdrawn")

    actions.withdraw(amina, letter=three.message)
    actions.withdraw(amina, letter=three.message)
    view = reading.conversation(chen, three.conversation)
    assert view.letters[0].state == "withdrawn" and view.letters[0].text == ""
    states = {concern.words: (concern.state, concern.reason) for concern in view.concerns}
    assert states["Is that the tablet?"] == ("closed", "withdrawn")
    assert states["Do I still take my old one?"] == ("raised", "")  # urgent: a person looks first
    assert reading.versions(chen, three.message)[0].text.startswith("I get dizzy. Is that")
    with pytest.raises(Refused):
        actions.correct(amina, letter=three.message, text="Back again")


def test_promises(door: Doors, people: People, three: actions.Sent, promised: str, clock: Clock) -> None:
    amina, dara = door(people.amina), door(people.dara)
    seen = reading.promises(amina, AMINA)[0]
    assert (seen.words, seen.by.name, seen.to.you, seen.state) == (
        "I ring you on Thursday.",
        "Mei Chen",
        True,
        "open",
    )
    bring = actions.promise(
        dara, once="she brings it", conversation=three.conversation, text="You bring your book.",
        due=MONDAY + timedelta(days=1), by=AMINA,
    )  # fmt: skip
    assert [one.words for one in reading.promises(amina, AMINA)] == [
        "You bring your book.",
        "I ring you on Thursday.",
    ]
    actions.keep_promise(amina, promise=bring)
    with pytest.raises(Refused):
        actions.keep_promise(amina, promise=promised)
    with pytest.raises(Refused, match="reason"):
        actions.break_promise(door(people.chen), promise=promised, words=" ")
    actions.break_promise(door(people.chen), promise=promised, words="I was called away.")
    broken = next(one for one in reading.promises(amina, AMINA, all=True) if one.rid == promised)
    assert (broken.state, broken.ended_words) == ("broken", "I was called away.")
    with pytest.raises(Refused):
        actions.keep_promise(door(people.chen), promise=promised)


def test_the_patient_takes_a_question_back_but_not_an_urgent_one(
    door: Doors, people: People, three: actions.Sent
) -> None:
    amina = door(people.amina)
    actions.take_question_back(amina, concern=three.concerns[0])
    assert reading.concern(amina, three.concerns[0]).reason == "withdrawn"
    actions.mark_urgent(door(people.chen), concern=three.concerns[1], urgent=True, reason="Alone at night.")
    with pytest.raises(Refused, match="urgent"):
        actions.take_question_back(amina, concern=three.concerns[1])
    actions.not_yet(amina, once="open it again", concern=three.concerns[0], text="I do want to know.")
    again = reading.concern(amina, three.concerns[0])
    assert again.state == "reopened" and again.owner is None and again.due is not None


def test_closing_needs_a_known_reason_in_words(door: Doors, people: People, three: actions.Sent) -> None:
    chen = door(people.chen)
    for reason, words in (("", "x"), ("bored", "x"), ("asked-us", ""), ("no-reply", "x"), ("withdrawn", "x"),
                          ("split", "x"), ("merged", "x")):  # fmt: skip
        with pytest.raises(Refused):
            actions.close_with_reason(chen, concern=three.concerns[0], reason=reason, words=words)
    with pytest.raises(Refused):
        actions.close_with_reason(door(people.amina), concern=three.concerns[0], reason="asked-us", words="x")
    assert reading.concern(chen, three.concerns[0]).state == "raised"


def test_someone_of_the_circle_asks_and_says_yes(door: Doors, people: People, three: actions.Sent) -> None:
    amina, bilal, chen = door(people.amina), door(people.bilal), door(people.chen)
    header = amina.read("Communication", three.conversation).json
    amina.update({**header, "recipient": [*header["recipient"], {"reference": BILAL}]})
    sent = actions.write_more(
        bilal,
        once="bilal writes",
        conversation=three.conversation,
        text="Can I come along?",
        concerns=["Can I come along?"],
    )
    asked = reading.concern(amina, sent.concerns[0])
    assert (asked.asked_by.name, asked.asked_by.role, asked.asked_by.kind) == ("Bilal Haddad", "son", "kin")
    actions.answer(
        chen, once="come along", conversation=three.conversation, concerns=sent.concerns, text="Please do."
    )
    with pytest.raises(Refused, match="person says so"):
        actions.confirm(chen, concern=sent.concerns[0])
    with pytest.raises(Refused, match="person says so"):
        actions.answer(
            chen, once="the first", conversation=three.conversation, concerns=three.concerns, text="Yes."
        )
        actions.confirm(bilal, concern=three.concerns[0])
    actions.confirm(bilal, concern=sent.concerns[0])
    assert reading.concern(amina, sent.concerns[0]).happened[-1].by.name == "Bilal Haddad"


def test_a_legal_representative_says_yes_for_her(door: Doors, people: People, three: actions.Sent) -> None:
    amina, chen = door(people.amina), door(people.chen)
    for rid, code in (("guardian", "GUARD"), ("neighbour", "NBOR")):
        role = {"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": code}
        body = {
            "resourceType": "RelatedPerson", "id": rid, "active": True, "patient": {"reference": AMINA},
            "relationship": [{"coding": [role]}], "name": [{"text": rid}],
        }  # fmt: skip
        door(Actor.system("tests")).create(body, rid=rid)
        header = amina.read("Communication", three.conversation).json
        amina.update({**header, "recipient": [*header["recipient"], {"reference": f"RelatedPerson/{rid}"}]})
    actions.answer(
        chen, once="the answer", conversation=three.conversation, concerns=three.concerns, text="Yes."
    )
    guardian, neighbour = (
        Actor("kin", f"RelatedPerson/{rid}", rid, "family") for rid in ("guardian", "neighbour")
    )
    with pytest.raises(Refused, match="person says so"):
        actions.confirm(door(neighbour), concern=three.concerns[0])
    actions.confirm(door(guardian), concern=three.concerns[0])
    seen = reading.concern(chen, three.concerns[0])
    assert seen.state == "heard" and seen.ended_by is not None and seen.ended_by.name == "guardian"
    assert "confirm" in reading.concern(door(guardian), three.concerns[1]).may


def test_both_sides_are_told_once(door: Doors, people: People, three: actions.Sent) -> None:
    assert _told() == {("Practitioner/chen", "message"), ("Practitioner/dara", "message")}
    actions.take(door(people.chen), concern=three.concerns[0])
    Notice.objects.all().delete()
    actions.answer(
        door(people.chen),
        once="the answer",
        conversation=three.conversation,
        concerns=three.concerns,
        text="Yes.",
    )
    assert _told() == {(AMINA, "message")}
    actions.not_yet(door(people.amina), once="not yet so", concern=three.concerns[0], text="But why?")
    assert (CHEN, "not-yet") in _told() and (DARA, "message") not in _told()
    actions.hand_over(door(people.chen), concern=three.concerns[0], to=DESK["dara"], reason="You know why.")
    assert (DARA, "handed-over") in _told()
    assert not any("Yes" in str(vars(notice)) for notice in Notice.objects.all())


def _told() -> set[tuple[str, str]]:
    return set(Notice.objects.values_list("person", "kind"))


def test_opening_is_seen_by_both_and_settles_the_notice(
    door: Doors, people: People, three: actions.Sent
) -> None:
    chen, amina = door(people.chen), door(people.amina)
    actions.mark_opened(amina, [three.message])  # one's own letter is not opened
    actions.mark_opened(chen, [three.message])
    letter = reading.conversation(amina, three.conversation).letters[0]
    assert [(one.by.name, one.by.role) for one in letter.opened] == [("Dr Mei Chen", "GP")]
    assert not reading.conversation(chen, three.conversation).letters[0].new
    assert reading.conversation(door(people.dara), three.conversation).letters[0].new
    assert Notice.objects.filter(person=CHEN, done_at=None).count() == 0
    assert Notice.objects.filter(person=DARA, done_at=None).count() == 1


def test_files(door: Doors, people: People, clock: Clock) -> None:
    amina = door(people.amina)
    sent = actions.start(
        amina, once="with a file", topic="health", text="Look.",
        files=[actions.Upload("../../etc/pass<wd.exe", PNG), actions.Upload("plan.PDF", b"%PDF-1.7 x")],
    )  # fmt: skip
    letter = reading.conversation(door(people.chen), sent.conversation).letters[0]
    assert [(file.name, file.kind) for file in letter.files] == [
        ("passwd.png", "image/png"), ("plan.pdf", "application/pdf"),
    ]  # fmt: skip
    content, kind, name = reading.file(door(people.chen), letter.files[0].rid)
    assert (content, kind) == (PNG, "image/png") and name.endswith(".png")
    for who in (people.eve, people.eve_staff, people.bilal, people.root):
        with pytest.raises(Refused) as refused:
            reading.file(door(who), letter.files[0].rid)
        assert refused.value.code == "not-found"
    for name, content in (
        ("x.svg", b"<svg onload=alert(1)>"), ("x.html", b"<html>"), ("x.png", b"MZ"),
        ("big.png", PNG + bytes(11 << 20)),
    ):  # fmt: skip
        with pytest.raises(Refused, match="picture or a PDF"):
            actions.write_more(
                amina,
                once=f"bad {name}",
                conversation=sent.conversation,
                text="x",
                files=[actions.Upload(name, content)],
            )
    body = door(people.chen).read("Binary", letter.files[0].rid).json
    for writer in (door(people.chen), door(people.program)):
        with pytest.raises(Refused):
            writer.update({**body, "data": "JVBERi0xLjc=", "contentType": "application/pdf"})
        with pytest.raises(Refused):
            writer.delete("Binary", letter.files[0].rid)
    assert connection.connection is not None
