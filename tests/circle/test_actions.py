"""What a patient does with their circle acts at once, for whom it is meant, and for nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection

from rapport.fhir.outcomes import Refused
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people import notices
from rapport.people.models import Invitation, Mail, Notice, User
from rapport.pillars.circle import actions, reading, shapes
from rapport.pillars.circle.shapes import Choice
from rapport.pillars.conversations import actions as conversations
from rapport.pillars.conversations.actions import Sent
from tests.conversations.conftest import EVE_DESK
from tests.personas import AMINA, BILAL, People, observation

Doors = Callable[[Actor], Door]
EVERYTHING = Choice(dict.fromkeys(shapes.CATEGORIES), writes=True)
TALK = Choice({"conversations": None}, writes=True)


def talks(door: Door) -> set[str]:
    query = [("category", "urn:rapport:kind|message"), ("_count", "50")]
    return {record.rid for record in door.search("Communication", query).matches}


def test_nothing_is_shared_before_the_patient_says_so(door: Doors, people: People, three: Sent) -> None:
    assert talks(door(people.bilal)) == set()
    assert reading.shared(door(people.bilal), AMINA) == ()


def test_what_is_shared_is_seen_and_the_rest_is_not(door: Doors, people: People, three: Sent) -> None:
    door(people.dara).create(observation("pulse"), rid="pulse")
    actions.share(door(people.amina), member="bilal", choice=TALK)
    assert three.message in talks(door(people.bilal))
    assert not door(people.bilal).search("Observation", [("patient", AMINA)]).matches
    actions.share(door(people.amina), member="bilal", choice=Choice({"health-record": None}))
    assert talks(door(people.bilal)) == set()
    assert len(door(people.bilal).search("Observation", [("patient", AMINA)]).matches) == 1


def test_a_choice_is_read_back_as_it_was_made() -> None:
    until = {"conversations": date(2027, 1, 31), "plan": None, "decisions": date(2026, 12, 1)}
    for choice in (
        Choice(until, writes=True, sensitive=frozenset({"hiv", "genetics"})),
        Choice({"plan": None}),
        Choice({"plan": None}, state=shapes.PAUSED),
    ):
        body = shapes.consent(AMINA, BILAL, "Bilal", choice, "2026-11-22T20:00:00Z")
        assert shapes.choice_of(body) == choice
    ended = shapes.consent(AMINA, BILAL, "Bilal", Choice(state=shapes.ENDED), "2026-11-22T20:00:00Z")
    assert shapes.choice_of(ended).state == shapes.ENDED
    assert shapes.choice_of(None).state == shapes.NOTHING


def test_the_end_of_a_day_ends_it(door: Doors, people: People, three: Sent) -> None:
    """No sweep has to run: the grant itself says until when."""
    today = date.today()
    actions.share(door(people.amina), member="bilal", choice=Choice({"conversations": today}))
    assert talks(door(people.bilal))
    rows = connection.connection.execute(
        "SELECT max(valid_until) FROM access_grant WHERE rule = 'consent'"
    ).fetchone()
    assert rows[0].date() == today + timedelta(days=1)


def test_he_writes_for_her_under_his_own_name(door: Doors, people: People) -> None:
    with pytest.raises(Refused):
        _starts(door(people.bilal))
    actions.share(door(people.amina), member="bilal", choice=TALK)
    sent = _starts(door(people.bilal))
    letter = door(people.amina).read("Communication", sent.message).json
    assert letter["sender"]["reference"] == BILAL and letter["subject"]["reference"] == AMINA
    concern = door(people.dara).read("Task", sent.concerns[0]).json
    assert concern["requester"]["reference"] == BILAL and concern["for"]["reference"] == AMINA


def test_reading_alone_does_not_let_him_write(door: Doors, people: People, three: Sent) -> None:
    actions.share(door(people.amina), member="bilal", choice=Choice({"conversations": None}))
    assert three.message in talks(door(people.bilal))
    with pytest.raises(Refused):
        _starts(door(people.bilal))


def _starts(door: Door) -> Sent:
    return conversations.start(
        door,
        once="his first form",
        topic="health",
        text="May I come?",
        concerns=["May I come?"],
        patient=AMINA,
    )


# ---------------------------------------------------------------- limit, pause, end


def test_a_pause_hides_all_and_keeps_the_choice(door: Doors, people: People, three: Sent) -> None:
    actions.share(door(people.amina), member="bilal", choice=TALK)
    actions.pause(door(people.amina), member="bilal")
    assert talks(door(people.bilal)) == set()
    assert actions.choice_for(door(people.amina), BILAL) == Choice(
        TALK.until, True, frozenset(), shapes.PAUSED
    )
    actions.share(door(people.amina), member="bilal", choice=EVERYTHING)  # a pause goes on
    assert talks(door(people.bilal)) == set()
    actions.resume(door(people.amina), member="bilal")
    assert talks(door(people.bilal))


def test_an_end_ends_what_he_was_brought_into_too(door: Doors, people: People, three: Sent) -> None:
    """Also the conversation that is written to him, his own entry, and his invitation."""
    header = door(people.amina).read("Communication", three.conversation).json
    bilal = {"reference": BILAL, "display": "Bilal Haddad"}
    door(people.amina).update({**header, "recipient": [*header["recipient"], bilal]})
    actions.share(door(people.amina), member="bilal", choice=EVERYTHING)
    actions.invite_again(door(people.amina), member="bilal", email="bilal@example.org")
    assert talks(door(people.bilal))
    actions.end(door(people.amina), member="bilal")
    his = door(people.bilal)
    assert talks(his) == set()
    for rtype in ("Communication", "Task", "Patient", "RelatedPerson", "Consent", "CareTeam"):
        assert not his.search(rtype, [("_count", "50")]).matches, rtype
    assert not Invitation.objects.filter(used_at=None, ended_at=None).exists()
    with pytest.raises(Refused):
        actions.share(door(people.amina), member="bilal", choice=TALK)


def test_a_queued_notice_is_not_sent_after_the_end(door: Doors, people: People, three: Sent) -> None:
    User.objects.create_user("bilal@example.org", BILAL, display_name="Bilal Haddad")
    actions.share(door(people.amina), member="bilal", choice=TALK)
    about = f"Communication/{three.conversation}"
    notices.tell(BILAL, "message", about, "one", urgent=True)
    actions.end(door(people.amina), member="bilal")
    assert notices.gather(BILAL) is None
    assert not Notice.objects.filter(person=BILAL, done_at=None).exists()


def test_a_queued_notice_is_not_sent_when_its_conversation_is_no_longer_shared(
    door: Doors, people: People, three: Sent
) -> None:
    User.objects.create_user("bilal@example.org", BILAL, display_name="Bilal Haddad")
    actions.share(door(people.amina), member="bilal", choice=EVERYTHING)
    notices.tell(BILAL, "message", f"Communication/{three.conversation}", "one", urgent=True)
    actions.share(door(people.amina), member="bilal", choice=Choice({"plan": None}))
    assert notices.gather(BILAL) is None
    assert not Notice.objects.filter(person=BILAL).exclude(lost="").exists()


# ---------------------------------------------------------------- inviting


def invites(door: Door, **other: Any) -> str:
    said = {
        "once": "an invitation form",
        "name": "Samir Haddad",
        "relation": "brother",
        "email": "samir@example.org",
        "choice": TALK,
    }
    return actions.invite(door, **{**said, **other})


def test_inviting_twice_with_one_form_invites_once(door: Doors, people: People) -> None:
    rid = invites(door(people.amina))
    assert invites(door(people.amina)) == rid
    body = door(people.amina).read("RelatedPerson", rid).json
    assert body["relationship"][0]["coding"][0]["code"] == "BRO"
    mail = Mail.objects.get()
    assert mail.address == "samir@example.org" and "Amina" in mail.body
    assert "Haddad" not in mail.body + mail.subject  # her name says no more than he knows


def test_nobody_is_invited_to_share_nothing_or_by_the_own_address(door: Doors, people: People) -> None:
    from allauth.account.models import EmailAddress

    user = User.objects.create_user("amina@example.org", AMINA, display_name="Amina")
    EmailAddress.objects.create(user=user, email="amina@example.org", verified=True, primary=True)
    for wrong in ({"choice": Choice()}, {"email": "Amina@example.org"}, {"name": "S"}, {"relation": " "}):
        with pytest.raises(Refused) as refused:
            invites(door(people.amina), **wrong)
        assert refused.value.code == "rule", wrong
    assert not Invitation.objects.exists()
    assert len(reading.members(door(people.amina), date.today())) == 1


# ---------------------------------------------------------------- kept private


def test_what_is_kept_private_leaves_no_trace(door: Doors, people: People, three: Sent) -> None:
    """Not in lists, counts, histories, questions; not in what answers it later."""
    actions.share(door(people.amina), member="bilal", choice=EVERYTHING)
    his = lambda: door(people.bilal)  # noqa: E731
    before = his().counts("Communication", "_count=50")
    actions.keep_private(door(people.amina), ref=f"Communication/{three.message}", private=True)
    conversations.answer(
        door(people.dara),
        once="an answer form",
        conversation=three.conversation,
        concerns=[three.concerns[0]],
        text="Yes, the tablet can do that.",
    )
    assert his().counts("Communication", "_count=50")[0] == before[0] - 1
    assert talks(his()) == set()
    assert not his().search("Task", [("patient", AMINA), ("_count", "50")]).matches
    seen = his().changes("Communication")
    assert {record.rid for record in seen} == {three.conversation}
    for rid in (three.message, *three.concerns):
        rtype = "Task" if rid in three.concerns else "Communication"
        with pytest.raises(Refused) as refused:
            his().read(rtype, rid)
        assert refused.value.code == "not-found"
    assert len(talks(door(people.amina))) == 2 and len(talks(door(people.dara))) == 2
    actions.keep_private(door(people.amina), ref=f"Communication/{three.message}", private=False)
    assert three.message in talks(his())


def test_the_header_tells_nothing_of_a_private_question(door: Doors, people: People, three: Sent) -> None:
    """Neither who has it, nor whether it is open: not by its state, recipients, versions or their number."""
    actions.share(door(people.amina), member="bilal", choice=EVERYTHING)
    actions.keep_private(door(people.amina), ref=f"Communication/{three.message}", private=True)
    his = lambda: door(people.bilal).history("Communication", three.conversation)  # noqa: E731
    before = his()
    assert before[0].json["status"] == "completed"
    conversations.hand_over(door(people.dara), concern=three.concerns[0], to=EVE_DESK, reason="Forms")
    for number, concern in enumerate(three.concerns[1:]):
        conversations.answer(
            door(people.dara),
            once=f"an answer form {number}",
            conversation=three.conversation,
            concerns=[concern],
            text="Yes, the tablet can do that.",
        )
        conversations.confirm(door(people.amina), concern=concern)
    assert [record.body for record in his()] == [record.body for record in before]
    eve = door(people.eve_staff)  # who has it has the conversation
    assert eve.read("Communication", three.conversation) and eve.read("Task", three.concerns[0])
    assert eve.read("Communication", three.message) and eve.read("Patient", "amina")
    actions.keep_private(door(people.amina), ref=f"Communication/{three.message}", private=False)
    shown = his()[0].json
    assert shown["status"] == "in-progress" and EVE_DESK in str(shown["recipient"])
    assert door(people.eve_staff).read("Communication", three.conversation)


def test_a_private_letter_is_not_shown_as_corrected(door: Doors, people: People, three: Sent) -> None:
    from rapport.pillars.conversations import reading as talking

    actions.keep_private(door(people.amina), ref=f"Communication/{three.message}", private=True)
    letter = talking.conversation(door(people.amina), three.conversation).letters[0]
    assert (letter.state, letter.private) == ("sent", True)


def test_a_record_is_kept_private(door: Doors, people: People) -> None:
    door(people.dara).create(observation("pulse"), rid="pulse")
    actions.share(door(people.amina), member="bilal", choice=EVERYTHING)
    actions.keep_private(door(people.amina), ref="Observation/pulse", private=True)
    assert door(people.bilal).search("Observation", [("patient", AMINA)]).total in (0, None)
    assert not door(people.bilal).search("Observation", [("patient", AMINA)]).matches
    assert door(people.dara).read("Observation", "pulse")


def test_sensitive_things_are_hidden_unless_chosen(door: Doors, people: People) -> None:
    hiv = {"system": shapes.ACT_CODE, "code": "HIV"}
    door(people.dara).create({**observation("pulse"), "meta": {"security": [hiv]}}, rid="pulse")
    actions.share(door(people.amina), member="bilal", choice=EVERYTHING)
    assert not door(people.bilal).search("Observation", [("patient", AMINA)]).matches
    chosen = Choice(EVERYTHING.until, True, frozenset({"hiv"}))
    actions.share(door(people.amina), member="bilal", choice=chosen)
    assert len(door(people.bilal).search("Observation", [("patient", AMINA)]).matches) == 1


# ---------------------------------------------------------------- the mirror


def test_the_mirror_shows_exactly_what_he_then_sees(door: Doors, people: People, three: Sent) -> None:
    door(people.dara).create(observation("pulse"), rid="pulse")
    who = reading.member(door(people.amina), "bilal", date.today())
    for choice in (TALK, EVERYTHING, Choice({"health-record": None})):
        with reading.as_seen_by(door(people.amina), who, choice, "2026-11-22T20:00:00Z") as his:
            would = reading.shared(his, AMINA)
        assert would and reading.shared(door(people.bilal), AMINA) == ()
        actions.share(door(people.amina), member="bilal", choice=choice)
        assert reading.shared(door(people.bilal), AMINA) == would
        assert reading.shared(door(people.amina), AMINA) != would or choice is EVERYTHING
        connection.connection.execute("DELETE FROM access_grant WHERE rule = 'consent'")


# ---------------------------------------------------------------- Eve


def test_eve_gets_nowhere(door: Doors, people: People, three: Sent) -> None:
    """Another patient, a stranger on the staff, the nurse, the operator and Bilal himself all try."""
    actions.share(door(people.amina), member="bilal", choice=TALK)
    letter = f"Communication/{three.message}"
    tries: dict[str, Callable[[Door], Any]] = {
        "share": lambda at: actions.share(at, member="bilal", choice=EVERYTHING),
        "pause": lambda at: actions.pause(at, member="bilal"),
        "resume": lambda at: actions.resume(at, member="bilal"),
        "end": lambda at: actions.end(at, member="bilal"),
        "invite_again": lambda at: actions.invite_again(at, member="bilal", email="eve@example.org"),
        "keep_private": lambda at: actions.keep_private(at, ref=letter, private=True),
        "member": lambda at: reading.member(at, "bilal", date.today()),
    }
    for who in (people.eve, people.eve_staff, people.dara, people.root, people.bilal):
        for name, attempt in tries.items():
            with pytest.raises(Refused) as refused:
                attempt(door(who))
            assert refused.value.code == "not-found", (who.name, name)
    for who in (people.eve_staff, people.dara, people.root, people.bilal):
        with pytest.raises(Refused):
            invites(door(who))
    assert actions.choice_for(door(people.amina), BILAL) == TALK
    assert not Invitation.objects.exists()


def test_eve_lets_somebody_in_to_her_own_record_alone(door: Doors, people: People, three: Sent) -> None:
    rid = invites(door(people.eve))
    theirs = Actor("kin", f"RelatedPerson/{rid}", "Samir Haddad", "brother", patients=("Patient/eve",))
    assert talks(door(theirs)) == set()
    assert door(theirs).search("Patient", [("_count", "9")]).matches[0].rid == "eve"
    assert len(door(theirs).search("Patient", [("_count", "9")]).matches) == 1
