"""Sign-ins end: left alone, too old, changed password, closed account, or by one's own wish. Words stay."""

from __future__ import annotations

import json

from django.test import Client

from rapport.people import accounts, drafts, sessions, tokens
from rapport.people.models import User

from .conftest import PASSWORD, Accounts, Clock, signed_in, words_of


def inside(client: Client) -> bool:
    return client.get("/more/").status_code == 200


def test_staff_are_signed_out_after_a_quarter_of_an_hour(people: Accounts, clock: Clock) -> None:
    client = signed_in(people, people.dara)
    clock.turn(14)
    assert inside(client)
    clock.turn(14)
    assert inside(client), "doing something starts the time anew"
    clock.turn(16)
    answer = client.get("/more/")
    assert answer["Location"] == "/account/login/?next=/more/"
    assert "What you wrote is kept" in words_of(client.get(answer["Location"]))
    assert not inside(client)
    assert sessions.of(people.dara).count() == 0


def test_patients_have_half_an_hour(people: Accounts, clock: Clock) -> None:
    client = signed_in(people, people.amina)
    clock.turn(29)
    assert inside(client)
    clock.turn(31)
    assert not inside(client)


def test_no_sign_in_lasts_longer_than_twelve_hours(people: Accounts, clock: Clock) -> None:
    client = signed_in(people, people.amina)
    for _part in range(12 * 60 // 20):
        clock.turn(20)
        assert inside(client)
    clock.turn(1)
    assert not inside(client)


def test_asking_for_news_does_not_prolong_a_sign_in(people: Accounts, clock: Clock) -> None:
    client = signed_in(people, people.dara)
    for _minute in range(14):
        clock.turn(1)
        assert client.get("/live/?t=x&s=0", headers={"X-Live": "1"}).status_code != 401
    clock.turn(2)
    assert client.get("/live/?t=x&s=0", headers={"X-Live": "1"}).status_code == 401
    assert not inside(client)


def test_the_page_that_fetches_itself_does_not_prolong_it_either(people: Accounts, clock: Clock) -> None:
    client = signed_in(people, people.dara)
    for _minute in range(16):
        clock.turn(1)
        client.get("/more/", headers={"X-Live": "1"})
    assert not inside(client)


def test_words_sent_too_late_are_kept_as_a_draft(people: Accounts, clock: Clock) -> None:
    client = signed_in(people, people.amina)
    clock.turn(31)
    posted = {"text": "My ankles are swollen.", "topic": "health", "csrfmiddlewaretoken": "x", "once": "1"}
    answer = client.post("/messages/new/", posted, headers={"referer": "http://testserver/messages/new/"})
    assert answer["Location"] == "/account/login/?next=/messages/new/"
    kept = json.loads(drafts.load(people.amina.person, "/messages/new/") or "")
    assert kept == {"text": ["My ankles are swollen."], "topic": ["health"]}
    assert drafts.load(people.eve.person, "/messages/new/") is None


def test_no_password_is_ever_kept_as_a_draft(people: Accounts, clock: Clock) -> None:
    client = signed_in(people, people.amina)
    clock.turn(31)
    client.post(
        "/account/password/change/", {"oldpassword": PASSWORD, "password1": "x" * 12, "password2": "x" * 12}
    )
    assert drafts.places(people.amina.person) == []


def test_a_stolen_cookie_is_worth_nothing_after_signing_out(people: Accounts) -> None:
    client = signed_in(people, people.amina)
    stolen = client.cookies["rapport"].value
    client.post("/account/logout/")
    thief = Client()
    thief.cookies["rapport"] = stolen
    assert not inside(thief)


def test_the_table_of_sign_ins_opens_nobody_s_sign_in(people: Accounts) -> None:
    client = signed_in(people, people.amina)
    row = sessions.of(people.amina).get()
    assert row.session_key != client.cookies["rapport"].value
    thief = Client()
    thief.cookies["rapport"] = row.session_key
    assert not inside(thief)


def test_a_new_password_ends_every_sign_in_and_token(people: Accounts) -> None:
    here, there = signed_in(people, people.amina), signed_in(people, people.amina)
    tokens.issue_for(people.amina, 1, by="test")
    assert inside(there)
    new = "seven slow otters dancing"
    answer = here.post(
        "/account/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new}
    )
    assert answer.status_code == 302, answer.content.decode()
    assert not inside(here)
    assert not inside(there)
    assert sessions.of(people.amina).count() == 0
    assert people.amina.token_set.filter(revoked_at=None).count() == 0
    assert Client().post("/account/login/", {"login": people.amina.email, "password": new}).status_code == 302


def test_everywhere_else_can_be_signed_out(people: Accounts) -> None:
    here, there = signed_in(people, people.amina), signed_in(people, people.amina)
    here.post("/account/end-all/")
    assert inside(here)
    assert not inside(there)


def test_one_device_can_be_signed_out(people: Accounts) -> None:
    here = signed_in(people, people.amina)
    there = signed_in(
        people, people.amina, Client(headers={"user-agent": "Mozilla/5.0 (Android) Firefox/140.0"})
    )
    page = here.get("/account/").content.decode()
    assert "Firefox, Android" in page
    began = there.session["began"]
    here.post(f"/account/end/{int(began)}/")
    assert inside(here)
    assert not inside(there)


def test_a_closed_account_is_out_at_once(people: Accounts) -> None:
    client = signed_in(people, people.amina)
    User.objects.filter(pk=people.amina.pk).update(is_active=False)
    assert not inside(client)
    accounts.end_everything(people.amina)
    assert sessions.of(people.amina).count() == 0


def test_eve_cannot_end_somebody_elses_sign_in(people: Accounts) -> None:
    amina, eve = signed_in(people, people.amina), signed_in(people, people.eve)
    eve.post(f"/account/end/{int(amina.session['began'])}/")
    eve.post("/account/end-all/")
    assert inside(amina)
