"""Signing in: password, second factor, lock-out, and the same answers for names that do not exist."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from rapport.people.models import Event, User

from .conftest import PASSWORD, Accounts, code_of, signed_in, words_of


def test_a_patient_signs_in_with_a_password(people: Accounts) -> None:
    client = signed_in(people, people.amina)
    assert client.get("/more/").status_code == 200
    assert Event.objects.filter(kind="signed-in", person=people.amina.person).count() == 1


def test_staff_need_the_second_factor_too(people: Accounts) -> None:
    client = Client()
    answer = client.post("/account/login/", {"login": people.dara.email, "password": PASSWORD})
    assert answer["Location"] == "/account/second-step/authenticate/"
    assert client.get("/more/")["Location"].startswith("/account/login/")
    wrong = client.post(answer["Location"], {"code": "000000"})
    assert "not right" in words_of(wrong)
    assert client.get("/more/").status_code == 302
    client.post(answer["Location"], {"code": code_of(people.secrets[people.dara.email])})
    assert client.get("/more/").status_code == 200


def test_a_code_is_taken_once_for_as_long_as_it_is_good(people: Accounts) -> None:
    """allauth alone forgets a used code after half a minute; with tolerance it stays good for longer."""
    code = code_of(people.secrets[people.dara.email], ahead=1)
    first, second = Client(), Client()
    for client in (first, second):
        client.post("/account/login/", {"login": people.dara.email, "password": PASSWORD})
    assert first.post("/account/second-step/authenticate/", {"code": code}).status_code == 302
    cache.delete(f"allauth.mfa.totp.used?user={people.dara.pk}&code={code}")  # half a minute later
    assert (
        second.post("/account/second-step/authenticate/", {"code": f" {code[:3]} {code[3:]}"}).status_code
        == 200
    )
    assert second.get("/more/").status_code == 302


def test_ten_wrong_passwords_lock_the_name(people: Accounts) -> None:
    client = Client()
    for _guess in range(10):
        answer = client.post("/account/login/", {"login": people.amina.email, "password": "wrong guess"})
        assert "do not belong together" in words_of(answer)
    locked = client.post("/account/login/", {"login": people.amina.email, "password": PASSWORD})
    assert "quarter of an hour" in words_of(locked)
    assert client.get("/more/").status_code == 302
    other_host = Client(headers={"host": "127.0.0.1"})
    again = other_host.post("/account/login/", {"login": people.amina.email.upper(), "password": PASSWORD})
    assert "quarter of an hour" in words_of(again), "another spelling or host name must not help"


def test_ten_wrong_codes_lock_the_second_step(people: Accounts) -> None:
    client = Client()
    client.post("/account/login/", {"login": people.dara.email, "password": PASSWORD})
    for _guess in range(10):
        client.post("/account/second-step/authenticate/", {"code": "000000"})
    right = client.post(
        "/account/second-step/authenticate/", {"code": code_of(people.secrets[people.dara.email])}
    )
    assert right.status_code == 200
    assert "quarter of an hour" in words_of(right)


def test_a_name_that_does_not_exist_is_answered_alike(people: Accounts) -> None:
    known = Client().post("/account/login/", {"login": people.amina.email, "password": "wrong guess"})
    unknown = Client().post("/account/login/", {"login": "nobody@example.org", "password": "wrong guess"})
    assert words_of(known) == words_of(unknown)
    assert known.status_code == unknown.status_code
    for _guess in range(10):
        locked = Client().post("/account/login/", {"login": "nobody@example.org", "password": "wrong guess"})
    assert "quarter of an hour" in words_of(locked)


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/account/login/", {"login": "{}", "password": "wrong guess"}),
        ("/account/password/reset/", {"email": "{}"}),
    ],
)
def test_a_name_that_does_not_exist_costs_the_same_work(
    people: Accounts, settings: Any, monkeypatch: pytest.MonkeyPatch, path: str, form: dict[str, str]
) -> None:
    """Measured with a clock, 160 tries each: p = 0.98 (sign-in) and 0.80 (reset) that both are one."""
    settings.EMAIL_HOST = "mail.example.org"
    hashed: list[int] = []
    scrypt = hashlib.scrypt
    monkeypatch.setattr(hashlib, "scrypt", lambda *a, **k: hashed.append(1) or scrypt(*a, **k))
    work = []
    for email in (people.amina.email, "nobody@example.org"):
        hashed.clear()
        with CaptureQueriesContext(connection) as asked:
            Client().post(path, {name: value.format(email) for name, value in form.items()})
        work.append((len(hashed), len(asked)))
    (slow_known, known), (slow_unknown, unknown) = work
    assert slow_known == slow_unknown
    assert abs(known - unknown) <= 2


def test_two_at_once_cannot_use_one_code(people_for_real: Accounts) -> None:
    people = people_for_real
    clients = [Client(), Client()]
    for client in clients:
        client.post("/account/login/", {"login": people.dara.email, "password": PASSWORD})
    code = code_of(people.secrets[people.dara.email])

    def give(client: Client) -> int:
        try:
            return client.post("/account/second-step/authenticate/", {"code": code}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(give, clients)) == [200, 302]


def test_a_closed_account_is_answered_like_a_wrong_password_or_told_it_is_closed(people: Accounts) -> None:
    User.objects.filter(pk=people.amina.pk).update(is_active=False)
    wrong = Client().post("/account/login/", {"login": people.amina.email, "password": "wrong guess"})
    assert "do not belong together" in words_of(wrong)
    right = Client().post("/account/login/", {"login": people.amina.email, "password": PASSWORD})
    assert right["Location"] == "/account/inactive/"


def test_a_new_session_key_at_sign_in(people: Accounts) -> None:
    client = Client()
    client.get("/join/")
    client.post("/join/", {"code": "AAAAA-AAAAA"})
    client.session["planted"] = "x"
    client.session.save()
    before = client.cookies.get("rapport")
    signed_in(people, people.amina, client)
    assert before is None or client.cookies["rapport"].value != before.value


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_no_way_out_by_next(people: Accounts, target: str) -> None:
    answer = Client().post(
        "/account/login/", {"login": people.amina.email, "password": PASSWORD, "next": target}
    )
    assert "evil" not in answer["Location"]
