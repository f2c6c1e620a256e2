"""Every route says who may come: whoever is signed in, or, if it is listed here, everybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, get_resolver

#: Routes that a visitor may ask for, each for a reason that can be read here.
PUBLIC = {
    "help/": "numbers for an emergency, whoever asks",
    "help/offline.js": "the script that keeps that page without a network; nobody's words are in it",
    "language/": "chooses a language before the sign-in",
    "theme/": "chooses light or dark before the sign-in",
    "account/login/": "the way in",
    "account/logout/": "the way out, also of a sign-in that is over",
    "account/signup/": "says that one is invited here; takes nothing",
    "account/inactive/": "says that an account is closed",
    "account/second-step/authenticate/": "the second step of a sign-in",
    "account/login/code/confirm/": "allauth's; its codes are switched off",
    "account/password/reset/": "a lost password; says the same for every address",
    "account/password/reset/done/": "what follows it",
    "account/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "the link of the e-mail",
    "account/password/reset/key/done/": "what follows that",
    "account/confirm-email/": "says that an e-mail was sent",
    "account/^confirm-email/(?P<key>[-:\\w]+)/$": "the link of that e-mail",
    "join/": "the code of a printed invitation",
    "join/about/": "who is invited, after the code; guesses are counted",
    "join/<str:secret>/": "the link of an invitation",
    "demo/": "not there but in a demo",
    "demo/become/": "not there but in a demo",
    "outbox/": "not there but in a demo",
    "oauth/token": "programs bring their own secret",
}


def routes(resolver: Any = None, before: str = "") -> Iterator[tuple[str, Any]]:
    """Every route of the product, with the view behind it."""
    for entry in (resolver or get_resolver()).url_patterns:
        path = before + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield path, entry.callback
        else:
            yield from routes(entry, path)


def is_public(view: Any) -> bool:
    return getattr(view, "login_required", True) is False


@pytest.mark.django_db
def test_every_open_route_is_listed() -> None:
    opened = {path for path, view in routes() if is_public(view)}
    assert opened == set(PUBLIC)


@pytest.mark.django_db
def test_a_visitor_gets_no_page_that_is_not_listed(client: Any) -> None:
    """The middleware asks for a sign-in before a view is reached."""
    for path, view in routes():
        if is_public(view) or "<" in path or "(" in path:
            continue
        answer = client.get("/" + path)
        assert answer.status_code in (301, 302, 401, 404), path
