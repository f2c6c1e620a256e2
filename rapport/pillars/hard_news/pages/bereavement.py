"""Somebody died: one act of the team, asked twice, that can be undone."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from rapport.fhir.outcomes import Refused, not_found
from rapport.people import chart
from rapport.people.portrait import Person, human_name, short
from rapport.people.request import Request
from rapport.pillars.hard_news import actions
from rapport.pillars.hard_news.contexts import BereavementPage
from rapport.pillars.hard_news.forms import DeathForm
from rapport.ui.errors import in_language
from rapport.ui.show import show


@require_http_methods(["GET", "HEAD", "POST"])
def bereavement(request: Request, rid: str) -> HttpResponse:
    """`/bereavement/<patient>/`: the form; sent once it asks whether this is right; sent again it is done"""
    who = _person(request, rid)
    kin = _kin(request, who.ref)
    form = DeathForm(request.POST or None, kin=kin, initial={"day": timezone.localdate()})
    trouble, status, sure = "", 200, False
    if request.method == "POST":
        status = 422
        if form.is_valid():
            sure, status = True, 200
            if request.POST.get("sure") == "yes":
                try:
                    _record(request, who, form)
                except Refused as refused:
                    trouble, status = _trouble(refused)
                else:
                    messages.success(request, _("It is written down. Everything rests."))
                    return redirect("person", rid)
    keeps = dict(kin).get(form.cleaned_data.get("keep", ""), "") if sure else ""
    page = BereavementPage(who, short(who.name), who.died is not None, form, sure, keeps, trouble)
    return show(request, "hard_news/bereavement.html", page, status=status)


def _record(request: Request, who: Person, form: DeathForm) -> None:
    data = form.cleaned_data
    actions.record_death(
        request.door, patient=who.ref, day=data["day"], keep=data["keep"], words=data["words"]
    )


@require_POST
def undo(request: Request, rid: str) -> HttpResponse:
    """`/bereavement/<patient>/undo/`: it was a mistake"""
    who = _person(request, rid)
    actions.undo_death(request.door, patient=who.ref, words=request.POST.get("words", ""))
    messages.success(request, _("Taken back. Everything is as it was before."))
    return redirect("person", rid)


def _person(request: Request, rid: str) -> Person:
    """Whose page it is, for those who care for them; to all others the address is not there."""
    if request.actor.kind != "staff":
        raise not_found()
    who = chart.whose(request.door, rid)
    if not request.door.reaches(who.ref):
        raise not_found()
    return who


def _kin(request: Request, patient: str) -> list[tuple[str, str]]:
    found = request.door.search("RelatedPerson", [("patient", patient), ("active", "true"), ("_count", "50")])
    return [(one.ref, human_name(one.json.get("name"))[0] or one.ref) for one in found.matches]


def _trouble(refused: Refused) -> tuple[str, int]:
    """What a refusal says, and its status. What is not there stays not there."""
    if refused.code in ("not-found", "gone"):
        raise refused
    return in_language(refused.text), refused.status
