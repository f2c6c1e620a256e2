"""How somebody wants to hear results: all of it, and one kind to choose about."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rapport.fhir.outcomes import Refused, not_found
from rapport.gate.door import Door
from rapport.people import actors, chart, errands, site, teams
from rapport.people.portrait import Person, short
from rapport.people.request import Request, once_token, see_other
from rapport.pillars.hard_news import actions, finding
from rapport.pillars.hard_news.contexts import KINDS, TIMES, WAYS, HearingPage, WishPage, part
from rapport.pillars.hard_news.finding import CALL, CHECK_IN
from rapport.pillars.hard_news.forms import CheckInForm, WishForm
from rapport.pillars.hard_news.rules.law import Law, law_of
from rapport.ui.errors import in_language
from rapport.ui.show import show

#: Days that are proposed before the person chose.
DAYS = 3


@require_safe
def own(request: Request) -> HttpResponse:
    """`/hearing/`: to one's own page; a lone address for the menu."""
    patient = next(iter(request.actor.patients), "")
    if not patient:
        raise not_found()
    return _to(patient.partition("/")[2])


@require_safe
def hearing(request: Request, rid: str) -> HttpResponse:
    """`/hearing/<patient>/`"""
    who, law = chart.whose(request.door, rid), _law()
    staff = request.actor.kind == "staff"
    shared = not staff or request.door.reaches(who.ref)
    said = {one.kind: one for one in finding.wishes(request.door, who.ref)}
    parts = [part(kind, said.get(kind), request.actor.ref) for kind in KINDS]
    page = HearingPage(
        person=who,
        called=short(who.name),
        own=_own(request, rid),
        staff=staff,
        shared=shared,
        may_write=shared and (staff or _own(request, rid)),
        holds=law.holds,
        days=law.most_days,
        said=tuple(one for one in parts if one.wish),
        open=tuple(one for one in parts if not one.wish),
        calls=errands.of_patient(request.door, who.ref, CALL, CHECK_IN),
        form=CheckInForm(),
    )
    return show(request, "hard_news/hearing.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
def wish(request: Request, rid: str, kind: str) -> HttpResponse:
    """`/hearing/<patient>/<kind>/`"""
    if kind not in KINDS:
        raise not_found()
    who, law = _writer(request, rid), _law()
    known = next((one for one in finding.wishes(request.door, who.ref) if one.kind == kind), None)
    first = {"time": "any", "days": min(DAYS, law.most_days)}
    start = {name: getattr(known, name) for name in WishForm.base_fields} if known else first
    form = WishForm(
        request.POST or None,
        initial=start,
        ways=WAYS,
        times=TIMES,
        tellers=tellers(request.door, who.ref),
        most=law.most_days,
    )
    trouble, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                actions.wish(request.door, patient=who.ref, said=form.said(kind))
            except Refused as refused:
                trouble, status = _trouble(refused)
            else:
                messages.success(request, _("Kept. Your team goes by it."))
                return _to(rid)
    shown = part(kind, known, request.actor.ref)
    page = WishPage(
        who, short(who.name), _own(request, rid), shown, form, law.may_hold(kind), law.most_days, trouble
    )
    return show(request, "hard_news/wish.html", page, status=status)


@require_POST
def take_out(request: Request, rid: str, kind: str) -> HttpResponse:
    """`/hearing/<patient>/<kind>/out/`"""
    who = _writer(request, rid)
    actions.unwish(request.door, patient=who.ref, kind=kind)
    messages.success(request, _("Taken out. Such results come as they come."))
    return _to(rid)


@require_POST
def check_in(request: Request, rid: str) -> HttpResponse:
    """`/hearing/<patient>/check-in/`: I told hard news; when I ask how it is since"""
    if request.actor.kind != "staff":
        raise not_found()
    who, form = chart.whose(request.door, rid), CheckInForm(request.POST)
    if not form.is_valid():
        raise Refused("invalid", _("Choose one of the days."), _("Go back and choose again."))
    again = timezone.now() + timedelta(days=int(form.cleaned_data["again"]))
    actions.plan_check_in(
        request.door,
        once=once_token(request.POST.get("once", "")),
        patient=who.ref,
        again=again,
        words=form.cleaned_data["to_them"],
    )
    messages.success(request, _("Planned. It stands in your inbox, and they see it."))
    return _to(rid)


def tellers(door: Door, patient: str) -> list[tuple[str, str]]:
    """Positions of the care teams of somebody, with names: who could tell them."""
    found: dict[str, str] = {}
    for team in teams.of_patient(door, patient):
        for held in actors.positions(door.conn, organization=team):
            name = actors.name_of(door.conn, held.person)
            found.setdefault(held.ref, ", ".join(filter(None, (name, held.role))))
    return sorted(found.items(), key=lambda pair: pair[1].casefold())


def _law() -> Law:
    return law_of(site.current().country)


def _trouble(refused: Refused) -> tuple[str, int]:
    """What a refusal says, and its status. What is not there stays not there."""
    if refused.code in ("not-found", "gone"):
        raise refused
    return in_language(refused.text), refused.status


def _own(request: Request, rid: str) -> bool:
    return request.actor.ref == f"Patient/{rid}"


def _writer(request: Request, rid: str) -> Person:
    """Whose page it is, for themselves and for staff; to all others the address is not there."""
    if not _own(request, rid) and request.actor.kind != "staff":
        raise not_found()
    return chart.whose(request.door, rid)


def _to(rid: str) -> HttpResponse:
    return see_other(reverse("hearing_of", args=[rid]))
