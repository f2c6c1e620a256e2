"""Pages for trouble: the right code, our words, a next step. None of these tests may touch a database."""

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from rapport.ui import context, errors


@pytest.fixture
def request_(monkeypatch):
    request = RequestFactory().get("/messages/1/")
    request.actor, request.user = None, AnonymousUser()
    monkeypatch.setattr(context._Source, "read", None)
    monkeypatch.setattr(
        context._Source,
        "last",
        SimpleNamespace(crisis=SimpleNamespace(emergency="112", talk="116 123", text={})),
    )
    return request


@pytest.mark.parametrize("status", [*errors.TROUBLES, *errors._NEAR])
def test_every_code_says_what_to_do_next(request_, status):
    response = errors.show(request_, status)
    html = response.content.decode()
    assert response.status_code == status
    assert html.count("<h1>") == 1 and 'class="rp-btn"' in html and "112" in html
    assert str(status) not in html.split("<main", 1)[1].split("</main>")[0], "no code in front of a person"


def test_own_words_take_the_place_of_the_usual(request_):
    html = errors.show(
        request_, 409, "Dr Chen took it a moment ago.", "Look at the list again."
    ).content.decode()
    assert "Dr Chen took it a moment ago." in html and "Look at the list again." in html


def test_words_of_a_refusal_are_escaped(request_):
    assert "<b>x</b>" not in errors.show(request_, 400, "<b>x</b>").content.decode()


def test_the_worst_page_needs_nothing(monkeypatch):
    """No actor, no user, no site: and the source of the site's facts would fail if it were asked."""

    def broken():
        raise RuntimeError("no database")

    monkeypatch.setattr(context._Source, "read", staticmethod(broken))
    monkeypatch.setattr(context._Source, "last", None)
    for status in (500, 503):
        response = errors.show(RequestFactory().post("/messages/new/"), status)
        html = response.content.decode()
        assert response.status_code == status
        assert "emergency number" in html and 'href="/"' in html
    assert response["Retry-After"] == "60"


def test_handlers_take_what_django_gives_them(request_):
    assert errors.not_found(request_, Exception()).status_code == 404
    assert errors.forbidden(request_, Exception()).status_code == 403
    assert errors.bad_request(request_, Exception()).status_code == 400
    assert errors.server_error(request_).status_code == 500
    stale = errors.csrf_failure(request_, "no cookie")
    assert stale.status_code == 403 and "open for too long" in stale.content.decode()


def test_the_site_uses_these_pages(settings):
    from django.urls import get_resolver

    resolver = get_resolver()
    assert settings.CSRF_FAILURE_VIEW == "rapport.ui.errors.csrf_failure"
    for status in (400, 403, 404, 500):
        assert resolver.resolve_error_handler(status).__module__ == "rapport.ui.errors"
