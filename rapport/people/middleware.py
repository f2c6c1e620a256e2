"""Who is asking: gives a request its actor and its door, ends sign-ins that were left, sets the headers.

Order of what is refused: a sign-in that is over, then no sign-in, then staff without a second factor.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.db import InterfaceError, OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from rapport.fhir.outcomes import Refused
from rapport.gate.door import Door
from rapport.people import drafts, factors, site, standings
from rapport.people.models import User
from rapport.people.pages import demo, emergency
from rapport.people.settings_shapes import Site
from rapport.ui import errors

Page = Callable[..., HttpResponse]

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(), microphone=(), geolocation=(), "
        "publickey-credentials-get=(self), publickey-credentials-create=(self)"
    ),
    "Cache-Control": "no-store",
}

#: Asking whether something changed (and a page that fetches itself then: `X-Live`) is not doing something.
NOT_DOING = "/live/"
#: Forms below this hold passwords and codes, never words to keep.
ACCOUNT = "/account/"
#: `seen` is written at most so often (seconds), not with every request.
SEEN_EVERY = 20.0


def clock() -> float:
    """Seconds since 1970; tests put a clock of their own here."""
    return time.time()


class DoorMiddleware:
    """`request.actor` (None for a visitor) and `request.door`: made when first used, finished after."""

    def __init__(self, get_response: Page) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        rules = site.current()
        timezone.activate(rules.zone)
        _speak(request, rules)
        response = self._ended(request)
        if response is None:
            self._let_in(request)
            response = self.get_response(request)
        if (door := request.__dict__.pop("_door", None)) is not None:
            door.finish()
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if response.status_code == 429:
            response.headers.setdefault("Retry-After", "60")
        return response

    def _ended(self, request: HttpRequest) -> HttpResponse | None:
        """The answer when this sign-in is over: left alone too long, too old, or the account is closed."""
        if not request.user.is_authenticated:
            return None
        rules, session, now = site.current(), request.session, clock()
        idle = rules.staff_idle_minutes if request.user.is_staff_member else rules.patient_idle_minutes
        left = now - session.get("seen", 0) > idle * 60
        quiet = request.path_info.startswith(NOT_DOING) or bool(request.headers.get("X-Live"))
        if not left and now - session.get("began", 0) <= rules.longest_hours * 3600:
            if not quiet and now - session["seen"] > SEEN_EVERY:
                session["seen"] = now
            return None
        person = _writer(request)
        if request.method == "POST" and not quiet and not request.path_info.startswith(ACCOUNT):
            drafts.keep_posted(person, request.path, request.POST)
        logout(request)
        messages.info(request, _("You were away for a while, so we signed you out. What you wrote is kept."))
        return _to_sign_in(request)

    def _let_in(self, request: Any) -> None:
        request.actor = None
        if request.user.is_authenticated:
            connection.ensure_connection()
            about = getattr(request, "about", "")
            request.actor = standings.actor_at(connection.connection, request.user, about)

    def process_view(self, request: Any, view: Page, args: Any, kwargs: Any) -> HttpResponse | None:
        """No page without a sign-in unless it says so (`login_not_required`); staff go by the factor wall."""
        if request.actor is None:
            if request.user.is_authenticated:  # the address names a patient who is nothing to them
                return errors.show(request, 404)
            if request.path == "/" and demo.is_demo():
                return redirect("people_demo")
            return _to_sign_in(request) if getattr(view, "login_required", True) else None
        if "\x00" in request.path_info:  # no id holds one, and PostgreSQL takes none in a text
            return errors.show(request, 404)
        match = request.resolver_match
        if factors.missing(request) and (match is None or match.url_name not in factors.OPEN_WITHOUT):
            return _answer(request, reverse("people_factor"), 403)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A refusal becomes a page that says what happened and what to do."""
        # The database is away, or two people were in each other's way. All is undone: say when to come back.
        if isinstance(exception, OperationalError | psycopg.OperationalError):
            self._keep_words(request)
            return errors.plain(request, 503)
        if isinstance(exception, Refused):
            return errors.show(request, exception.status, exception.text, exception.next)
        return None

    @staticmethod
    def _keep_words(request: HttpRequest) -> None:
        """Keep what was typed, as far as the database lets us."""
        if (
            request.method == "POST"
            and request.user.is_authenticated
            and not request.path_info.startswith(ACCOUNT)
        ):
            with suppress(OperationalError, InterfaceError):
                drafts.keep_posted(_writer(request), request.path, request.POST)


def _writer(request: Any) -> str:
    """The person of the record as whom words were typed on this page: whose draft they are."""
    connection.ensure_connection()
    about = getattr(request, "about", "")
    actor = getattr(request, "actor", None) or standings.actor_at(connection.connection, request.user, about)
    return actor.ref if actor else str(request.user.person)


def _speak(request: Any, rules: Site) -> None:
    """The language chosen on this device, else the account's, else the browser's, if the site has it.

    What is chosen on a device is kept with the account.
    """
    user, chosen = request.user, request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    if chosen not in rules.languages:
        chosen = None
    if chosen and user.is_authenticated and chosen != user.language:
        User.objects.filter(pk=user.pk).update(language=chosen)
    own = user.language if user.is_authenticated else ""
    asked = translation.get_language() if request.headers.get("Accept-Language") else ""
    language = next((code for code in (chosen, own, asked) if code in rules.languages), rules.language)
    translation.activate(language)
    request.LANGUAGE_CODE = language


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page, and back afterwards to the page (never to what a form was sent to)."""
    if request.method in ("GET", "HEAD") and not request.path_info.startswith(NOT_DOING):
        target = redirect_to_login(request.get_full_path()).url
    else:
        target = redirect_to_login(_page_of(request)).url
    return _answer(request, target, 401)


def _page_of(request: HttpRequest) -> str:
    """The page that a form was sent from, if it is ours."""
    origin = request.build_absolute_uri("/")
    referer = request.headers.get("Referer", "")
    return referer[len(origin) - 1 :] if referer.startswith(origin) else "/"


def _answer(request: HttpRequest, target: str, status: int) -> HttpResponse:
    """A redirect for a page; for script (live polling, htmx) a status that it understands."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=status, headers={"HX-Redirect": target})
    if request.headers.get("X-Live") or request.path_info.startswith(NOT_DOING):
        return HttpResponse(status=status)
    return HttpResponseRedirect(target)


def _door(request: Any) -> Door:
    """The door of this request; for signed-in people alone."""
    door: Door | None = request.__dict__.get("_door")
    if door is None:
        if request.actor is None:
            raise Refused("unauthorized", _("Sign in to go on."))
        connection.ensure_connection()
        # Of somebody who broke the glass, every look within its hour stands out in the log.
        purpose = "ETREAT" if request.session.get(emergency.UNTIL, 0) > clock() else "TREAT"
        door = Door(connection.connection, request.actor, purpose, unit=transaction.atomic)
        request.__dict__["_door"] = door
    return door


# One lazily made value per request, without a proxy object that is never None.
HttpRequest.door = property(_door)  # type: ignore[attr-defined]
