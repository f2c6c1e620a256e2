"""Not this person: a patient shuts out somebody who works here, whatever their duty."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from rapport.fhir.outcomes import not_found
from rapport.people.request import Request, see_other
from rapport.pillars.circle import actions
from rapport.pillars.circle.contexts.access import ShutOutPage
from rapport.pillars.circle.reading import access as reading
from rapport.ui.show import show


@require_safe
def shut_out(request: Request) -> HttpResponse:
    """`/circle/not/?name=…`"""
    if request.actor.kind != "patient":
        raise not_found()
    name, out = request.GET.get("name", "").strip()[:100], reading.shut_out(request.door, request.actor.ref)
    known = {rid for rid, _name in out}
    found = tuple(one for one in reading.colleagues(request.door, name) if one[0] not in known)
    return show(request, "circle/shut_out.html", ShutOutPage(out, name, found))


@require_POST
def shut(request: Request, staff: str) -> HttpResponse:
    """`/circle/not/<staff>/`: from this moment they see nothing."""
    actions.shut_out(request.door, staff=staff)
    messages.success(request, _("From now on they see nothing of yours."))
    return see_other(reverse("circle_not"))


@require_POST
def again(request: Request, staff: str) -> HttpResponse:
    """`/circle/not/<staff>/again/`"""
    actions.let_in_again(request.door, staff=staff)
    messages.success(request, _("They may see again what their work lets them."))
    return see_other(reverse("circle_not"))
