"""Tells people by e-mail that there is something to read, and never what.

`tell` writes a notice into the transaction of what it is about. One job per person gathers what came
within the batching window into one e-mail, outside quiet hours; another sends it: at least once, always
with the same Message-ID, tried again with growing pauses. What can't be delivered goes to `on_undelivered`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from smtplib import SMTPRecipientsRefused
from urllib.parse import urlsplit

from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from rapport.gate import jobs
from rapport.gate.door import Door
from rapport.people import actors, asking, mail, resting, site, standings, statements
from rapport.people.models import Mail, Notice, User
from rapport.people.settings_shapes import Site

#: Minutes until a mail that could not be sent is tried again; after the last it is given up.
PAUSES = (1, 5, 30, 120, 480)


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Notices that never reached a person. why: `no-account`, `no-address`, `failed`."""

    person: str
    about: tuple[str, ...]
    kinds: tuple[str, ...]
    why: str


#: Local times of day: from, until.
Hours = tuple[time, time]
Hook = Callable[[Undelivered], None]
_hooks: list[Hook] = []


def on_undelivered(hook: Hook) -> None:
    """Have `hook` called for what could not be delivered; what it writes commits with its being done."""
    if hook not in _hooks:
        _hooks.append(hook)


def tell(
    ref: str, kind: str, about: str, key: str, conn: statements.Conn | None = None, *, urgent: bool = False
) -> bool:
    """Let a person know that there is something new; False when this key was told before.

    ref     the person
    kind    a word for us (never sent), such as `message`
    about   the reference of what it is about (never sent)
    key     makes it idempotent: the same key is told once, whoever asks again
    conn    the door's connection, so that it commits with the write; Django's where left out
    urgent  at once: neither gathered nor held back by quiet hours
    """
    conn = conn or asking.conn()
    now = timezone.now()
    due = now if urgent else due_at(now, site.current(), _own_quiet(conn, ref))
    if not statements.add_notice(conn, ref, kind, about, key[:200], due):
        return False
    jobs.later(conn, "people.gather", at=due, person=ref)
    return True


def settle(ref: str, about: str, conn: statements.Conn | None = None) -> None:
    """The person has seen it: what was not told yet about it needs no e-mail any more."""
    statements.settle_notices(conn or asking.conn(), ref, about)


def due_at(now: datetime, rules: Site, own: Hours | None = None) -> datetime:
    """When a notice of now is sent: after the batching window, outside quiet hours, `own` or the site's."""
    return out_of_quiet(now + timedelta(minutes=rules.batch_minutes), rules, own)


def _own_quiet(conn: statements.Conn, ref: str) -> Hours | None:
    """The hours that a patient or one of a circle chose; for whoever works here those of the site hold."""
    return statements.quiet_of(conn, ref) if ref.startswith(("Patient/", "RelatedPerson/")) else None


def out_of_quiet(at: datetime, rules: Site, own: Hours | None = None) -> datetime:
    """`at`, or the end of the quiet hours that it falls into (local time; they may span midnight)."""
    begins, ends = own or rules.quiet
    local = at.astimezone(rules.zone)
    clock = local.time().replace(tzinfo=None)
    inside = begins <= clock < ends if begins < ends else clock >= begins or clock < ends
    if begins == ends or not inside:
        return at
    day = local.date() + timedelta(days=1 if begins > ends and clock >= begins else 0)
    return datetime.combine(day, ends.replace(fold=local.fold), rules.zone).astimezone(UTC)


def gather(person: str) -> Mail | None:
    """Put what waits for a person into one mail and have it sent; None when nothing is due or goes out."""
    with transaction.atomic():
        now = timezone.now()
        waiting = list(
            Notice.objects.select_for_update(skip_locked=True)
            .filter(person=person, done_at=None)
            .order_by("id")
        )
        if not any(notice.due_at <= now for notice in waiting) or resting.rests(asking.conn(), person):
            return None
        Notice.objects.filter(pk__in=[notice.pk for notice in waiting]).update(done_at=now)
        if not mail.can_send():
            return None
        waiting = _still_theirs(person, waiting)
        if not waiting:
            return None
        user = standings.user_of(person)
        address = user and EmailAddress.objects.filter(user=user, verified=True, primary=True).first()
        if not user or not address:
            if not person.startswith("Practitioner/"):  # colleagues see their inbox; patients may see nothing
                _undelivered(person, waiting, "no-address" if user else "no-account")
            return None
        row = write(user, address.email)
        Notice.objects.filter(pk__in=[notice.pk for notice in waiting]).update(mail=row)
        return row


def _still_theirs(person: str, waiting: list[Notice]) -> list[Notice]:
    """Of what waits for somebody of the family, what they may still read: sharing ends here, too."""
    if not person.startswith("RelatedPerson/"):
        return waiting
    door = Door(asking.conn(), actors.actor_of(asking.conn(), person, "", 0), unit=transaction.atomic)
    return [notice for notice in waiting if door.decide("r", *notice.about.split("/", 1)).allowed]


def write(user: User, address: str) -> Mail:
    """A mail that says that there is something to read: in the person's language, and nothing else."""
    rules = site.current()
    with translation.override(user.language or rules.language):
        subject = _("%(site)s: there is something to read") % {"site": rules.name}
        body = _(
            "Hello,\n\nThere is something new for you at %(site)s. Sign in to read it:\n%(address)s/\n\n"
            "For your privacy, e-mails never say what it is about. Please do not answer this e-mail: "
            "nobody reads the answers."
        ) % {"site": rules.name, "address": rules.base_url}
    return post(address, subject, body, person=user.person)


def post(address: str, subject: str, body: str, *, person: str = "", state: str = "waiting") -> Mail:
    """Put one mail into the outbox, sent once this transaction commits. Its Message-ID never changes."""
    host = urlsplit(site.current().base_url).hostname or "localhost"
    row = Mail.objects.create(
        message_id=f"<{uuid.uuid4().hex}@{host}>",
        person=person,
        address=address,
        subject=" ".join(subject.split())[:200],
        body=body,
        state=state,
    )
    jobs.later(asking.conn(), "people.send", mail=row.pk)
    return row


def send(mail_id: int) -> str:
    """Try to send one mail; its state afterwards. Doing it twice is harmless, but for a doubled e-mail."""
    with transaction.atomic():
        row = Mail.objects.select_for_update(skip_locked=True).filter(pk=mail_id).first()
        if row is None:
            return "gone"
        if row.state == "void":
            row.delete()
            return "void"
        if row.state != "waiting" or row.next_at > timezone.now():
            return row.state
        if resting.rests(asking.conn(), row.person):
            return row.state
        try:
            _message(row).send()
        except Exception as trouble:  # whatever a mail server or the net may say
            _put_off(row, trouble)
        else:
            row.state, row.sent_at, row.trouble = "sent", timezone.now(), ""
        row.save()
        return row.state


def _message(row: Mail) -> EmailMessage:
    headers = {"Message-ID": row.message_id, "Auto-Submitted": "auto-generated"}
    return EmailMessage(row.subject, row.body, site.current().mail.sender, [row.address], headers=headers)


def _put_off(row: Mail, trouble: Exception) -> None:
    refused = isinstance(trouble, SMTPRecipientsRefused) and all(
        500 <= code < 600 for code, _words in trouble.recipients.values()
    )
    row.trouble = f"{type(trouble).__name__}: {trouble}"[:300]
    row.attempts += 1
    if refused or row.attempts > len(PAUSES):
        row.state = "failed"
        notices = list(Notice.objects.filter(mail=row))
        if notices:
            _undelivered(row.person, notices, "failed")
        return
    row.next_at = timezone.now() + timedelta(minutes=PAUSES[row.attempts - 1])
    jobs.later(asking.conn(), "people.send", at=row.next_at, mail=row.pk)


def _undelivered(person: str, notices: Sequence[Notice], why: str) -> None:
    """Give notices up; whoever follows that is told by a job of its own, again and again until it is done."""
    Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(lost=why)
    jobs.later(asking.conn(), "people.lost", person=person)


def say_lost(person: str) -> int:
    """Call the hooks for what never reached a person, all or nothing; how many notices. Safe to do again."""
    with transaction.atomic():
        rows = list(
            Notice.objects.select_for_update(skip_locked=True)
            .filter(person=person, lost_at=None)
            .exclude(lost="")
        )
        Notice.objects.filter(pk__in=[row.pk for row in rows]).update(lost_at=timezone.now())
        for why in dict.fromkeys(row.lost for row in rows):
            some = [row for row in rows if row.lost == why]
            about, kinds = (
                tuple(dict.fromkeys(getattr(row, name) for row in some)) for name in ("about", "kind")
            )
            for hook in _hooks:
                hook(Undelivered(person, about, kinds, why))
    return len(rows)
