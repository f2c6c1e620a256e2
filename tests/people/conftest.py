"""Accounts of the usual people, a clock that can be turned, and a browser that signs in like a person."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.test import Client

from rapport.people import asking, middleware, notices, site
from rapport.people.models import User
from tests import personas

PASSWORD = "four brown hens crossing"


class Clock:
    """A clock that tests turn; it begins now."""

    def __init__(self) -> None:
        self.at = time.time()

    def __call__(self) -> float:
        return self.at

    def turn(self, minutes: float) -> None:
        self.at += minutes * 60


@dataclass
class Accounts:
    """The accounts, by first name; staff have a TOTP secret each."""

    amina: User
    eve: User
    chen: User
    dara: User
    eve_staff: User
    root: User
    secrets: dict[str, str]


@lru_cache(maxsize=1)
def password_hash() -> str:
    """Slow on purpose, so made once."""
    return make_password(PASSWORD)


def account(person: str, name: str, email: str, **more: Any) -> User:
    user = User(email=email, person=person, display_name=name, password=password_hash(), **more)
    user.save()
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
    return user


def arrive() -> Accounts:
    """Put everybody into the record and give them an account; Dr Chen leads, Root runs the machine."""
    cache.clear()
    site.forget()
    door = asking.at_work("tests")
    personas.arrive(door.conn, door._open)
    found = Accounts(
        amina=account(personas.AMINA, "Amina Haddad", "amina@example.org"),
        eve=account(personas.EVE, "Eve Marsh", "eve@example.org"),
        chen=account(personas.CHEN, "Dr Mei Chen", "chen@example.org"),
        dara=account(personas.DARA, "Dara Okafor", "dara@example.org"),
        eve_staff=account(personas.EVE_STAFF, "Eve Marsh", "eve.staff@example.org"),
        root=account(personas.ROOT, "Root", "root@example.org"),
        secrets={},
    )
    for user in (found.chen, found.dara, found.eve_staff, found.root):
        found.secrets[user.email] = generate_totp_secret()
        TOTP.activate(user, found.secrets[user.email])
    return found


@pytest.fixture
def people(db: None) -> Iterator[Accounts]:
    """Everybody, undone after the test. What waits for a commit never happens here."""
    yield arrive()
    cache.clear()
    site.forget()


@pytest.fixture
def people_for_real(own_database: str) -> Iterator[Accounts]:
    """Everybody in a database of this test alone, where commits are real."""
    yield arrive()
    site.forget()


@pytest.fixture
def mailed(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A site with a mail server: the texts of what was sent, as soon as it is put into the outbox."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.EMAIL_HOST = "mail.example.org"
    sent: list[str] = []
    post = notices.post

    def at_once(*args: Any, **more: Any) -> Any:
        row = post(*args, **more)
        if notices.send(row.pk) == "sent":
            sent.append(f"To: {row.address}\nSubject: {row.subject}\n\n{row.body}")
        return row

    monkeypatch.setattr(notices, "post", at_once)
    yield sent


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of sign-ins."""
    turned = Clock()
    monkeypatch.setattr(middleware, "clock", turned)
    return turned


def code_of(secret: str, ahead: int = 0) -> str:
    """What an authenticator app shows now, or some half minutes later."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + ahead)))


def signed_in(people: Accounts, user: User, client: Client | None = None) -> Client:
    """Sign in as a person does: password, then the code if one is asked for."""
    client = client or Client()
    answer = client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 302, answer.content
    if answer["Location"] == "/account/second-step/authenticate/":
        cache.clear()  # a test may sign the same person in twice within half a minute
        answer = client.post(answer["Location"], {"code": code_of(people.secrets[user.email])})
        assert answer.status_code == 302, answer.content.decode()
    return client


def words_of(answer: Any) -> str:
    """What a page says, without tags."""
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    main = re.sub(r"<script.*?</script>", " ", main, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main)).strip()
