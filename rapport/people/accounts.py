"""Accounts: making them for staff, setting a password, ending sign-ins, resetting a lost second factor."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import connection, transaction

from rapport.fhir.outcomes import Refused
from rapport.gate.door import Door
from rapport.people import actors, events, sessions, statements, tokens
from rapport.people.models import User, fresh_epoch


@dataclass(frozen=True, slots=True)
class NewStaff:
    """Who joins: `team` is an id or `Organization/…`, `duties` some of `actors.DUTIES`.

    person   the `Practitioner/…` that stands for them already, such as an imported one; "" makes a new one
    """

    email: str
    name: str
    role: str
    team: str = ""
    duties: tuple[str, ...] = ()
    person: str = ""


def add_staff(door: Door, new: NewStaff) -> tuple[User, str]:
    """An account with a Practitioner and a position in the record: the account and `PractitionerRole/…`.

    Nobody can sign in before an invitation is accepted. Refused("conflict") when the e-mail address is taken.
    """
    if unknown := set(new.duties) - set(actors.DUTIES):
        raise Refused(
            "invalid", f"No such duty: {', '.join(sorted(unknown))}.", f"Known: {', '.join(actors.DUTIES)}."
        )
    if User.objects.filter(email__iexact=new.email.strip()).exists():
        raise Refused("conflict", "This e-mail address has an account already.", "Use another address.")
    with transaction.atomic(), door.unit("add staff"):
        person = _practitioner(door, new)
        name = actors.name_of(door.conn, person) or new.name
        user = User.objects.create_user(new.email, person, display_name=name)
        EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
        position = add_position(door, user.person, new.role, new.team, new.duties)
        events.note("staff-added", person=user.person, by=door.actor.ref)
    return user, position


def _practitioner(door: Door, new: NewStaff) -> str:
    """The Practitioner of someone who joins: the one named, if it has no account yet, or a new one."""
    if new.person:
        record = door.read("Practitioner", new.person.removeprefix("Practitioner/"))
        if User.objects.filter(person=record.ref).exists():
            raise Refused("conflict", f"{record.ref} has an account already.", "See: rapport staff list")
        return record.ref
    rid = _free(door, slug(new.name))
    door.create({"resourceType": "Practitioner", "active": True, "name": [human_name(new.name)]}, rid=rid)
    return f"Practitioner/{rid}"


def add_position(door: Door, person: str, role: str, team: str = "", duties: Iterable[str] = ()) -> str:
    """Give someone a position in a team (made when it is not there yet): `PractitionerRole/…`."""
    rid = person.partition("/")[2]
    codes = [{"coding": [{"system": actors.ROLE, "code": slug(role)}], "text": role}]
    if wanted := [{"system": actors.DUTY, "code": duty} for duty in duties]:
        codes.append({"coding": wanted})
    body = {
        "resourceType": "PractitionerRole",
        "active": True,
        "practitioner": {"reference": person},
        "code": codes,
    }
    if team:
        team_id = team.removeprefix("Organization/")
        ensure_team(door, team_id)
        body["organization"] = {"reference": f"Organization/{team_id}"}
        rid = f"{rid}-{team_id}"
    record = door.create(body, rid=_free(door, rid[:60], "PractitionerRole"))
    return record.ref


def ensure_team(door: Door, team_id: str) -> None:
    """The team of the settings as an Organization in the record; its name is the one of the settings."""
    from rapport.people import site

    if door.find("Organization", team_id) is not None:
        return
    rules = site.current()
    team = rules.team(f"Organization/{team_id}")
    name = rules.say(team.name) if team else team_id
    door.create({"resourceType": "Organization", "active": True, "name": name}, rid=team_id)


def slug(words: str) -> str:
    """Words as an id: "Dara Okafor" is `dara-okafor`."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40] or "someone"


def human_name(name: str) -> dict[str, object]:
    """A FHIR HumanName of a name as it is written."""
    *given, family = name.split() or [name]
    return {"text": name, "family": family, **({"given": given} if given else {})}


def _free(door: Door, wanted: str, rtype: str = "Practitioner") -> str:
    """`wanted`, or it with a number, whichever no resource has yet."""
    for number in range(1, 1000):
        ident = wanted if number == 1 else f"{wanted}-{number}"
        if door.find(rtype, ident) is None:
            return ident
    raise Refused("conflict", f"There are too many called {wanted}.", "Write the name in another way.")


def end_everything(user: User, *, but_session: str | None = None) -> None:
    """End all sign-ins and tokens of an account, at once and everywhere."""
    sessions.end_all(user, but=but_session)
    tokens.revoke_all(user)
    user.epoch = fresh_epoch()
    user.save(update_fields=["epoch"])


def warn(user: User, change: str) -> None:
    """Tell every proven address of an account that somebody else changed it (a key of `adapter.CHANGES`)."""
    for address in EmailAddress.objects.filter(user=user, verified=True):
        get_adapter().send_mail(change, address.email, {})


def reset_factor(user: User, *, by: str, why: str) -> None:
    """Take a lost second factor away, after their identity was checked; all sign-ins and tokens end.

    by   who checked; why: how identity was checked, which is needed. Staff must set up a new one to go on.
    """
    if not why.strip():
        raise Refused("rule", "Say how you checked who they are.", "Write it in a few words.")
    if by == user.person:
        raise Refused("rule", "Nobody can reset their own second factor.", "Ask someone who leads a team.")
    with transaction.atomic():
        Authenticator.objects.filter(user=user).delete()
        end_everything(user)
        warn(user, "mfa/email/totp_deactivated")
        events.note("factor-reset", person=user.person, by=by, why=why)


def by_email(email: str) -> User:
    """The account with this e-mail address. Refused("not-found") when there is none."""
    user = User.objects.filter(email__iexact=email.strip()).first()
    if user is None:
        raise Refused("not-found", f"Nobody signs in as {email}.", "Look at the spelling, or add them first.")
    return user


def signs_in(person: str) -> bool:
    """Whether this person has an account that is open."""
    connection.ensure_connection()
    return statements.signs_in(connection.connection, person)
