"""Who has looked: the patient's page of every look at their record, and every change of it."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from rapport.people.request import Request
from rapport.pillars.circle import reading
from rapport.pillars.circle.contexts import LookedPage, days_of
from rapport.pillars.circle.pages.sharing import patients_only
from rapport.ui.show import show

WHOSE = ("", "circle", "emergency")


@require_safe
@patients_only
def looked(request: Request) -> HttpResponse:
    """`/looked/`: `?whose=` circle, emergency; `?before=` a moment."""
    whose = request.GET.get("whose", "")
    whose = whose if whose in WHOSE else ""
    found, older = reading.looks(
        request.door, request.actor.ref, before=_moment(request.GET.get("before", "")), whose=whose
    )
    page = LookedPage(days_of(found), whose, _tabs(whose), _at(whose, older.isoformat()) if older else "")
    return show(request, "circle/looked.html", page)


def _tabs(whose: str) -> tuple[dict[str, object], ...]:
    labels = {"": _("Everyone"), "circle": _("My circle"), "emergency": _("Emergency only")}
    return tuple({"href": _at(name), "label": labels[name], "here": name == whose} for name in WHOSE)


def _at(whose: str, before: str = "") -> str:
    query = {name: value for name, value in (("whose", whose), ("before", before)) if value}
    return reverse("looked") + (f"?{urlencode(query)}" if query else "")


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None
