"""The pages of goals: all of them, saying or proposing one, declining and ending with words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rapport.fhir.outcomes import not_found
from rapport.gate.together import together
from rapport.people import chart, fits
from rapport.people.portrait import short
from rapport.people.request import Request, once_token
from rapport.pillars.plans import actions, finding, reading
from rapport.pillars.plans.contexts import (
    LEVELS,
    ActivityLine,
    GoalLine,
    GoalsPage,
    PlanLine,
    SayPage,
    WhyPage,
)
from rapport.pillars.plans.forms import GoalForm, ReasonForm
from rapport.pillars.plans.pages.common import begun, is_own, owner, to_goals, tried, writer
from rapport.pillars.plans.shapes.careplans import PlanFacts
from rapport.pillars.plans.shapes.goals import GoalFacts, read_goal
from rapport.ui.show import show

#: Verbs that need words -> the state that they bring a goal to, and who may.
WHY = {"decline": ("declined", False), "end": ("ended", True)}


@require_safe
def own(request: Request) -> HttpResponse:
    """`/goals/`: to one's own page; a lone address for the menu."""
    patient = next(iter(request.actor.patients), "")
    if not patient:
        raise not_found()
    return to_goals(patient.partition("/")[2])


@require_safe
def goals(request: Request, rid: str) -> HttpResponse:
    """`/goals/<patient>/`"""
    who, staff = chart.whose(request.door, rid), request.actor.kind == "staff"
    shared = not staff or request.door.reaches(who.ref)
    with together(request.door) as later:
        asked, planned = later(reading.goals, who.ref), later(reading.plans, who.ref)
    found, words = asked.value, words_of(request, who.ref, asked.value, planned.value)
    others = [
        fits.Planned("CarePlan", one.words, f"CarePlan/{plan.rid}")
        for plan in planned.value
        for one in plan.activities
    ]
    others += [finding.planned(one, f"Goal/{one.rid}") for one in found if one.open and not one.theirs]
    against = fits.found(request.door, who.ref, others)
    lines = [goal_line(one, against) for one in found]
    page = GoalsPage(
        person=who,
        called=short(who.name),
        own=is_own(request, rid),
        staff=staff,
        shared=shared,
        may_say=shared and (staff or is_own(request, rid)),
        proposed=tuple(line for line in lines if line.goal.state == "proposed"),
        active=tuple(line for line in lines if line.goal.state == "active"),
        over=tuple(line for line in lines if line.goal.state not in ("proposed", "active")),
        plans=tuple(plan_line(one, words, against) for one in planned.value),
        moved=reading.attained(found) if staff else None,
    )
    return show(request, "plans/goals.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
def say(request: Request, rid: str) -> HttpResponse:
    """`/goals/<patient>/new/`: theirs, or a team's proposal"""
    who, own = writer(request, rid), is_own(request, rid)
    form, trouble, status = GoalForm(request.POST or None, initial=begun(request)), "", 200
    against: tuple[fits.Misfit, ...] = ()
    if request.method == "POST":
        status = 422
        if form.is_valid():
            reason = form.cleaned_data["reason"]
            against = () if own else fits.found(request.door, who.ref, [finding.planned(form.said)])
            if reason or not against:
                once = once_token(request.POST.get("once", ""))
                done = partial(actions.say, request.door, once=once, patient=who.ref, said=form.said)
                trouble, status = tried(request, partial(done, reason=reason))
                if not trouble:
                    messages.success(request, _("Kept.") if own else _("Proposed. They decide about it."))
                    return to_goals(rid)
    once = once_token(request.POST.get("once", ""))
    page = SayPage(who, short(who.name), own, form, once, trouble, request.actor.kind == "staff", against)
    return show(request, "plans/say.html", page, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def why(request: Request, rid: str, goal: str, verb: str) -> HttpResponse:
    """`/goals/<patient>/<goal>/decline/` and `/end/`"""
    state, staff_may = WHY[verb]
    who = writer(request, rid) if staff_may else owner(request, rid)
    facts = read_goal(finding.need(request.door, who.ref, goal))
    form, trouble, status = ReasonForm(request.POST or None, initial=begun(request)), "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            words = form.cleaned_data["words"]
            move = partial(actions.move, request.door, patient=who.ref, goal=goal, state=state, reason=words)
            trouble, status = tried(request, move)
            if not trouble:
                messages.success(request, _("Kept, with your words."))
                return to_goals(rid)
    page = WhyPage(who, is_own(request, rid), facts.words, verb, form, trouble)
    return show(request, "plans/why.html", page, status=status)


@require_POST
def accept(request: Request, rid: str, goal: str) -> HttpResponse:
    """`/goals/<patient>/<goal>/accept/`: yes, this is mine; and again, one that was reached"""
    actions.move(request.door, patient=owner(request, rid).ref, goal=goal, state="active")
    messages.success(request, _("It is yours now."))
    return to_goals(rid)


@require_POST
def reached(request: Request, rid: str, goal: str) -> HttpResponse:
    """`/goals/<patient>/<goal>/reached/`"""
    actions.move(request.door, patient=owner(request, rid).ref, goal=goal, state="reached")
    messages.success(request, _("Reached. Well done."))
    return to_goals(rid)


@require_POST
def steps(request: Request, rid: str, goal: str) -> HttpResponse:
    """`/goals/<patient>/<goal>/steps/`: which steps are done, and how far one has come"""
    who = owner(request, rid)
    ticked = (value for value in request.POST.getlist("done")[:20])
    done = frozenset(int(value) for value in ticked if value.isdecimal() and len(value) < 3)
    actions.steps(request.door, patient=who.ref, goal=goal, done=done)
    chosen = {str(level): level for level in LEVELS}.get(request.POST.get("level", ""))
    if chosen is not None:
        actions.level(request.door, patient=who.ref, goal=goal, level=chosen)
    messages.success(request, _("Kept."))
    return to_goals(rid)


def words_of(
    request: Request, patient: str, goals: Sequence[GoalFacts], plans: Sequence[PlanFacts]
) -> dict[str, tuple[str, bool]]:
    """What activities may be good for, as far as the reader reads it: reference -> words, whether theirs."""
    words = {
        f"Goal/{one.rid}": (one.words, one.theirs or one.state != "proposed")
        for one in goals
        if one.state in ("proposed", "active", "reached")
    }
    refs = {ref for plan in plans for one in plan.activities for ref in one.because}
    if refs - words.keys():
        words |= {one.ref: (one.words, True) for one in fits.sayings(request.door, patient)}
    return words


def plan_line(
    plan: PlanFacts, words: Mapping[str, tuple[str, bool]], against: Sequence[fits.Misfit]
) -> PlanLine:
    """A plan as a reader sees it; `words` of what its activities may be good for (`words_of`)."""
    lines = tuple(
        ActivityLine(one, tuple(words[ref] for ref in one.because if ref in words)) for one in plan.activities
    )
    misfits = tuple(one for one in against if one.planned.ref == f"CarePlan/{plan.rid}")
    return PlanLine(plan, plan.by_name, lines, misfits)


def goal_line(goal: GoalFacts, against: Sequence[fits.Misfit]) -> GoalLine:
    """A goal as a reader sees it."""
    by = "" if goal.theirs else goal.by_name
    levels = tuple((value, words, value == goal.level) for value, words in LEVELS.items())
    misfits = tuple(one for one in against if one.planned.ref == f"Goal/{goal.rid}")
    return GoalLine(goal, by, next((words for _, words, here in levels if here), None), levels, misfits)
