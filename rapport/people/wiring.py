"""What follows a sign-in, a new password, a second factor or a change of positions; connected at start-up."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from allauth.account import signals as account
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa import signals as factor
from django.contrib.auth import signals as auth

from rapport.gate import emergency, guards, spans
from rapport.gate.consent import ages
from rapport.gate.identity import moving
from rapport.people import (
    accounts,
    emergencies,
    events,
    factors,
    joined,
    leavers,
    middleware,
    site,
    statements,
)
from rapport.people.models import User, fresh_epoch
from rapport.ui import context

Body = dict[str, Any]
_POSITIONS = frozenset({"PractitionerRole", "RelatedPerson"})


def connect() -> None:
    """Connect signals and guards. Doing it twice is harmless."""
    auth.user_logged_in.connect(signed_in, dispatch_uid="people")
    auth.user_login_failed.connect(refused, dispatch_uid="people")
    account.password_changed.connect(new_password, dispatch_uid="people")
    account.password_reset.connect(new_password, dispatch_uid="people")
    account.email_changed.connect(new_email, dispatch_uid="people")
    factor.authenticator_used.connect(factor_shown, dispatch_uid="people")
    factor.authenticator_added.connect(factor_added, dispatch_uid="people")
    factor.authenticator_removed.connect(factor_removed, dispatch_uid="people")
    guards.register(guards.Guard("positions", _is_position, leavers.judge, _renew, _POSITIONS))
    emergency.on_opened(emergencies.follow)
    moving.on_joined(joined.follow)
    context.use_site(site.current)
    spans.use_zone(lambda: ZoneInfo(site.current().time_zone))
    ages.use_country(lambda: site.current().country)


def signed_in(sender: Any, request: Any, user: User, **_more: Any) -> None:
    """A sign-in begins: its clocks start, and it is written down."""
    now = middleware.clock()
    request.session["began"] = request.session["seen"] = now
    request.session["agent"] = request.headers.get("User-Agent", "")[:200]
    if not factors.enrolled(user):  # they gave their password a moment ago: let them set up a factor with it
        record_authentication(request, user, method="password", reauthenticated=True)
    events.note("signed-in", person=user.person, by=user.person, request=request)


def refused(sender: Any, credentials: dict[str, Any], request: Any = None, **_more: Any) -> None:
    """A wrong password. Whether the account exists or not, the same work is done."""
    user = User.objects.filter(email__iexact=str(credentials.get("email", ""))).first()
    events.note("sign-in-refused", person=user.person if user else "", request=request)


def new_password(sender: Any, request: Any, user: User, **_more: Any) -> None:
    """A new password ends every other sign-in and every token."""
    accounts.end_everything(user, but_session=request.session.session_key)
    events.note("password-changed", person=user.person, by=user.person, request=request)


def new_email(sender: Any, request: Any, user: User, **_more: Any) -> None:
    """A new e-mail address; allauth tells the old one."""
    events.note("email-changed", person=user.person, by=user.person, request=request)


def factor_shown(sender: Any, request: Any, user: User, **_more: Any) -> None:
    """The second factor was given."""
    factors.shown(request, user)


def factor_added(sender: Any, request: Any, user: User, authenticator: Any, **_more: Any) -> None:
    """A second factor was set up; who sets it up has it."""
    if authenticator.type in factors.REAL:
        factors.shown(request, user)
    events.note(
        "factor-added", person=user.person, by=user.person, why=str(authenticator.type), request=request
    )


def factor_removed(sender: Any, request: Any, user: User, authenticator: Any, **_more: Any) -> None:
    """A second factor was taken away; without any other, staff stand before the wall again."""
    if not factors.enrolled(user):
        request.session.pop(factors.SHOWN, None)
    events.note(
        "factor-removed", person=user.person, by=user.person, why=str(authenticator.type), request=request
    )


def _is_position(body: Body) -> bool:
    return body.get("resourceType") in _POSITIONS


def _renew(door: Any, before: Body | None, after: Body | None) -> None:
    """Whoever gained or lost a position (or whose family this is) is someone else at the door from now on."""
    persons = [_person(body) for body in (before, after) if body]
    statements.renew_epochs(door.conn, persons, fresh_epoch())


def _person(body: Body) -> str:
    if body["resourceType"] == "RelatedPerson":
        return f"RelatedPerson/{body.get('id', '')}"
    return str(body.get("practitioner", {}).get("reference", ""))
