"""Every route says who may come: whoever is signed in, or, if it is listed here, everybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, get_resolver

#: Routes that a visitor may ask for, each for a reason that can be read here.
PUBLIC = {
    "help/": "numbers for an emergency, whoever asks",
    "language/": "chooses a language before the sign-in",
    "theme/": "chooses light or dark before the sign-in",
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
