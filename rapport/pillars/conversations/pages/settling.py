"""A notice that did not reach its person: staff write down how they reached them instead."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from rapport.fhir.outcomes import Refused
from rapport.people.request import Request
from rapport.pillars.conversations import actions, reading
from rapport.pillars.conversations.contexts import said
from rapport.pillars.conversations.contexts.acting import SettlePage
from rapport.pillars.conversations.forms import ReachedForm
from rapport.pillars.conversations.pages import common
from rapport.ui.show import show


@require_http_methods(["GET", "HEAD", "POST"])
def settle(request: Request, rid: str) -> HttpResponse:
    """`/messages/undelivered/<rid>/`"""
    common.staff_only(request)
    lost = reading.undelivered(request.door, rid)
    about = (rid, lost, str(said.LOST.get(lost.why, "")))
    if request.method != "POST":
        return show(request, "conversations/settle.html", SettlePage(*about, ReachedForm(), None))
    form = ReachedForm(request.POST)
    if not form.is_valid():
        return show(request, "conversations/settle.html", SettlePage(*about, form, None), status=422)
    try:
        actions.settle_undelivered(request.door, task=rid, words=form.cleaned_data["words"])
    except Refused as refused:
        page = SettlePage(*about, form, common.trouble(refused))
        return show(request, "conversations/settle.html", page, status=refused.status)
    messages.success(request, _("Written down. Thank you."))
    return common.to("inbox")
