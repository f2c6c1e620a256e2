"""An errand of hard news: a result to tell, a check-in to make; and the person's own answer to one."""

from __future__ import annotations

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from rapport.fhir.outcomes import Refused, not_found
from rapport.people import asides, chart, errands
from rapport.people.errands import Errand
from rapport.people.portrait import short
from rapport.people.request import Request, see_other
from rapport.pillars.hard_news import actions, reading
from rapport.pillars.hard_news.contexts import HOW, AnswerPage, CallPage, agreed
from rapport.pillars.hard_news.finding import CALL, CHECK_IN, FAMILY
from rapport.pillars.hard_news.forms import AnswerForm, DoneForm, ToldForm
from rapport.ui.errors import in_language
from rapport.ui.show import show

_TITLES = {
    CALL: gettext_lazy("A result to tell %(name)s"),
    CHECK_IN: gettext_lazy("Ask %(name)s how it is"),
    FAMILY: gettext_lazy("Speak with the family of %(name)s"),
}


@require_http_methods(["GET", "HEAD", "POST"])
def call(request: Request, rid: str) -> HttpResponse:
    """`/calls/<errand>/`"""
    one = errands.read_errand(errands.need(request.door, rid, CALL, CHECK_IN, FAMILY))
    if request.actor.kind == "staff":
        return _staff(request, one)
    if one.kind != CHECK_IN or one.patient != request.actor.ref:
        raise not_found()
    return _answer(request, one)


def _staff(request: Request, one: Errand) -> HttpResponse:
    form: Form = (ToldForm if one.kind == CALL else DoneForm)(request.POST or None)
    trouble, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _done(request, one, form)
            except Refused as refused:
                trouble, status = _trouble(refused)
            else:
                return see_other(reverse("inbox"))
    who = chart.whose(request.door, one.patient.partition("/")[2])
    said = reading.answer_to(request.door, one) if one.kind == CHECK_IN else None
    mine = one.owner in request.actor.positions
    page = CallPage(
        person=who,
        called=short(who.name),
        errand=one,
        title=_TITLES[one.kind] % {"name": short(who.name)},
        agreed=agreed(one),
        held=reading.held_for(request.door, one) if one.kind == CALL else (),
        until=one.moment("held-until"),
        answer=said,
        how=HOW.get(said.how, "") if said else "",
        doubts=_doubts(request, one, short(who.name)),
        may_take=one.is_open and bool(request.actor.positions) and not (mine and one.state == "taken"),
        mine=mine,
        form=form,
        trouble=trouble,
    )
    return show(request, "hard_news/call.html", page, status=status)


def _doubts(request: Request, one: Errand, called: str) -> tuple[str, ...]:
    """What speaks against the way by which they are reached now: as they chose it here, else by phone."""
    way = {"message": "message", "visit": ""}.get(one.part("way"), "call")
    if not one.is_open or one.kind == FAMILY or not way:
        return ()
    return asides.doubts(request.door, one.patient, called, way)


def _done(request: Request, one: Errand, form: Form) -> None:
    words = form.cleaned_data["words"]
    if isinstance(form, ToldForm):
        to_them = form.cleaned_data["to_them"]
        actions.tell_done(request.door, call=one.rid, words=words, again=form.when, to_them=to_them)
        messages.success(request, _("Kept. What waited is free now."))
        return
    if one.kind == FAMILY:
        actions.family_done(request.door, errand=one.rid, words=words)
    else:
        actions.check_in_done(request.door, check=one.rid, words=words)
    messages.success(request, _("Kept."))


def _answer(request: Request, one: Errand) -> HttpResponse:
    form, trouble, status = AnswerForm(request.POST or None, hows=HOW), "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                data = form.cleaned_data
                talk = actions.answer(request.door, check=one.rid, how=data["how"], words=data["words"])
            except Refused as refused:
                trouble, status = _trouble(refused)
            else:
                return _thanks(request, one, data["how"], talk)
    said = reading.answer_to(request.door, one)
    how = HOW.get(said.how, "") if said else ""
    page = AnswerPage(one, one.part("words"), said, how, form, trouble)
    return show(request, "hard_news/answer.html", page, status=status)


def _thanks(request: Request, one: Errand, how: str, talk: str) -> HttpResponse:
    """In danger help stands on the next page; else what happens now."""
    if talk:
        messages.warning(request, _("Somebody of the team is being told now. Help is here at once, too."))
        return redirect("help")
    if how == "hard":
        messages.success(request, _("%(name)s is told now, and rings you.") % {"name": one.owner_name})
    else:
        messages.success(request, _("Sent. %(name)s reads it.") % {"name": one.owner_name})
    return redirect("home")


@require_POST
def take(request: Request, rid: str) -> HttpResponse:
    """`/calls/<errand>/take/`"""
    if request.actor.kind != "staff":
        raise not_found()
    one = errands.read_errand(errands.need(request.door, rid, CALL, CHECK_IN, FAMILY))
    if one.kind == CALL:
        actions.take_call(request.door, call=rid)
    elif one.kind == FAMILY:
        actions.take_family(request.door, errand=rid)
    else:
        actions.take_check_in(request.door, check=rid)
    messages.success(request, _("It is yours."))
    return redirect("call", rid)


@require_POST
def not_needed(request: Request, rid: str) -> HttpResponse:
    """`/calls/<errand>/not-needed/`"""
    if request.actor.kind != "staff":
        raise not_found()
    actions.not_needed(request.door, call=rid, words=request.POST.get("why", ""))
    messages.success(request, _("Kept. What waited is free now."))
    return redirect("inbox")


def _trouble(refused: Refused) -> tuple[str, int]:
    """What a refusal says, and its status. What is not there stays not there."""
    if refused.code in ("not-found", "gone"):
        raise refused
    return in_language(refused.text), refused.status
