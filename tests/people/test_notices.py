"""Notices: told once, gathered, outside quiet hours, one Message-ID; what is lost comes back to staff."""

from __future__ import annotations

import socketserver
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from threading import Thread
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail as django_mail
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from rapport.people import asking, notices, site, tasks
from rapport.people.models import Mail, Mark, Notice, Outbox

from .conftest import Accounts, words_of

HEALTH = ("ankle", "concern", "Concern", "question", "tablet", "message about", "Task/", "Communication/")


@pytest.fixture
def server(people: Accounts, settings: Any) -> Iterator[list[Any]]:
    """A site with a mail server; what it got."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.EMAIL_HOST = "mail.example.org"
    django_mail.outbox = []
    yield django_mail.outbox


@pytest.fixture
def lost() -> Iterator[list[notices.Undelivered]]:
    found: list[notices.Undelivered] = []
    hooks = list(notices._hooks)
    notices._hooks[:] = [found.append]
    yield found
    notices._hooks[:] = hooks


def ripen() -> None:
    Notice.objects.update(due_at=timezone.now() - timedelta(seconds=1))


def test_telling_twice_tells_once(server: list[Any], people: Accounts) -> None:
    assert notices.tell(people.amina.person, "message", "Communication/1", "k1")
    assert not notices.tell(people.amina.person, "message", "Communication/1", "k1")
    assert Notice.objects.count() == 1


def test_several_become_one_mail_that_says_nothing(server: list[Any], people: Accounts) -> None:
    for number in range(3):
        notices.tell(people.amina.person, "message", f"Communication/{number}", f"k{number}")
    assert notices.gather(people.amina.person) is None, "not before the window is over"
    ripen()
    row = notices.gather(people.amina.person)
    assert row is not None
    assert notices.gather(people.amina.person) is None
    assert notices.send(row.pk) == "sent"
    assert notices.send(row.pk) == "sent"
    assert len(server) == 1
    sent = server[0]
    assert sent.to == ["amina@example.org"]
    assert sent.extra_headers["Message-ID"] == row.message_id
    whole = f"{sent.subject}\n{sent.body}"
    assert not any(word in whole for word in HEALTH), whole
    assert "http://127.0.0.1:8000/" in whole
    assert "Amina" not in whole


def test_the_words_of_every_mail_in_every_language(server: list[Any], people: Accounts) -> None:
    for language in site.current().languages:
        people.amina.language = language
        row = notices.write(people.amina, "amina@example.org")
        assert "\n" not in row.subject
        assert not any(word in row.subject + row.body for word in HEALTH)


def test_seen_before_the_mail_goes_needs_no_mail(server: list[Any], people: Accounts) -> None:
    notices.tell(people.amina.person, "message", "Communication/1", "k1")
    notices.settle(people.amina.person, "Communication/1")
    ripen()
    assert notices.gather(people.amina.person) is None


def test_an_unproven_address_gets_nothing_and_staff_hear_of_it(
    server: list[Any], people: Accounts, lost: list[notices.Undelivered]
) -> None:
    EmailAddress.objects.filter(user=people.amina).update(verified=False)
    notices.tell(people.amina.person, "message", "Communication/1", "k1", urgent=True)
    assert notices.gather(people.amina.person) is None
    notices.tell("Patient/nobody", "message", "Communication/2", "k2", urgent=True)
    notices.gather("Patient/nobody")
    assert lost == [], "told by a job of its own"
    assert notices.say_lost(people.amina.person) == notices.say_lost("Patient/nobody") == 1
    assert notices.say_lost("Patient/nobody") == 0
    assert [(one.person, one.about, one.why) for one in lost] == [
        (people.amina.person, ("Communication/1",), "no-address"),
        ("Patient/nobody", ("Communication/2",), "no-account"),
    ]
    assert not server


def test_a_dead_mail_server_is_tried_again_and_given_up_in_the_end(
    server: list[Any], people: Accounts, lost: list[notices.Undelivered], monkeypatch: pytest.MonkeyPatch
) -> None:
    notices.tell(people.amina.person, "message", "Communication/1", "k1", urgent=True)
    row = notices.gather(people.amina.person)
    assert row is not None
    ids = set()

    def dead(_self: Any, messages: list[Any]) -> int:
        ids.add(messages[0].extra_headers["Message-ID"])
        raise SMTPServerDisconnected("gone")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", dead)
    for attempt, pause in enumerate(notices.PAUSES, 1):
        assert notices.send(row.pk) == "waiting"
        row.refresh_from_db()
        wait = row.next_at - timezone.now()
        assert row.attempts == attempt and abs(wait - timedelta(minutes=pause)) < timedelta(seconds=5)
        assert notices.send(row.pk) == "waiting", "not before its time"
        row.refresh_from_db()
        assert row.attempts == attempt
        Mail.objects.update(next_at=timezone.now())
    assert notices.send(row.pk) == "failed"
    notices.say_lost(people.amina.person)
    assert [one.why for one in lost] == ["failed"]
    assert ids == {row.message_id}
    assert Notice.objects.get().lost_at is not None


def test_an_address_that_is_refused_for_good_is_not_tried_again(
    server: list[Any], people: Accounts, lost: list[notices.Undelivered], monkeypatch: pytest.MonkeyPatch
) -> None:
    notices.tell(people.amina.person, "message", "Communication/1", "k1", urgent=True)
    row = notices.gather(people.amina.person)
    assert row is not None

    def refused(_self: Any, messages: list[Any]) -> int:
        raise SMTPRecipientsRefused({"amina@example.org": (550, b"no such person")})

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refused)
    assert notices.send(row.pk) == "failed"
    notices.say_lost(people.amina.person)
    assert len(lost) == 1


def test_a_hook_that_fails_is_called_again_until_it_succeeds(
    server: list[Any], people: Accounts, lost: list[notices.Undelivered]
) -> None:
    notices.tell("Patient/nobody", "message", "Communication/2", "k2", urgent=True)
    notices.gather("Patient/nobody")

    def broken(_lost: notices.Undelivered) -> None:
        raise RuntimeError("not now")

    notices._hooks.append(broken)
    with pytest.raises(RuntimeError):
        notices.say_lost("Patient/nobody")
    notices._hooks.remove(broken)
    Notice.objects.update(done_at=timezone.now() - timedelta(minutes=10))
    asking.conn().execute("DELETE FROM procrastinate_jobs")
    tasks.sweep.func(0)
    jobs = asking.conn().execute("SELECT task_name FROM procrastinate_jobs").fetchall()
    assert jobs == [("people.lost",)]
    assert notices.say_lost("Patient/nobody") == 1


def test_colleagues_without_a_proven_address_make_no_work(
    server: list[Any], people: Accounts, lost: list[notices.Undelivered]
) -> None:
    EmailAddress.objects.filter(user=people.dara).update(verified=False)
    notices.tell(people.dara.person, "message", "Communication/1", "k1", urgent=True)
    notices.gather(people.dara.person)
    assert notices.say_lost(people.dara.person) == 0


class Sink(socketserver.StreamRequestHandler):
    """A mail server that takes everything."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        data = False
        for line in self.rfile:
            if data:
                self.server.got.append(line.decode().rstrip("\r\n"))  # type: ignore[attr-defined]
                data = line != b".\r\n"
                if not data:
                    self.wfile.write(b"250 taken\r\n")
                continue
            word = line[:4].upper()
            data = word == b"DATA"
            self.wfile.write({b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}.get(word, b"250 ok\r\n"))
            if word == b"QUIT":
                return


def test_a_mail_really_leaves_by_smtp(people: Accounts, settings: Any) -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), Sink) as smtp:
        smtp.got = []  # type: ignore[attr-defined]
        Thread(target=smtp.serve_forever, daemon=True).start()
        settings.EMAIL_BACKEND = "rapport.people.mail.Backend"
        text = (
            site.default_text()
            .replace('host = ""', 'host = "127.0.0.1"')
            .replace('security = "starttls"', 'security = "none"')
        )
        site.load(text.replace("port = 587", f"port = {smtp.server_address[1]}"), by="tests")
        site.forget()
        notices.tell(people.amina.person, "message", "Communication/1", "k1", urgent=True)
        row = notices.gather(people.amina.person)
        assert row is not None and notices.send(row.pk) == "sent"
        smtp.shutdown()
        got = "\n".join(smtp.got)  # type: ignore[attr-defined]
    assert f"Message-ID: {row.message_id}" in got
    assert "From: Riverside Practice <no-reply@example.org>" in got
    assert "To: amina@example.org" in got
    assert "there is something to read" in got


def test_without_a_mail_server_nothing_is_lost_and_nobody_is_troubled(
    people: Accounts, lost: list[notices.Undelivered]
) -> None:
    notices.tell(people.amina.person, "message", "Communication/1", "k1", urgent=True)
    assert notices.gather(people.amina.person) is None
    assert lost == []
    assert Notice.objects.get().done_at is not None


def test_a_lost_job_is_made_again_by_the_sweep(server: list[Any], people: Accounts) -> None:
    notices.tell(people.amina.person, "message", "Communication/1", "k1", urgent=True)
    row = notices.write(people.dara, "dara@example.org")
    Notice.objects.update(due_at=timezone.now() - timedelta(minutes=10))
    Mail.objects.update(next_at=timezone.now() - timedelta(minutes=10))
    conn = asking.conn()
    conn.execute("DELETE FROM procrastinate_jobs")
    tasks.sweep.func(0)
    jobs = conn.execute(
        "SELECT task_name, coalesce(args->>'person', args->>'mail') FROM procrastinate_jobs ORDER BY id"
    ).fetchall()
    assert jobs == [("people.gather", people.amina.person), ("people.send", str(row.pk))]


def test_in_a_demo_mails_go_to_the_outbox_page(people: Accounts, settings: Any) -> None:
    settings.DEMO, settings.EMAIL_BACKEND = True, "rapport.people.mail.Backend"
    assert Client().get("/outbox/").status_code == 404, "the database is no demo"
    Mark.objects.create(name="demo")
    notices.tell(people.amina.person, "message", "Communication/1", "k1", urgent=True)
    row = notices.gather(people.amina.person)
    assert row is not None and notices.send(row.pk) == "sent"
    assert Outbox.objects.get().address == "amina@example.org"
    assert "there is something to read" in words_of(Client().get("/outbox/"))


@pytest.mark.parametrize(
    ("quiet", "at", "expected"),
    [
        ((time(21), time(8)), datetime(2026, 1, 10, 22, tzinfo=UTC), datetime(2026, 1, 11, 8, tzinfo=UTC)),
        ((time(21), time(8)), datetime(2026, 1, 10, 3, tzinfo=UTC), datetime(2026, 1, 10, 8, tzinfo=UTC)),
        ((time(21), time(8)), datetime(2026, 1, 10, 12, tzinfo=UTC), datetime(2026, 1, 10, 12, tzinfo=UTC)),
        (
            (time(13), time(14)),
            datetime(2026, 1, 10, 13, 30, tzinfo=UTC),
            datetime(2026, 1, 10, 14, tzinfo=UTC),
        ),
        # the night in which the clock goes forward: 8 am is British summer time
        ((time(21), time(8)), datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 7, tzinfo=UTC)),
        ((time(8), time(8)), datetime(2026, 1, 10, 3, tzinfo=UTC), datetime(2026, 1, 10, 3, tzinfo=UTC)),
    ],
)
def test_quiet_hours_of_the_site(quiet: tuple[time, time], at: datetime, expected: datetime) -> None:
    assert notices.out_of_quiet(at, rules(quiet)) == expected


USUAL = site.parse(site.default_text())


def rules(quiet: tuple[time, time]) -> Any:
    return replace(USUAL, quiet=quiet)


clocks = st.integers(0, 95).map(lambda mark: time(mark // 4, mark % 4 * 15))


@limits(deadline=None)
@given(clocks, clocks, st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)))
def test_quiet_hours_delay_by_less_than_a_day_and_end_outside(begins: time, ends: time, at: datetime) -> None:
    here = rules((begins, ends))
    out = notices.out_of_quiet(at, here)
    assert at <= out < at + timedelta(hours=25)
    assert notices.out_of_quiet(out, here) == out
