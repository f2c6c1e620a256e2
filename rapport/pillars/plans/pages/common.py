"""What the pages of goals and plans share: whose page it is, drafts, refusals, the way back."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse
from django.urls import reverse

from rapport.fhir.outcomes import Refused, not_found
from rapport.people import chart, drafts
from rapport.people.portrait import Person
from rapport.people.request import Request, see_other
from rapport.ui.errors import in_language


def begun(request: Request) -> dict[str, str]:
    """What was typed here and not sent."""
    return drafts.initial(request.actor.ref, request.path)


def tried(request: Request, act: Callable[[], object]) -> tuple[str, int]:
    """Do what a form asks for: "", or what a refusal says and its status; the words stay until it is done.

    What is not there stays not there.
    """
    try:
        act()
    except Refused as refused:
        if refused.code in ("not-found", "gone"):
            raise
        drafts.keep_posted(request.actor.ref, request.path, request.POST)
        return in_language(refused.text), refused.status
    drafts.clear(request.actor.ref, request.path)
    return "", 200


def is_own(request: Request, rid: str) -> bool:
    """Whether it is the reader's own page."""
    return request.actor.ref == f"Patient/{rid}"


def owner(request: Request, rid: str) -> Person:
    """Whose page it is, for themselves; to all others the address is not there."""
    if not is_own(request, rid):
        raise not_found()
    return chart.whose(request.door, rid)


def writer(request: Request, rid: str) -> Person:
    """Whose page it is, for themselves and for staff; to all others the address is not there."""
    if not is_own(request, rid) and request.actor.kind != "staff":
        raise not_found()
    return chart.whose(request.door, rid)


def to_goals(rid: str, at: str = "") -> HttpResponse:
    """Back to somebody's goals and plans after something was done."""
    return see_other(reverse("goals_of", args=[rid]) + at)
