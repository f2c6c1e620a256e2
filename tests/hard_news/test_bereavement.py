"""Somebody died: everything rests, the family is not left alone; if it was a mistake, all is as before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail as outgoing
from django.db import connection
from django.utils import timezone

from rapport.fhir.outcomes import Refused
from rapport.fhir.validation import check
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people import errand_clock, errands, notices, resting, unsafe
from rapport.people.models import Mail, Notice, User
from rapport.pillars.conversations import actions as conversations
from rapport.pillars.conversations import reading, tasks
from rapport.pillars.hard_news import actions
from tests.conversations.conftest import MONDAY, Clock
from tests.conversations.conftest import clock as clock
from tests.conversations.pages import Browser
from tests.gate.consent.test_consent import consent, permit
from tests.hard_news.conftest import wished
from tests.hard_news.test_holds import arrive
from tests.personas import AMINA, BILAL, People

Doors = Callable[[Actor], Door]
TODAY = date(2026, 6, 15)


@pytest.fixture
def busy(people: People, door: Doors, clock: Clock) -> str:
    """Amina with open questions, a promise, an alert, a result that waits, a check-in, mails and her son."""
    door(Actor.system("tests")).create(
        consent(permit("RelatedPerson/bilal", "conversations", "health-record"))
    )
    amina, dara = door(people.amina), door(people.dara)
    sent = conversations.start(
        amina, once="the letter", topic="health", text="I want to die. Is it the tablet? Can I fly?",
        concerns=("Is it the tablet?", "Can I fly?"),
    )  # fmt: skip
    conversations.take(dara, concern=sent.concerns[0])
    conversations.promise(
        dara,
        once="the promise",
        conversation=sent.conversation,
        text="I ring her",
        due=MONDAY + timedelta(days=2),
    )
    unsafe.said_so(amina, "not safe today", "I do not feel safe.")
    actions.wish(amina, patient=AMINA, said=wished())
    arrive(door(people.program))
    again = datetime.now(UTC) + timedelta(days=2)
    actions.plan_check_in(dara, once="the check-in", patient=AMINA, again=again)
    browser = Browser(people.amina)
    user = User.objects.get(person=AMINA)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    Notice.objects.all().delete()
    past = timezone.now() - timedelta(minutes=1)
    Notice.objects.create(
        person=AMINA, kind="message", about=f"Communication/{sent.conversation}", key="n", due_at=past
    )
    Mail.objects.create(
        message_id="<m>", person=AMINA, address=user.email, subject="s", body="b", next_at=past
    )
    assert "What we agreed" in browser.get("/")
    return sent.conversation


def everything(door: Door) -> dict[str, Any]:
    """All of Amina's record as it reads, without the numbers of versions."""
    found = {}
    for rtype in ("Patient", "Task", "Communication", "Consent", "QuestionnaireResponse", "RelatedPerson"):
        for one in door.search(rtype, [("_count", "200")]).matches:
            meta = {
                k: v for k, v in one.json.get("meta", {}).items() if k not in ("versionId", "lastUpdated")
            }
            if one.json.get("for", {}).get("reference", AMINA) == AMINA:
                found[one.ref] = {**one.json, "meta": meta}
    return found


def accounts() -> list[tuple[Any, ...]]:
    return list(User.objects.order_by("pk").values_list("person", "is_active", "left_at"))


def rows(table: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT t::text FROM {table} t ORDER BY 1")
        return cursor.fetchall()


def dies(people: People, door: Doors, **more: Any) -> str:
    return actions.record_death(door(people.dara), patient=AMINA, day=TODAY, words="Her son Bilal.", **more)


def test_nothing_reminds_counts_or_is_sent_any_more(people: People, door: Doors, busy: str) -> None:
    clock_door, later = door(Actor.system("clock")), MONDAY + timedelta(days=30)
    dies(people, door)
    for kind in ("concern", "promise", "alert"):
        from rapport.pillars.conversations import moment

        with moment.set_to(later):
            assert tasks.due(clock_door, kind) == ([], "")
    assert [rid for rid in errand_clock.due(clock_door, later) if _kind(door, people, rid) != "family"] == []
    assert notices.gather(AMINA) is None and notices.send(Mail.objects.get().pk) == "waiting"
    assert outgoing.outbox == [] and Notice.objects.get(key="n").done_at is None
    inbox = reading.inbox(door(people.dara))
    assert inbox.concerns == () and inbox.alerts == () and inbox.counts.everyone == 0
    (mine,) = errands.of_owners(door(people.dara), [*people.dara.positions, *people.dara.teams])
    assert mine.kind == "family"


def _kind(door: Doors, people: People, rid: str) -> str:
    return errands.read_errand(door(people.dara).read("Task", rid).json).kind


def test_access_closes_but_for_who_is_kept(people: People, door: Doors, busy: str) -> None:
    amina, bilal = Browser(people.amina), door(people.bilal)
    assert bilal.search("Communication", "_count=9").matches
    dies(people, door)
    amina.get("/")
    assert amina.status in (302, 303) and "login" in amina.page["Location"]
    assert door(people.bilal).search("Communication", "_count=9").matches == ()
    actions.undo_death(door(people.dara), patient=AMINA, words="A mix-up.")
    dies(people, door, keep=BILAL)
    assert door(people.bilal).search("Communication", "_count=9").matches


def test_to_undo_it_restores_everything_exactly(people: People, door: Doors, busy: str) -> None:
    system = door(Actor.system("tests"))
    record, users = everything(system), accounts()
    grants, holds = rows("access_grant"), rows("access_hold")
    told = list(Notice.objects.values()), list(Mail.objects.values())
    rid = dies(people, door)
    assert everything(system) != record and accounts() != users
    actions.undo_death(door(people.dara), patient=AMINA, words="A mix-up with her sister.")
    after = everything(system)
    made = {ref for ref in after if ref not in record}
    assert made == {f"Task/{rid}", next(ref for ref in made if ref.startswith("Consent/"))}
    assert {ref: body for ref, body in after.items() if ref in record} == record
    assert accounts() == users and rows("access_grant") == grants and rows("access_hold") == holds
    assert (
        rows("access_denial") == [] and (list(Notice.objects.values()), list(Mail.objects.values())) == told
    )
    assert after[f"Task/{rid}"]["status"] == "cancelled"
    assert "What we agreed" in Browser(people.amina).get("/")
    notices.gather(AMINA)
    assert Notice.objects.get(key="n").done_at is not None
    inbox = reading.inbox(door(people.dara))
    assert len(inbox.concerns) == 3 and len(inbox.alerts) == 1


def test_it_follows_the_record_whoever_writes_it(people: People, door: Doors, busy: str) -> None:
    program = door(people.program)
    record = everything(door(Actor.system("tests")))
    body = program.read("Patient", "amina").json
    program.update({**body, "deceasedBoolean": True})
    assert reading.inbox(door(people.dara)).concerns == () and resting.rests(connection.connection, AMINA)
    body = program.read("Patient", "amina").json
    program.update({name: value for name, value in body.items() if name != "deceasedBoolean"})
    assert everything(door(Actor.system("tests"))) == record


def test_twice_is_refused_and_so_is_a_day_to_come(people: People, door: Doors, busy: str) -> None:
    with pytest.raises(Refused):
        actions.record_death(door(people.dara), patient=AMINA, day=date.today() + timedelta(days=9))
    with pytest.raises(Refused):
        actions.undo_death(door(people.dara), patient=AMINA, words="It never was.")
    dies(people, door)
    with pytest.raises(Refused):
        dies(people, door)


def test_what_was_said_about_it_before_comes_back(people: People, door: Doors) -> None:
    system = door(Actor.system("tests"))
    system.update({**system.read("Patient", "amina").json, "deceasedBoolean": False})
    dies(people, door)
    actions.undo_death(door(people.dara), patient=AMINA, words="A mix-up.")
    assert system.read("Patient", "amina").json["deceasedBoolean"] is False


def test_an_invitation_waits(people: People, door: Doors) -> None:
    from rapport.people import invitations
    from rapport.people.models import Invitation

    row = Invitation.objects.create(
        person=AMINA, name="Amina", secret="s", by="tests", expires_at=timezone.now() + timedelta(days=3)
    )
    dies(people, door)
    with pytest.raises(Refused) as refused:
        invitations.accept(row.pk, invitations.Joining(email="a@example.org", password="x", birth_date=None))
    assert "over" in refused.value.text


def test_the_pages_ask_twice(people: People, door: Doors, busy: str) -> None:
    dara = Browser(people.dara)
    assert "Record a death" in dara.get("/people/amina/")
    dara.get("/bereavement/amina/")
    asked = dara.send("/bereavement/amina/", day="2026-06-14", words="Bilal, her son. Ring after ten.")
    assert "Is this right?" in asked and "Amina Haddad" in asked
    assert not resting.rests(connection.connection, AMINA)
    after = dara.send("/bereavement/amina/")
    assert "Everything rests." in after and "Died" in after
    assert resting.rests(connection.connection, AMINA)
    rid = next(one.rid for one in errands.of_patient(door(people.dara), AMINA, "family"))
    assert "Ring after ten." in dara.get(f"/calls/{rid}/") and "family" in dara.said
    dara.get("/bereavement/amina/")
    assert "as it was before" in dara.send("/bereavement/amina/undo/", words="A mix-up.")
    assert not resting.rests(connection.connection, AMINA)


def test_the_family_is_spoken_with(people: People, door: Doors) -> None:
    rid = dies(people, door)
    body = door(people.dara).read("Task", rid).json
    assert check(body) == () and body["owner"]["reference"] == "PractitionerRole/dara"
    actions.take_family(door(people.chen), errand=rid)
    actions.family_done(door(people.chen), errand=rid, words="I spoke with Bilal. He wants to come by.")
    assert errands.of_patient(door(people.dara), AMINA, "family") == ()
    closed = door(Actor.system("tests")).search("Consent", "patient=Patient/amina").matches
    assert [check(one.json) for one in closed] == [()]


@pytest.mark.parametrize("who", ["amina", "bilal", "eve", "eve_staff", "root"])
def test_eve_and_others_let_nobody_die(people: People, door: Doors, who: str) -> None:
    other, browser = door(getattr(people, who)), Browser(getattr(people, who))
    browser.get("/bereavement/amina/")
    assert browser.status == 404
    browser.post("/bereavement/amina/", {"day": "2026-06-14", "sure": "yes"})
    assert browser.status == 404
    with pytest.raises(Refused):
        actions.record_death(other, patient=AMINA, day=TODAY)
    rid = dies(people, door)
    tries: list[Callable[[], object]] = [
        lambda: actions.undo_death(other, patient=AMINA, words="Theirs."),
        lambda: actions.take_family(other, errand=rid),
        lambda: actions.family_done(other, errand=rid, words="Theirs."),
        lambda: other.read("Task", rid),
    ]
    for attempt in tries:
        with pytest.raises(Refused):
            attempt()
    assert resting.rests(connection.connection, AMINA)


def test_the_glance_offers_nothing_that_is_for_the_living(people: People, door: Doors) -> None:
    dara = Browser(people.dara)
    living = ("Write to Amina", "Ask a check", "Goals and steps", "How to tell results")
    assert all(words in dara.get("/people/amina/") for words in living)
    dies(people, door)
    said = dara.get("/people/amina/")
    assert not any(words in said for words in living)
    assert "Everything rests. Was it a mistake?" in said and "Write down a call" in said
