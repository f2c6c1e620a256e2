"""Pages for when something went wrong: what happened, that nothing is lost, and what to do next.

`show` is for the rooms above, which turn a refusal into a page. The plain pages (500, 503) need neither the
database nor a sign-in: they say what the site's last read settings say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import get_language, get_language_bidi, gettext
from django.utils.translation import gettext_lazy as _

from rapport.ui import context

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Trouble:
    """One kind of trouble: title, what it means, the one next step and its address ("" is this page)."""

    title: Text
    words: Text
    step: Text
    href: str = "/"


TROUBLES: dict[int, Trouble] = {
    400: Trouble(
        _("We could not read that"),
        _("Something in the page or the address was broken on its way. You did nothing wrong."),
        _("Start again"),
    ),
    401: Trouble(
        _("Sign in to go on"),
        _("You are signed out. Drafts you kept are still here."),
        _("Sign in"),
        "/account/login/",
    ),
    403: Trouble(
        _("This is not open to you"),
        _("Your part here does not reach this page. If you think it should, ask your clinic."),
        _("Go to the first page"),
    ),
    404: Trouble(
        _("This is not here"),
        _("It does not exist, or it is not shared with you."),
        _("Go to the first page"),
    ),
    409: Trouble(
        _("Somebody was faster"),
        _("This changed while you were looking at it. Nothing was lost. See how it stands now."),
        _("Look again"),
        "",
    ),
    413: Trouble(
        _("That is too big"),
        _("A file or a text was larger than we can take. Go back, and send less at once."),
        _("Go to the first page"),
    ),
    429: Trouble(
        _("A little slower"),
        _("There were many tries in a short time. Wait five minutes, then try again."),
        _("Try again"),
        "",
    ),
    500: Trouble(
        _("Something broke on our side"),
        _("You did nothing wrong. What was sent before is safe. We have written down what happened."),
        _("Try again"),
        "",
    ),
    503: Trouble(
        _("We are not ready just now"),
        _("Rapport is starting or very busy. Nothing was lost. Wait a minute, then try again."),
        _("Try again"),
        "",
    ),
}
#: Other codes, told in the words of a near one.
_NEAR = {405: 400, 406: 400, 410: 404, 412: 409, 415: 400, 422: 400}


def in_language(text: str) -> str:
    """The words of a refusal in the reader's language, where the catalogue has them.

    A text may carry the `pattern` it was made from and what `fill`s its gaps.
    """
    if not text:
        return ""
    pattern, fill = getattr(text, "pattern", None), getattr(text, "fill", {})
    return gettext(pattern).format(**fill) if pattern else gettext(text)


def _facts(status: int, text: str, next: str) -> dict[str, object]:
    """What an error page says: `text` and `next`, or else the usual words."""
    trouble = TROUBLES.get(status) or TROUBLES[_NEAR.get(status, 500)]
    return {
        "status": status,
        "title": trouble.title,
        "words": in_language(text) or trouble.words,
        "more": in_language(next),
        "step": trouble.step,
        "href": trouble.href,
    }


def show(request: HttpRequest, status: int, text: str = "", next: str = "") -> HttpResponse:
    """The page of a refusal inside the site: with the reader's places and the way out."""
    if status >= 500:
        return plain(request, status)
    return render(request, "ui/error.html", _facts(status, text, next), status=status)


def plain(request: HttpRequest, status: int) -> HttpResponse:
    """The page that needs nothing: no database, no sign-in, no context processor."""
    facts = _facts(status, "", "") | {
        "clinic": context.last_site(),
        "theme": context.theme_of(request),
        "LANG": get_language() or "en",
        "BIDI": bool(get_language()) and get_language_bidi(),
        "here": request.get_full_path() if request.method in ("GET", "HEAD") else "/",
    }
    response = HttpResponse(render_to_string("ui/error_plain.html", facts), status=status)
    if status == 503:
        response["Retry-After"] = "60"
    return response


def _handler(status: int) -> Callable[..., HttpResponse]:
    def answer(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
        return show(request, status)

    answer.__doc__ = f"Django's handler of {status}."
    return answer


bad_request = _handler(400)
forbidden = _handler(403)
not_found = _handler(404)
server_error = _handler(500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose sign-in ended or whose cookie is gone: say how to send it after all."""
    facts = _facts(403, "", "") | {
        "title": _("This page was open for too long"),
        "words": _("Nothing was sent. Go back, load the page again, then send."),
    }
    return render(request, "ui/error.html", facts, status=403)
