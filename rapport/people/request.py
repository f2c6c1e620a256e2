"""What pages of signed-in people share: the request, for types; who may open; a form sent once; a way on."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from rapport.fhir.outcomes import not_found
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people.actors import leads
from rapport.people.models import User


class Request(HttpRequest):
    """What `DoorMiddleware` makes of a request: nobody without a sign-in gets this far."""

    actor: Actor
    door: Door
    user: User


Page = Callable[..., HttpResponse]


def staff_only(page: Page) -> Page:
    """For those who work here; to all others the page is not there."""
    return _only(page, lambda actor: actor.kind == "staff")


def leads_only(page: Page) -> Page:
    """For those who lead or run the site; to all others the page is not there."""
    return _only(page, leads)


def _only(page: Page, may: Callable[[Actor], bool]) -> Page:
    @wraps(page)
    def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may(request.actor):
            raise not_found()
        return page(request, *args, **kwargs)

    return guarded


def once_token(given: str = "") -> str:
    """The token of a form: what is sent twice with it is done once. A new one where `given` is none."""
    try:
        return str(uuid.UUID(given))
    except ValueError:
        return str(uuid.uuid4())


def see_other(path: str) -> HttpResponseRedirect:
    """To a page of ours after something was done (303): the browser asks for it, whatever it sent before."""
    response = HttpResponseRedirect(path)
    response.status_code = 303
    return response
