"""By invitation only: chosen by a person, used once, for some days, by who knows the date of birth."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from rapport.fhir.outcomes import Refused
from rapport.gate.door import Door
from rapport.people import accounts, actors, asking, invitations
from rapport.people.models import Event, Invitation, User
from tests import personas

from .conftest import PASSWORD, Accounts, signed_in, words_of

NEW = "seven slow otters dancing"


@pytest.fixture
def newcomer(people: Accounts) -> str:
    """A patient of the record without an account."""
    body = {
        "resourceType": "Patient",
        "name": [{"use": "official", "family": "Reyes", "given": ["Tomas"]}],
        "birthDate": "1981-02-03",
        "address": [{"city": "Harlow"}],
        "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "es"}]}}],
    }
    asking.at_work("tests").create(body, rid="tomas")
    return "tomas"


def invited(rid: str, email: str = "", why: str = "") -> tuple[Invitation, str]:
    return invitations.invite_patient(asking.at_work("tests"), rid, email, why)


def join(secret: str, **said: str) -> tuple[Client, Any]:
    client = Client()
    if len(secret) < 20:
        client.post("/join/", {"code": secret})
    else:
        client.get(f"/join/{secret}/")
    form = {"birth_date": "3 2 1981", "email": "tomas@example.org", "password": NEW}
    return client, client.post("/join/about/", {**form, **said})


def test_a_letter_with_a_code_lets_a_patient_in(newcomer: str) -> None:
    _row, code = invited(newcomer)
    assert re.fullmatch(r"[2-9A-HJ-NP-Z]{5}-[2-9A-HJ-NP-Z]{5}", code)
    assert code.replace("-", "") not in str(Invitation.objects.values().get())
    client, answer = join(code.lower().replace("-", "  "))
    assert answer.status_code == 302, words_of(answer)
    assert client.get("/more/").status_code == 200
    user = User.objects.get(person="Patient/tomas")
    assert (user.display_name, user.language) == ("Tomas Reyes", "en")
    assert not EmailAddress.objects.get(user=user).verified, "a letter proves no e-mail address"


def test_a_link_proves_the_address_it_reached(newcomer: str, mailed: list[str]) -> None:
    _row, secret = invited(newcomer, "tomas@example.org")
    assert "Su acceso" in mailed[0] or f"/join/{secret}/" in mailed[0]
    client, answer = join(secret)
    assert answer.status_code == 302, words_of(answer)
    assert EmailAddress.objects.get(user__person="Patient/tomas").verified
    assert client.get("/more/").status_code == 200


def test_another_address_than_the_link_reached_is_not_proven(newcomer: str, mailed: list[str]) -> None:
    _row, secret = invited(newcomer, "tomas@example.org")
    client, _answer = join(secret, email="other@example.org")
    assert not EmailAddress.objects.get(user__person="Patient/tomas").verified
    assert mailed[-1].startswith("To: other@example.org")
    path = mailed[-1].split("http://127.0.0.1:8000")[1].split()[0]
    assert Client().post(path)["Location"].startswith("/account/login/"), "who got the mail proves nothing"
    assert not EmailAddress.objects.get(user__person="Patient/tomas").verified
    assert client.post(path).status_code == 302
    assert EmailAddress.objects.get(user__person="Patient/tomas").verified


def test_no_secret_stands_in_an_address_after_the_first(newcomer: str) -> None:
    _row, secret = invited(newcomer, "tomas@example.org")
    answer = Client().get(f"/join/{secret}/")
    assert answer["Location"] == "/join/about/"
    assert answer["Referrer-Policy"] == "same-origin"


def test_an_invitation_is_used_once(newcomer: str) -> None:
    _row, code = invited(newcomer)
    join(code)
    late = Client()
    assert "do not know this code" in words_of(late.post("/join/", {"code": code}))


def test_an_invitation_ends_after_its_days(newcomer: str) -> None:
    row, code = invited(newcomer)
    Invitation.objects.filter(pk=row.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert invitations.find(code) is None


def test_a_new_invitation_ends_the_one_before(newcomer: str) -> None:
    _row, first = invited(newcomer)
    _row, second = invited(newcomer)
    assert invitations.find(first) is None
    assert invitations.find(second) is not None


def test_nobody_chooses_the_name_that_others_read(newcomer: str) -> None:
    """It is the one of the record: at joining, on what they write, and once it is mended there."""
    _row, code = invited(newcomer)
    client, _answer = join(code, name="Dr Mei Chen")
    user = User.objects.get(person="Patient/tomas")
    assert user.display_name == "Tomas Reyes"
    User.objects.filter(pk=user.pk).update(display_name="Dr Mei Chen")
    actors._cache.kept.clear()
    assert actors.actor_for(asking.conn(), User.objects.get(pk=user.pk)).name == "Tomas Reyes"
    assert "Mei Chen" not in client.get("/messages/").content.decode()
    door = asking.at_work("tests")
    body = door.read("Patient", "tomas").json
    door.update({**body, "name": [{"given": ["Tomás"], "family": "Reyes Gil"}]})
    actors._cache.kept.clear()
    assert actors.actor_for(asking.conn(), user).name == "Tomás Reyes Gil"


def test_who_does_not_know_the_date_of_birth_is_not_let_in(newcomer: str) -> None:
    row, code = invited(newcomer)
    client, answer = join(code, birth_date="4 2 1981")
    assert "not the date of birth" in words_of(answer)
    for _guess in range(3):
        client.post("/join/about/", {
            "birth_date": "1 1 1981", "email": "t@example.org", "password": NEW,
        })  # fmt: skip
    row.refresh_from_db()
    assert row.attempts == 4 and row.ended_at is None
    join(code, birth_date="5 2 1981")
    row.refresh_from_db()
    assert row.ended_at is not None
    _client, answer = join(code)
    assert not User.objects.filter(person="Patient/tomas").exists()


def test_codes_cannot_be_guessed_on_and_on(newcomer: str) -> None:
    client = Client()
    answers = [client.post("/join/", {"code": invitations.code()}).status_code for _guess in range(22)]
    assert answers[:20] == [422] * 20
    assert answers[20:] == [429] * 2
    assert client.get("/join/abcdef/")["Retry-After"]


def test_a_weak_password_is_refused_and_costs_no_try(newcomer: str) -> None:
    row, code = invited(newcomer)
    for weak in ("short", "1234567890", "tomas@example.org", "password12"):
        _client, answer = join(code, password=weak)
        assert answer.status_code == 422, weak
        assert not User.objects.filter(person="Patient/tomas").exists()
        cache.clear()
    row.refresh_from_db()
    assert row.attempts == 0
    _client, answer = join(
        code, password="a password of 64 letters or more with spaces is fine 0123456789 abc"
    )
    assert answer.status_code == 302


def test_an_address_that_somebody_else_uses_is_refused(newcomer: str) -> None:
    """A guardian's address for two people would let one read for the other."""
    row, code = invited(newcomer)
    _client, answer = join(code, email="AMINA@example.org")
    assert "Each person needs their own" in words_of(answer)
    row.refresh_from_db()
    assert row.attempts == 1


def test_a_new_invitation_is_a_new_password_and_keeps_the_factor(people: Accounts) -> None:
    TOTP.activate(people.amina, "JBSWY3DPEHPK3PXP")
    before = signed_in_without_factor(people)
    _row, code = invited("amina", why="Saw her passport")
    _client, answer = join(code, birth_date="14 3 1968", name="Amina Haddad", email="amina@example.org")
    assert answer["Location"] == "/account/second-step/authenticate/"
    assert before.get("/more/").status_code == 302, "other sign-ins ended"
    assert EmailAddress.objects.get(user=people.amina).verified, "the address that was proven stays so"
    assert not Client().login(username=people.amina.email, password=PASSWORD)


def test_who_had_the_account_is_told_at_the_address_they_proved(people: Accounts, mailed: list[str]) -> None:
    old = people.amina.email
    accounts.reset_factor(people.amina, by=people.chen.person, why="Saw her passport")
    _row, code = invited("amina", why="Saw her passport")
    _client, answer = join(code, birth_date="14 3 1968", name="Amina Haddad", email="thief@example.org")
    assert answer.status_code == 302, words_of(answer)
    told = [mail for mail in mailed if mail.startswith(f"To: {old}\n")]
    said = ("is not asked for any more", "password was changed", "address was changed")
    assert len(told) == len(said) and all(words in mail for words, mail in zip(said, told, strict=True))


def signed_in_without_factor(people: Accounts) -> Client:
    client = Client()
    client.force_login(people.amina)
    return client


def test_staff_choose_a_password_and_then_a_factor(people: Accounts) -> None:
    door = asking.at_work("tests")
    from rapport.people.accounts import NewStaff, add_staff

    user, position = add_staff(door, NewStaff("jo@example.org", "Jo Weber", "nurse", "harbour-street"))
    assert position == "PractitionerRole/jo-weber-harbour-street"
    _row, code = invitations.invite_staff(user, by="tests")
    client, answer = join(code, name="Jo Weber", email="jo@example.org", birth_date="")
    assert answer["Location"] == "/account/factor/"
    assert client.get("/more/")["Location"] == "/account/factor/"
    assert client.get("/account/second-step/totp/activate/").status_code == 200


def test_a_lead_finds_chooses_and_prints(people: Accounts, newcomer: str) -> None:
    client = signed_in(people, people.chen)
    found = client.get("/invite/?name=rey&birth_date=1981-02-03")
    assert "Tomas Reyes" in words_of(found) and "Born 3 February 1981, Harlow" in words_of(found)
    assert "Nobody of that name" in words_of(client.get("/invite/?name=rey&birth_date=1981-02-04"))
    assert "two letters" in words_of(client.get("/invite/?name=r"))
    printed = client.post("/invite/tomas/", {"how": "print"})
    assert "Print this letter" in words_of(printed) and "Escriba este código" in words_of(printed)
    assert b'<section class="rp-sheet rp-stack" lang="es"' in printed.content  # the language of who gets it
    code = re.search(r"[2-9A-HJ-NP-Z]{5}-[2-9A-HJ-NP-Z]{5}", words_of(printed))
    assert code and invitations.find(code[0])
    event = Event.objects.get(kind="invited")
    assert (event.person, event.by) == ("Patient/tomas", people.chen.person)


def test_who_has_an_account_is_invited_anew_at_the_address_they_proved_alone(
    people: Accounts, mailed: list[str]
) -> None:
    """Whoever sees a patient knows their date of birth: a printed code would be their account."""
    dara = signed_in(people, people.dara)
    assert b'value="print"' not in dara.get("/invite/amina/").content
    assert dara.post("/invite/amina/", {"how": "print", "why": "Saw her"}).status_code == 422
    with pytest.raises(Refused, match="that they proved"):
        invitations.invite_patient(Door(asking.conn(), personas.People.dara), "amina", "dara@example.org")
    assert not Invitation.objects.exists()
    answer = dara.post("/invite/amina/", {"how": "email", "email": "dara@example.org"})
    assert answer.status_code == 200 and mailed[-1].startswith(f"To: {people.amina.email}\n")
    EmailAddress.objects.filter(user=people.amina).update(verified=False)
    assert "No link can go to an e-mail address" in words_of(dara.get("/invite/amina/"))
    assert dara.post("/invite/amina/", {"how": "email"}).status_code == 422


def test_who_leads_says_how_they_checked_who_it_is(people: Accounts) -> None:
    chen = signed_in(people, people.chen)
    assert "how you checked" in words_of(chen.post("/invite/amina/", {"how": "print"}))
    with pytest.raises(Refused, match="how you checked"):
        invitations.invite_patient(Door(asking.conn(), personas.People.chen), "amina")
    printed = chen.post("/invite/amina/", {"how": "print", "why": "Saw her passport"})
    code = re.search(r"[2-9A-HJ-NP-Z]{5}-[2-9A-HJ-NP-Z]{5}", words_of(printed))
    assert code and invitations.find(code[0])
    event = Event.objects.get(kind="invited")
    assert (event.by, event.why) == (people.chen.person, "on paper: Saw her passport")


def test_without_a_mail_server_only_paper_is_offered(people: Accounts, newcomer: str) -> None:
    client = signed_in(people, people.chen)
    assert b'value="email"' not in client.get("/invite/tomas/").content
    assert client.post("/invite/tomas/", {"how": "email", "email": "t@example.org"}).status_code == 422


def test_eve_of_another_team_can_neither_find_nor_invite(people: Accounts, newcomer: str) -> None:
    client = signed_in(people, people.eve_staff)
    assert "Nobody of that name" in words_of(client.get("/invite/?name=Reyes"))
    hidden, absent = client.get("/invite/tomas/"), client.get("/invite/no-such-one/")
    assert hidden.status_code == absent.status_code == 404
    assert words_of(hidden) == words_of(absent)
    assert client.post("/invite/tomas/", {"how": "print"}).status_code == 404
    assert not Invitation.objects.exists()


def test_patients_cannot_invite(people: Accounts, newcomer: str) -> None:
    client = signed_in(people, people.amina)
    assert client.get("/invite/?name=Reyes").status_code == 404
    assert client.post("/invite/amina/", {"how": "print"}).status_code == 404
    with pytest.raises(Refused):
        invitations.invite_patient(Door(asking.conn(), personas.People.eve), "amina")


def test_nobody_signs_up_alone(people: Accounts) -> None:
    page = Client().get("/account/signup/")
    assert "by invitation" in words_of(page)
    Client().post("/account/signup/", {"email": "x@example.org", "password1": NEW})
    assert not User.objects.filter(email="x@example.org").exists()


def test_the_command_prints_a_code(
    people: Accounts, newcomer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("invite", "tomas", "--json")
    said = capsys.readouterr().out
    assert '"name": "Tomas Reyes"' in said
    code = re.search(r'"code": "([^"]+)"', said)
    assert code and invitations.find(code[1])


def test_a_partly_known_date_of_birth_is_not_asked(people: Accounts) -> None:
    assert invitations.birth_date_of({"birthDate": "1981"}) is None
    assert invitations.birth_date_of({"birthDate": "1981-02-03"}) == date(1981, 2, 3)
