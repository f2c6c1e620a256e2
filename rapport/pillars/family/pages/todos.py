"""The shared list: what family, team and patient do, in one place; each side ticks off its own."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rapport.fhir.outcomes import Refused, not_found
from rapport.gate.together import together
from rapport.people.request import Request, once_token
from rapport.pillars.family import actions, finding
from rapport.pillars.family.contexts.places import Place
from rapport.pillars.family.contexts.todos import ListPage, PlanPage, line, parts
from rapport.pillars.family.forms import PlanForm
from rapport.pillars.family.pages.common import place, to, trouble, watched
from rapport.pillars.family.reading import helping
from rapport.pillars.family.reading import todos as reading
from rapport.pillars.family.shapes.common import Who
from rapport.ui.show import show

HERE = "family_tasks"


@require_safe
def todos(request: Request, rid: str) -> HttpResponse:
    """`/family/<patient>/tasks/`"""
    at, now, actor = place(request, rid, HERE), timezone.now(), request.actor
    with together(request.door) as later:
        todo, done = later(reading.open_ones, at.person.ref), later(reading.done, at.person.ref, now)
        needs = later(helping.ahead, at.person.ref, now)
    refs = [*(one.ref for one in todo.value), *(one.ref for one in needs.value)]
    seen = watched(request, at.person.ref, refs)
    page = ListPage(
        place=at,
        parts=parts(todo.value, needs.value, at, actor, now) if at.shared else (),
        done=tuple(line(one, actor, now) for one in done.value),
        may_plan=_may_plan(request, at),
        live=seen[0],
        live_state=seen[1],
    )
    return show(request, "family/todos.html", page)


def _may_plan(request: Request, at: Place) -> bool:
    return request.door.reaches(at.person.ref, "c", "Task", "practical-help")


def _whose(request: Request, at: Place) -> dict[str, Who]:
    """Who may be given something, by reference: one's own side first."""
    door, actor, patient = request.door, request.actor, at.person
    me: list[Who] = [] if at.staff else [(actor.ref, _("I do"))]
    them: list[Who] = [] if at.own else [(patient.ref, patient.name)]
    circle = [] if actor.kind == "kin" else finding.circle_of(door, patient.ref)
    team = finding.team_of(door, patient.ref)
    listed = [team, *them, *circle] if at.staff else [*me, *them, *circle, team]
    return {who[0]: who for who in listed if who[0]}


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: Request, rid: str) -> HttpResponse:
    """`/family/<patient>/tasks/new/`"""
    at = place(request, rid, HERE)
    if not _may_plan(request, at):
        raise not_found()
    owners = _whose(request, at)
    form, said, status = PlanForm(request.POST or None, owners=list(owners.values())), "", 200
    once = once_token(request.POST.get("once", ""))
    if request.method == "POST":
        status = 422
        if form.is_valid():
            owner = owners[form.cleaned_data["owner"]]
            if owner[0] == request.actor.ref:
                owner = (owner[0], request.actor.name)
            try:
                actions.plan(
                    request.door, once=once, patient=at.person.ref, words=form.cleaned_data["words"],
                    owner=owner, due=form.due,
                )  # fmt: skip
            except Refused as refused:
                said, status = trouble(refused)
            else:
                messages.success(request, _("It is on the list."))
                return to(HERE, rid)
    return show(request, "family/plan.html", PlanPage(at, form, once, said), status=status)


@require_POST
def tick(request: Request, rid: str, task: str) -> HttpResponse:
    """`/family/<patient>/tasks/<task>/done/`; with `again` it is open once more"""
    try:
        actions.tick(request.door, patient=f"Patient/{rid}", task=task, done="again" not in request.POST)
    except Refused as refused:
        messages.error(request, trouble(refused)[0])
    return to(HERE, rid)


@require_POST
def drop(request: Request, rid: str, task: str) -> HttpResponse:
    """`/family/<patient>/tasks/<task>/off/`"""
    try:
        actions.drop(request.door, patient=f"Patient/{rid}", task=task)
    except Refused as refused:
        messages.error(request, trouble(refused)[0])
    else:
        messages.success(request, _("Taken off the list."))
    return to(HERE, rid)
