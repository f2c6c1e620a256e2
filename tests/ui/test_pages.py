"""Light, language and help: choices kept in this browser, and never a way to another site."""

from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from rapport.ui import pages
from rapport.ui.places import Place, places


def posted(view, **data):
    return view(RequestFactory().post("/x/", data))


@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
def test_a_theme_is_kept_and_the_reader_goes_back(theme):
    response = posted(pages.theme, theme=theme, next="/messages/1/")
    assert response.cookies["theme"].value == theme and response["Location"] == "/messages/1/"
    assert response.cookies["theme"]["httponly"]


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_never_to_another_site(target):
    assert posted(pages.theme, theme="dark", next=target)["Location"] == "/"
    assert posted(pages.language, language="fr", next=target)["Location"] == "/"


def test_what_is_not_offered_is_not_kept():
    assert not posted(pages.theme, theme="<script>").cookies
    assert not posted(pages.language, language="xx").cookies
    assert posted(pages.language, language="es", next="/").cookies["django_language"].value == "es"


def test_help_needs_no_sign_in_and_no_settings():
    request = RequestFactory().get("/help/")
    request.actor, request.user = None, AnonymousUser()
    html = pages.help_now(request).content.decode()
    assert "emergency number" in html and not getattr(pages.help_now, "login_required", True)


def test_choices_are_made_by_post_alone():
    assert pages.theme(RequestFactory().get("/theme/")).status_code == 405


def here(kind: str, path: str) -> list[str]:
    return [str(place.label) for place in places(kind, path) if place.here]


def test_one_place_is_the_present_one():
    assert here("patient", "/") == ["My day"]
    assert here("patient", "/messages/1/") == ["Messages"]
    assert here("staff", "/messages/1/") == ["Inbox"]
    assert here("staff", "/people/1/") == ["People"]
    assert here("patient", "/account/password/change/") == ["More"]
    assert here("client", "/") == []


def test_a_place_holds_what_is_under_it():
    assert not Place("x", "sun", "/", ("patient",), 1).holds("/other/")


def test_a_demo_says_so_loudly(settings):
    settings.DEMO = True
    request = RequestFactory().get("/help/")
    request.actor, request.user = SimpleNamespace(kind="patient", name="Amina", role=""), AnonymousUser()
    assert "Everyone in it is invented" in pages.help_now(request).content.decode()
