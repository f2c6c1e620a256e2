"""Jobs of this room. A job says whom or what to look at; the state is in the tables."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from rapport.gate import jobs
from rapport.people import notices, statements, tokens
from rapport.people.models import Invitation, Mail, Notice, Session


@app.task(name="people.gather")
def gather(person: str) -> None:
    """Put a person's due notices into one mail."""
    notices.gather(person)


@app.task(name="people.send")
def send(mail: int) -> None:
    """Try to send one mail."""
    notices.send(mail)


@app.task(name="people.lost")
def lost(person: str) -> None:
    """Tell whoever follows it that notices never reached a person."""
    notices.say_lost(person)


@app.periodic(cron="*/5 * * * *")
@app.task(name="people.sweep", queueing_lock="people.sweep")
def sweep(timestamp: int = 0) -> None:
    """Make lost jobs again, and forget what is over."""
    late = timezone.now() - timedelta(minutes=3)
    with transaction.atomic():
        connection.ensure_connection()
        conn = connection.connection
        due = Notice.objects.filter(done_at=None, due_at__lt=late)
        for person in due.values_list("person", flat=True).distinct()[:500]:
            jobs.later(conn, "people.gather", person=person)
        lost_ones = Notice.objects.filter(lost_at=None, done_at__lt=late).exclude(lost="")
        for person in lost_ones.values_list("person", flat=True).distinct()[:500]:
            jobs.later(conn, "people.lost", person=person)
        waiting = Mail.objects.filter(state__in=("waiting", "void"), next_at__lt=late)
        for pk in waiting.values_list("pk", flat=True)[:500]:
            jobs.later(conn, "people.send", mail=pk)
    forget()


def forget() -> None:
    """Delete what is over: sign-ins, tokens, remembered codes, the words of mails sent long ago."""
    now = timezone.now()
    Session.objects.filter(expire_date__lt=now).delete()
    tokens.sweep()
    Mail.objects.filter(state="sent", sent_at__lt=now - timedelta(days=30)).exclude(body="").update(body="")
    Invitation.objects.filter(used_at=None, ended_at=None, expires_at__lt=now).update(ended_at=now)
    connection.ensure_connection()
    statements.forget_codes(connection.connection)
