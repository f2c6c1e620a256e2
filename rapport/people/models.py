"""Tables of people: accounts, sign-ins, invitations, tokens, drafts, rota, outbox, settings.

What is about care is in the record, as FHIR; here is only what lets a person in and keeps their desk.
`person` is always a FHIR reference such as `Patient/…`; there are no foreign keys into the record.
"""

from __future__ import annotations

import time
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

#: What an account is, told by the resource that stands for the person.
KINDS = {"Patient": "patient", "Practitioner": "staff", "RelatedPerson": "kin"}


def fresh_epoch() -> int:
    """A number that no account had before: microseconds of the clock. None comes back."""
    return time.time_ns() // 1000


class UserManager(BaseUserManager["User"]):
    """Makes accounts; e-mail addresses are kept in lower case."""

    def create_user(self, email: str, person: str, password: str | None = None, **fields: Any) -> User:
        """An account for `person`; without a password nobody can sign in until an invitation sets one."""
        user = self.model(email=email.strip().lower(), person=person, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        """The account with this e-mail address, whatever its case."""
        return self.get(email__iexact=username or "")


class User(AbstractBaseUser):
    """One person's way in. `epoch` grows whenever what they may do, or whether they may, changes."""

    email = models.EmailField(max_length=254, unique=True)
    person = models.CharField(max_length=80, unique=True)
    display_name = models.CharField(max_length=200)
    language = models.CharField(max_length=8, blank=True, default="")
    is_active = models.BooleanField(default=True)
    epoch = models.BigIntegerField(default=fresh_epoch)
    created_at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["person", "display_name"]

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="people_user_email_folded")]

    def __str__(self) -> str:
        return self.display_name or self.email

    @property
    def kind(self) -> str:
        """`patient`, `staff` or `kin`."""
        return KINDS.get(self.person.partition("/")[0], "kin")

    @property
    def is_staff_member(self) -> bool:
        """Works here: needs a second factor, has positions."""
        return self.kind == "staff"

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name


class Standing(models.Model):
    """One more person whom an account stands for: a `RelatedPerson/…` besides the account's own."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="standings")
    person = models.CharField(max_length=80, unique=True)
    created_at = models.DateTimeField(default=timezone.now)


class Session(AbstractBaseSession):
    """A sign-in on one device. Rows without a user are visitors (a language choice, a half sign-in)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="sign_ins")
    agent = models.CharField(max_length=200, blank=True, default="")
    began_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)


class Invitation(models.Model):
    """A way in for one person, used once: a link by e-mail, or a code on paper. Only its hash is kept."""

    person = models.CharField(max_length=80, db_index=True)
    name = models.CharField(max_length=200)
    birth_date = models.DateField(null=True)
    email = models.EmailField(max_length=254, blank=True, default="")
    language = models.CharField(max_length=8, blank=True, default="")
    secret = models.CharField(max_length=64, unique=True)
    by = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=models.Q(used_at=None, ended_at=None),
                name="people_one_open_invitation",
            )
        ]


class Client(models.Model):
    """A program that may ask for tokens of its own (`rapport client add`): by its secret or by its keys."""

    id = models.CharField(max_length=60, primary_key=True)
    name = models.CharField(max_length=200)
    secret = models.CharField(max_length=64, blank=True, default="")
    jwks = models.TextField(blank=True, default="")  # public keys (JWK Set); "" for a client with a secret
    scopes = models.TextField()
    is_active = models.BooleanField(default=True)
    epoch = models.BigIntegerField(default=fresh_epoch)
    created_at = models.DateTimeField(default=timezone.now)


class Token(models.Model):
    """A bearer token, of a person or of a client. `hash` is SHA-256 of 256 random bits."""

    hash = models.CharField(max_length=64, primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, null=True)
    scopes = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True)


class Draft(models.Model):
    """Words not sent yet: of a person, at a place (the path of the page they were typed on)."""

    person = models.CharField(max_length=80)
    place = models.CharField(max_length=200)
    text = models.TextField()
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "place"], name="people_one_draft_a_place")]


class Absence(models.Model):
    """Someone is away, first and last day included, and who covers."""

    person = models.CharField(max_length=80, db_index=True)
    cover = models.CharField(max_length=80, blank=True, default="")
    first_day = models.DateField()
    last_day = models.DateField()
    by = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now)


class Mail(models.Model):
    """One e-mail, kept until it is sent or given up. Sent at least once, always with this Message-ID.

    state: `waiting`, `sent`, `failed` (given up), `void` (never to be sent: see `adapter.py`)
    """

    message_id = models.CharField(max_length=120, unique=True)
    person = models.CharField(max_length=80, blank=True, default="")
    address = models.CharField(max_length=254)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    state = models.CharField(max_length=8, default="waiting")
    attempts = models.PositiveSmallIntegerField(default=0)
    trouble = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    next_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["next_at"], condition=models.Q(state="waiting"), name="people_mail_waiting")
        ]


class Notice(models.Model):
    """Something that a person should know of: gathered into one e-mail. `key` makes telling it idempotent."""

    person = models.CharField(max_length=80)
    kind = models.CharField(max_length=40)
    about = models.CharField(max_length=120)
    key = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    mail = models.ForeignKey(Mail, on_delete=models.SET_NULL, null=True, related_name="notices")
    lost = models.CharField(max_length=12, blank=True, default="")  # why it never arrived
    lost_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["person", "due_at"], condition=models.Q(done_at=None), name="people_notice_open"
            ),
            models.Index(
                fields=["person"],
                condition=~models.Q(lost="") & models.Q(lost_at=None),
                name="people_notice_lost",
            ),
        ]


class Quiet(models.Model):
    """The local hours in which a person wants no e-mail, instead of the site's; they may span midnight."""

    person = models.CharField(max_length=80, primary_key=True)
    begins = models.TimeField()
    ends = models.TimeField()


class Outbox(models.Model):
    """In demo mode and where no mail server is set: where e-mails go instead, shown at `/outbox/`."""

    message_id = models.CharField(max_length=120, blank=True, default="")
    address = models.CharField(max_length=254)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    at = models.DateTimeField(default=timezone.now)


class SiteText(models.Model):
    """The site's settings as written, with comments; the newest row is in force."""

    text = models.TextField()
    by = models.CharField(max_length=80)
    why = models.CharField(max_length=300, blank=True, default="")
    at = models.DateTimeField(default=timezone.now)


class Event(models.Model):
    """What happened to an account: sign-ins, factors, invitations, leaving. Append only."""

    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=40)
    person = models.CharField(max_length=80, blank=True, default="", db_index=True)
    by = models.CharField(max_length=80, blank=True, default="")
    why = models.CharField(max_length=300, blank=True, default="")
    address = models.CharField(max_length=60, blank=True, default="")


class Mark(models.Model):
    """A word about the database itself, such as `demo`."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField(default=timezone.now)
