"""Pages that belong to nobody's record: light and language, help now, the gallery."""

from __future__ import annotations

from importlib.resources import files

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language, get_language
from django.views.decorators.http import require_POST, require_safe

from rapport.ui.context import THEMES, comfort, site
from rapport.ui.gallery import samples

_YEAR = 365 * 24 * 3600


def _back(request: HttpRequest) -> HttpResponseRedirect:
    """To the page where the choice was made, and never to another site."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(target if safe else "/")


@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Choose light, dark, or as the device. Kept in a cookie of this browser alone."""
    response, chosen = _back(request), request.POST.get("theme", "")
    if chosen in THEMES:
        response.set_cookie(
            "theme", chosen, max_age=_YEAR, samesite="Lax", httponly=True, secure=request.is_secure()
        )
    return response


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Choose the language of the pages. `people` keeps it with the account when it next saves one."""
    response, chosen = _back(request), request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES) and check_for_language(chosen):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=_YEAR,
            samesite="Lax",
            httponly=True,
            secure=request.is_secure(),
        )
    return response


@login_not_required
@require_safe
def help_now(request: HttpRequest) -> HttpResponse:
    """Where to turn in danger or in a heavy moment. Needs no sign-in and no script."""
    facts = site()
    own_words = facts.say(facts.crisis.text, get_language() or "") if facts else ""
    return render(request, "ui/help.html", {"crisis_text": own_words, "comfort": comfort(request)})


@login_not_required
@require_safe
def offline(_request: HttpRequest) -> HttpResponse:
    """The script that keeps the page of help for when there is no network; its address is its reach."""
    text = files("rapport.ui").joinpath("static/ui/offline.js").read_text("utf-8")
    return HttpResponse(text, content_type="text/javascript")


@login_not_required
@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Every component in every state, for those who build pages and for the accessibility test."""
    return render(request, "ui/gallery.html", samples(request))
