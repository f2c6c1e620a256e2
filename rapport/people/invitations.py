"""A way in for one person: a staff person chooses a Patient of the record, never a program by guess.

The secret travels by e-mail as a link, or on paper as a short code. It works once, for some days, and a
patient must know their date of birth with it; a few wrong tries end it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from hashlib import scrypt, sha256
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from rapport.fhir.outcomes import Refused
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people import accounts, actors, asking, events, notices, resting, site
from rapport.people.models import Invitation, User
from rapport.people.portrait import human_name, short

#: Letters and digits that can't be mistaken for one another on paper (32 of them: 5 bits each).
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 10  # 50 bits
#: Wrong dates of birth, or addresses that are taken, after which an invitation ends.
MOST_TRIES = 5


@dataclass(frozen=True, slots=True)
class Joining:
    """What someone fills in when they accept."""

    email: str
    password: str
    birth_date: date | None = None
    language: str = ""


def code() -> str:
    """A new code for paper, such as `7KQ4M-XW2PD`."""
    letters = "".join(secrets.choice(ALPHABET) for _place in range(CODE_LENGTH))
    return f"{letters[:5]}-{letters[5:]}"


def tidy(typed: str) -> str:
    """A typed code as it was printed: capitals, no spaces or hyphens, L for what looks like it."""
    return "".join(letter for letter in typed.upper() if letter.isalnum()).translate(
        str.maketrans("1I", "LL")
    )


@lru_cache(maxsize=1)
def _salt() -> bytes:
    return sha256(f"rapport invitation {settings.SECRET_KEY}".encode()).digest()


def hashed(secret: str) -> str:
    """What is kept of a secret: slow to try out, even for who has the table."""
    return scrypt(secret.encode(), salt=_salt(), n=2**14, r=8, p=1, dklen=32).hex()


def invite_patient(door: Door, rid: str, email: str = "", why: str = "") -> tuple[Invitation, str]:
    """Invite the patient `Patient/<rid>`, whom the door lets the actor see: the invitation and its secret.

    With an address the secret is a link that is sent there, else a code to print. An older open
    invitation ends. Who has an account chooses a new password with it, and keeps the second factor: so a
    link goes to the address that they proved, or somebody who leads says `why` they are sure who it is.
    """
    patient = door.read("Patient", rid).json
    email, person = email.strip().lower(), f"Patient/{rid}"
    if not email or email != proven_address(person):
        _identified(door.actor, person, why)
    new = Invitation(
        person=person,
        name=human_name(patient.get("name"))[0],
        birth_date=birth_date_of(patient),
        language=_language(patient),
        email=email,
        by=door.actor.ref,
    )
    return invite(new, why)


def proven_address(person: str) -> str:
    """The address to which somebody with an account showed that they read it; "" for none."""
    proven = EmailAddress.objects.filter(user__person=person, verified=True).order_by("-primary").first()
    return str(proven.email).lower() if proven else ""


def _identified(actor: Actor, person: str, why: str) -> None:
    """Refused unless `person` has no account yet, or somebody who leads says how they know who it is."""
    if not User.objects.filter(person=person).exists():
        return
    if actor.kind != "system" and not actors.leads(actor):
        raise Refused(
            "forbidden",
            _("They have an account: a new way in goes to the e-mail address that they proved."),
            _("Ask someone who leads a team."),
        )
    if not why.strip():
        raise Refused("rule", _("Say how you checked who they are."), _("Write it in a few words."))


def invite_staff(user: User, by: str, email: bool = False) -> tuple[Invitation, str]:
    """Let someone who works here choose a (new) password: a link by e-mail, or a code to hand over."""
    new = Invitation(person=user.person, name=user.display_name, email=user.email if email else "", by=by)
    return invite(new)


def invite(new: Invitation, why: str = "") -> tuple[Invitation, str]:
    """Keep an invitation and send it, if it has an address; an older open one ends. It and its secret."""
    with transaction.atomic():
        if User.objects.filter(person=new.person, is_active=False).exists():
            raise Refused("conflict", _("This account is closed."), _("Ask whoever runs this site."))
        secret = secrets.token_urlsafe(32) if new.email else code()
        new.secret = hashed(secret if new.email else tidy(secret))
        new.expires_at = timezone.now() + timedelta(days=site.current().invitation_days)
        open_ones = Invitation.objects.filter(person=new.person, used_at=None, ended_at=None)
        open_ones.update(ended_at=timezone.now())
        new.save()
        way = "by e-mail" if new.email else "on paper"
        events.note("invited", person=new.person, by=new.by, why=f"{way}: {why}" if why else way)
        if new.email:
            _send(new, secret)
    return new, secret


def _send(new: Invitation, secret: str) -> None:
    rules = site.current()
    with translation.override(new.language or rules.language):
        words = {
            "site": rules.name,
            "address": f"{rules.base_url}/join/{secret}/",
            "days": rules.invitation_days,
        }
        if new.person.startswith("RelatedPerson/"):
            return _send_to_kin(new, words)
        notices.post(
            new.email,
            _("%(site)s: your way in") % words,
            _(
                "Hello,\n\n%(site)s invites you to write to your care team online. Open this link to "
                "choose a password:\n%(address)s\n\nIt works once, for %(days)s days. If this is not for "
                "you, throw this e-mail away."
            )
            % words,
            person=new.person,
        )


def _send_to_kin(new: Invitation, words: dict[str, Any]) -> None:
    """What somebody of the family reads: who invites them by first name, and nothing of why."""
    words["name"] = short(actors.name_of(asking.conn(), new.by))
    notices.post(
        new.email,
        _("%(name)s invites you to %(site)s") % words,
        _(
            "Hello,\n\n%(name)s invites you to their circle at %(site)s. Open this link to have a way in of "
            "your own:\n%(address)s\n\nIt works once, for %(days)s days, and for this e-mail address alone. "
            "If you do not know %(name)s, throw this e-mail away."
        )
        % words,
        person=new.person,
    )


def find(secret: str) -> Invitation | None:
    """The open invitation with this link's or paper's secret. Always takes the same time."""
    short = tidy(secret) if len(secret) < 20 else secret
    return (
        Invitation.objects.filter(secret=hashed(short), used_at=None, ended_at=None, attempts__lt=MOST_TRIES)
        .filter(expires_at__gt=timezone.now())
        .first()
    )


def accept(invitation_id: int, joining: Joining, request: Any = None) -> User:
    """Make the account of who was invited. Refused("rule") with issues that say which field is wrong.

    `next` of the refusal is the name of the field: `birth_date`, `email`, `password`, or "" when it is over.
    """
    with transaction.atomic():
        row = Invitation.objects.select_for_update().get(pk=invitation_id)
        over = row.used_at or row.ended_at or row.expires_at <= timezone.now()
        if over or resting.rests(asking.conn(), row.person):
            raise Refused("rule", _("This invitation is over. Ask for a new one."))
        wrong = _wrong(row, joining)
        if wrong is None:
            return _join(row, joining, request)
        if wrong.next != "password":
            row.attempts += 1
            row.ended_at = timezone.now() if row.attempts >= MOST_TRIES else None
            row.save()
    raise wrong


def _wrong(row: Invitation, joining: Joining) -> Refused | None:
    if row.person.startswith("RelatedPerson/") and joining.email.strip().lower() != row.email:
        return Refused("rule", _("The invitation is for the address that it was sent to."), "email")
    if row.birth_date and joining.birth_date != row.birth_date:
        return Refused("rule", _("This is not the date of birth that we have."), "birth_date")
    others = User.objects.filter(email__iexact=joining.email).exclude(person=row.person)
    if (
        others.exists()
        or EmailAddress.objects.filter(email__iexact=joining.email).exclude(user__person=row.person).exists()
    ):
        return Refused(
            "rule", _("Someone else signs in with this address. Each person needs their own."), "email"
        )
    try:
        validate_password(joining.password, User(email=joining.email, display_name=row.name))
    except ValidationError as weak:
        return Refused("rule", " ".join(weak.messages), "password")
    return None


def _join(row: Invitation, joining: Joining, request: Any) -> User:
    email = joining.email.strip().lower()
    user = User.objects.filter(person=row.person).first() or User(person=row.person)
    if user.pk:
        accounts.end_everything(user)
        accounts.warn(user, "account/email/password_changed")
        if email != user.email:
            accounts.warn(user, "account/email/email_changed")
    user.email, user.display_name = email, actors.name_of(asking.conn(), row.person) or row.name
    user.language = joining.language or user.language or row.language
    user.set_password(joining.password)
    user.save()
    proven = bool(row.email) and row.email == email
    proven = proven or EmailAddress.objects.filter(user=user, email=email, verified=True).exists()
    EmailAddress.objects.filter(user=user).delete()
    EmailAddress.objects.create(user=user, email=email, primary=True, verified=proven)
    row.used_at = timezone.now()
    row.save()
    events.note("joined", person=user.person, by=user.person, request=request)
    return user


def birth_date_of(patient: dict[str, Any]) -> date | None:
    """The whole date of birth; None where only a year or a month is known."""
    try:
        return date.fromisoformat(str(patient.get("birthDate", "")))
    except ValueError:
        return None


def _language(patient: dict[str, Any]) -> str:
    for entry in patient.get("communication", []):
        for coding in entry.get("language", {}).get("coding", []):
            found = str(coding.get("code", ""))[:2]
            if found in site.current().languages:
                return found
    return ""
