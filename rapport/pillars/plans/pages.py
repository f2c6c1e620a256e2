"""The pages of goals: all of them, saying or proposing one, declining and ending with words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rapport.fhir.outcomes import Refused, not_found
from rapport.people import chart, drafts, fits
from rapport.people.portrait import Person, short
from rapport.people.request import Request, once_token, see_other
from rapport.pillars.plans import actions, finding, reading
from rapport.pillars.plans.contexts import LEVELS, GoalLine, GoalsPage, SayPage, WhyPage
from rapport.pillars.plans.forms import GoalForm, ReasonForm
from rapport.pillars.plans.shapes import GoalFacts, read_goal
from rapport.ui.errors import in_language
from rapport.ui.show import show

#: Verbs that need words -> the state that they bring a goal to, and who may.
WHY = {"decline": ("declined", False), "end": ("ended", True)}


@require_safe
def own(request: Request) -> HttpResponse:
    """`/goals/`: to one's own page; a lone address for the menu."""
    patient = next(iter(request.actor.patients), "")
    if not patient:
        raise not_found()
    return _to(patient.partition("/")[2])


@require_safe
def goals(request: Request, rid: str) -> HttpResponse:
    """`/goals/<patient>/`"""
    who, staff = chart.whose(request.door, rid), request.actor.kind == "staff"
    shared = not staff or request.door.reaches(who.ref)
    found = reading.goals(request.door, who.ref)
    others = [finding.planned(one, f"Goal/{one.rid}") for one in found if one.open and not one.theirs]
    against = fits.found(request.door, who.ref, others)
    lines = [_line(one, against) for one in found]
    page = GoalsPage(
        person=who,
        called=short(who.name),
        own=_own(request, rid),
        staff=staff,
        shared=shared,
        may_say=shared and (staff or _own(request, rid)),
        proposed=tuple(line for line in lines if line.goal.state == "proposed"),
        active=tuple(line for line in lines if line.goal.state == "active"),
        over=tuple(line for line in lines if line.goal.state not in ("proposed", "active")),
        moved=reading.attained(found) if staff else None,
    )
    return show(request, "plans/goals.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
def say(request: Request, rid: str) -> HttpResponse:
    """`/goals/<patient>/new/`: theirs, or a team's proposal"""
    who, own = _writer(request, rid), _own(request, rid)
    form, trouble, status = GoalForm(request.POST or None, initial=_begun(request)), "", 200
    against: tuple[fits.Misfit, ...] = ()
    if request.method == "POST":
        status = 422
        if form.is_valid():
            reason = form.cleaned_data["reason"]
            against = () if own else fits.found(request.door, who.ref, [finding.planned(form.said)])
            if reason or not against:
                once = once_token(request.POST.get("once", ""))
                done = partial(actions.say, request.door, once=once, patient=who.ref, said=form.said)
                trouble, status = _tried(request, partial(done, reason=reason))
                if not trouble:
                    messages.success(request, _("Kept.") if own else _("Proposed. They decide about it."))
                    return _to(rid)
    once = once_token(request.POST.get("once", ""))
    page = SayPage(who, short(who.name), own, form, once, trouble, request.actor.kind == "staff", against)
    return show(request, "plans/say.html", page, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def why(request: Request, rid: str, goal: str, verb: str) -> HttpResponse:
    """`/goals/<patient>/<goal>/decline/` and `/end/`"""
    state, staff_may = WHY[verb]
    who = _writer(request, rid) if staff_may else _owner(request, rid)
    facts = read_goal(finding.need(request.door, who.ref, goal))
    form, trouble, status = ReasonForm(request.POST or None, initial=_begun(request)), "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            words = form.cleaned_data["words"]
            move = partial(actions.move, request.door, patient=who.ref, goal=goal, state=state, reason=words)
            trouble, status = _tried(request, move)
            if not trouble:
                messages.success(request, _("Kept, with your words."))
                return _to(rid)
    page = WhyPage(who, _own(request, rid), facts, verb, form, trouble)
    return show(request, "plans/why.html", page, status=status)


@require_POST
def accept(request: Request, rid: str, goal: str) -> HttpResponse:
    """`/goals/<patient>/<goal>/accept/`: yes, this is mine; and again, one that was reached"""
    actions.move(request.door, patient=_owner(request, rid).ref, goal=goal, state="active")
    messages.success(request, _("It is yours now."))
    return _to(rid)


@require_POST
def reached(request: Request, rid: str, goal: str) -> HttpResponse:
    """`/goals/<patient>/<goal>/reached/`"""
    actions.move(request.door, patient=_owner(request, rid).ref, goal=goal, state="reached")
    messages.success(request, _("Reached. Well done."))
    return _to(rid)


@require_POST
def steps(request: Request, rid: str, goal: str) -> HttpResponse:
    """`/goals/<patient>/<goal>/steps/`: which steps are done, and how far one has come"""
    who = _owner(request, rid)
    ticked = (value for value in request.POST.getlist("done")[:20])
    done = frozenset(int(value) for value in ticked if value.isdecimal() and len(value) < 3)
    actions.steps(request.door, patient=who.ref, goal=goal, done=done)
    chosen = {str(level): level for level in LEVELS}.get(request.POST.get("level", ""))
    if chosen is not None:
        actions.level(request.door, patient=who.ref, goal=goal, level=chosen)
    messages.success(request, _("Kept."))
    return _to(rid)


def _begun(request: Request) -> dict[str, str]:
    """What was typed here and not sent."""
    return drafts.initial(request.actor.ref, request.path)


def _tried(request: Request, act: Callable[[], object]) -> tuple[str, int]:
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


def _line(goal: GoalFacts, against: Sequence[fits.Misfit]) -> GoalLine:
    by = "" if goal.theirs else goal.by_name
    levels = tuple((value, words, value == goal.level) for value, words in LEVELS.items())
    misfits = tuple(one for one in against if one.planned.ref == f"Goal/{goal.rid}")
    return GoalLine(goal, by, next((words for _, words, here in levels if here), None), levels, misfits)


def _own(request: Request, rid: str) -> bool:
    return request.actor.ref == f"Patient/{rid}"


def _owner(request: Request, rid: str) -> Person:
    """Whose page it is, for themselves; to all others the address is not there."""
    if not _own(request, rid):
        raise not_found()
    return chart.whose(request.door, rid)


def _writer(request: Request, rid: str) -> Person:
    """Whose page it is, for themselves and for staff; to all others the address is not there."""
    if not _own(request, rid) and request.actor.kind != "staff":
        raise not_found()
    return chart.whose(request.door, rid)


def _to(rid: str) -> HttpResponse:
    return see_other(reverse("goals_of", args=[rid]))
