"""The pages of plans: which template, what it would become, what the person answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rapport.gate import applying
from rapport.people import chart, errands, fits
from rapport.people.portrait import short
from rapport.people.request import Request, once_token, see_other, staff_only
from rapport.pillars.plans import actions, finding, reading
from rapport.pillars.plans.contexts import ApplyPage, CounterPage, PartLine, TemplatesPage, WhyPage
from rapport.pillars.plans.forms import CounterForm, GoOnForm, OtherwiseForm, chosen
from rapport.pillars.plans.pages.common import begun, is_own, owner, to_goals, tried
from rapport.pillars.plans.shapes.careplans import Choice
from rapport.ui.show import show

#: Verb of a person's answer -> the state that it brings an activity to.
ANSWERS = {"accept": "going", "done": "done", "again": "going"}


@require_safe
@staff_only
def templates(request: Request, rid: str) -> HttpResponse:
    """`/goals/<patient>/templates/`: what plans may be made of"""
    who = chart.whose(request.door, rid)
    page = TemplatesPage(who, short(who.name), reading.templates(request.door))
    return show(request, "plans/templates.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def apply(request: Request, rid: str, template: str) -> HttpResponse:
    """`/goals/<patient>/templates/<template>/`: what it would become, adapted, proposed"""
    who, definition = chart.whose(request.door, rid), reading.need_template(request.door, template)
    draft = applying.apply(request.door, definition, who.ref)
    posted = request.POST.dict() if request.method == "POST" else begun(request)
    choice, form = chosen(draft, posted), GoOnForm(posted)
    against: tuple[fits.Misfit, ...] = ()
    trouble, status = "", 200
    if request.method == "POST":
        against, reason = (
            fits.found(request.door, who.ref, finding.planned_of(choice)),
            posted.get("reason", ""),
        )
        status = 422
        if reason.strip() or not against:
            make = partial(actions.apply, request.door, once=once_token(posted.get("once", "")))
            make = partial(make, patient=who.ref, template=template, choice=choice, reason=reason)
            trouble, status = tried(request, make)
            if not trouble:
                messages.success(request, _("Proposed. They decide about each part."))
                return to_goals(rid, "#plans")
    aims = dict(_aims(request, who.ref, choice))
    page = ApplyPage(
        person=who,
        called=short(who.name),
        title=str(definition.get("title") or definition.get("name") or ""),
        purpose=str(definition.get("purpose") or definition.get("description") or ""),
        version=str(definition.get("version") or ""),
        goals=tuple(_goals(draft, choice)),
        activities=tuple(_activities(draft, choice, aims)),
        against=against,
        form=form,
        once=once_token(posted.get("once", "")),
        trouble=trouble,
    )
    return show(request, "plans/apply.html", page, status=status)


@require_POST
def answer(request: Request, rid: str, plan: str, key: str, verb: str) -> HttpResponse:
    """`/goals/<patient>/plans/<plan>/<activity>/accept/`, `/done/`, `/again/`"""
    who = owner(request, rid)
    actions.answer(request.door, patient=who.ref, plan=plan, key=key, state=ANSWERS[verb])
    messages.success(request, _("Done. Well done.") if verb == "done" else _("It is yours now."))
    return to_goals(rid, "#plans")


@require_http_methods(["GET", "HEAD", "POST"])
def decline(request: Request, rid: str, plan: str, key: str) -> HttpResponse:
    """`/goals/<patient>/plans/<plan>/<activity>/decline/`"""
    who = owner(request, rid)
    now = finding.part_of(request.door.read("CarePlan", plan).json, who.ref, key)
    known = {"words": now.reason, "instead": now.instead} if now.state == "countered" else {}
    form, trouble, status = OtherwiseForm(request.POST or None, initial=known | begun(request)), "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            said, instead = form.cleaned_data["words"], form.cleaned_data["instead"]
            state = "countered" if instead else "declined"
            act = partial(actions.answer, request.door, patient=who.ref, plan=plan, key=key, state=state)
            trouble, status = tried(request, partial(act, reason=said, instead=instead))
            if not trouble:
                asked = _("Sent. Your team answers within a week.")
                messages.success(request, asked if instead else _("Kept, with your words."))
                return to_goals(rid, "#plans")
    page = WhyPage(who, is_own(request, rid), now.words, "otherwise", form, trouble)
    return show(request, "plans/why.html", page, status=status)


@require_safe
@staff_only
def counter_of(request: Request, rid: str) -> HttpResponse:
    """`/counter/<errand>/`: to the page where it is answered; to the plan once it was"""
    one = errands.read_errand(errands.need(request.door, rid, finding.COUNTER))
    whose = one.patient.partition("/")[2]
    if not one.is_open:
        return to_goals(whose, "#plans")
    return see_other(reverse("plan_counter", args=[whose, one.part(finding.PLAN), one.part(finding.KEY)]))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def counter(request: Request, rid: str, plan: str, key: str) -> HttpResponse:
    """`/goals/<patient>/plans/<plan>/<activity>/counter/`: what the person would like instead; the answer"""
    who = chart.whose(request.door, rid)
    now = finding.part_of(request.door.read("CarePlan", plan).json, who.ref, key)
    if now.state != "countered":
        return to_goals(rid, "#plans")
    form, trouble, status = CounterForm(request.POST or None, initial=begun(request)), "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            agree, words = form.cleaned_data["answer"] == "agree", form.cleaned_data["words"]
            act = partial(actions.settle_counter, request.door, patient=who.ref, plan=plan, key=key)
            trouble, status = tried(request, partial(act, agree=agree, words=words))
            if not trouble:
                messages.success(request, _("Sent. They read your words."))
                return to_goals(rid, "#plans")
    page = CounterPage(who, short(who.name), now, form, trouble)
    return show(request, "plans/counter.html", page, status=status)


def _goals(draft: Mapping[str, Any], choice: Choice) -> Iterator[PartLine]:
    for one in draft.get("contained") or ():
        words = choice.goals.get(one["id"], str(one["description"].get("text", "")))
        yield PartLine(one["id"], words, one["id"] in choice.goals)


def _activities(draft: Mapping[str, Any], choice: Choice, aims: Mapping[str, str]) -> Iterator[PartLine]:
    for one in draft.get("activity") or ():
        now = choice.activities.get(one["id"])
        here = now.because if now else ""
        options = tuple((value, words, value == here) for value, words in aims.items())
        yield PartLine(
            one["id"], now.words if now else one["detail"]["description"], now is not None, options
        )


def _aims(request: Request, patient: str, choice: Choice) -> Iterator[tuple[str, str]]:
    """What an activity may be good for: the goals of the template, theirs, what they say matters."""
    yield "", _("It serves nothing they said yet")
    yield from choice.goals.items()
    for goal in reading.goals(request.door, patient):
        if goal.open:
            yield f"Goal/{goal.rid}", goal.words
    for saying in fits.sayings(request.door, patient):
        yield saying.ref, saying.words
