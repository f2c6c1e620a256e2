"""The pages of corrections: what one asked for, asking, one of them with its answer."""

from __future__ import annotations

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rapport.fhir.outcomes import Refused, not_found
from rapport.people import errands
from rapport.people.errands import Errand
from rapport.people.portrait import short
from rapport.people.request import Request, once_token
from rapport.pillars.corrections import actions, reading
from rapport.pillars.corrections.contexts import AskPage, ListPage, OnePage, line
from rapport.pillars.corrections.forms import AnswerForm, AskForm, StatementForm
from rapport.pillars.corrections.shapes import CORRECTION, OUTCOME, STATEMENT
from rapport.ui.errors import in_language
from rapport.ui.show import show


@require_safe
def asked(request: Request) -> HttpResponse:
    """`/corrections/`"""
    found = reading.asked(request.door, _patient(request))
    return show(request, "corrections/list.html", ListPage(tuple(line(one) for one in found)))


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: Request) -> HttpResponse:
    """`/corrections/new/`"""
    entries = reading.entries(request.door, _patient(request))
    form, trouble, status = AskForm(request.POST or None, entries=entries), "", 200
    once = once_token(request.POST.get("once", ""))
    if request.method == "POST":
        status = 422
        if form.is_valid():
            said = form.cleaned_data
            title = dict(entries).get(said["about"], "")
            try:
                actions.ask(
                    request.door,
                    once=once,
                    about=said["about"],
                    title=title,
                    wrong=said["wrong"],
                    wanted=said["wanted"],
                )
            except Refused as refused:
                trouble, status = _trouble(refused)
            else:
                messages.success(request, _("Sent. Somebody of your team answers within two weeks."))
                return redirect("corrections")
    return show(request, "corrections/ask.html", AskPage(form, once, trouble), status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: Request, rid: str) -> HttpResponse:
    """`/corrections/<errand>/`"""
    found = errands.read_errand(errands.need(request.door, rid, CORRECTION))
    staff = request.actor.kind == "staff"
    if not staff and found.patient != request.actor.ref:
        raise not_found()
    form, trouble, status = _form(request, found), "", 200
    if request.method == "POST" and form is not None:
        status = 422
        if form.is_valid():
            try:
                _done(request, found, form)
            except Refused as refused:
                trouble, status = _trouble(refused)
            else:
                return redirect("inbox" if staff else "corrections")
    mine = found.state == "taken" and found.owner in request.actor.positions
    page = OnePage(
        line=line(found),
        staff=staff,
        called=short(found.patient_name),
        patient=found.patient.partition("/")[2],
        may_take=staff and found.is_open and not mine and bool(request.actor.positions),
        mine=mine,
        form=form,
        trouble=trouble,
    )
    return show(request, "corrections/one.html", page, status=status)


def _form(request: HttpRequest, found: Errand) -> Form | None:
    """What the reader may send: an answer, or that they do not agree with it."""
    posted = request.POST or None
    if getattr(request, "actor").kind == "staff":  # noqa: B009
        return AnswerForm(posted) if found.is_open else None
    over = not found.is_open and found.part(OUTCOME) != "accepted" and not found.part(STATEMENT)
    return StatementForm(posted) if over else None


def _done(request: Request, found: Errand, form: Form) -> None:
    said = form.cleaned_data
    if isinstance(form, AnswerForm):
        actions.answer(request.door, correction=found.rid, outcome=said["outcome"], words=said["words"])
        messages.success(request, _("Sent. They read your words."))
    else:
        actions.disagree(request.door, correction=found.rid, words=said["words"])
        messages.success(request, _("Kept. Your words stand beside the answer."))


@require_POST
def take(request: Request, rid: str) -> HttpResponse:
    """`/corrections/<errand>/take/`"""
    if request.actor.kind != "staff":
        raise not_found()
    actions.take(request.door, correction=rid)
    messages.success(request, _("It is yours."))
    return redirect("correction", rid)


def _patient(request: Request) -> str:
    """Who asks about their own record; to all others the address is not there."""
    if request.actor.kind != "patient":
        raise not_found()
    return request.actor.ref


def _trouble(refused: Refused) -> tuple[str, int]:
    """What a refusal says, and its status. What is not there stays not there."""
    if refused.code in ("not-found", "gone"):
        raise refused
    return in_language(refused.text), refused.status
