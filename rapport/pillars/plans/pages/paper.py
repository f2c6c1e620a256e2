"""Goals and plans as a page to print in large letters."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from rapport.fhir.outcomes import not_found
from rapport.gate.together import together
from rapport.people import paper as sheets
from rapport.people.request import Request
from rapport.pillars.plans import reading
from rapport.pillars.plans.contexts import PaperPage
from rapport.pillars.plans.pages.goals import goal_line, plan_line, words_of
from rapport.ui.show import show


@require_safe
def paper(request: Request, rid: str) -> HttpResponse:
    """`/goals/<patient>/paper/`"""
    sheet, staff = sheets.sheet(request.door, rid), request.actor.kind == "staff"
    if staff and not request.door.reaches(sheet.person.ref):
        raise not_found()
    with together(request.door) as later:
        asked, planned = later(reading.goals, sheet.person.ref), later(reading.plans, sheet.person.ref)
    words = words_of(request, sheet.person.ref, asked.value, planned.value)
    page = PaperPage(
        sheet=sheet,
        posted=staff,
        goals=tuple(goal_line(one, ()) for one in asked.value if one.open),
        plans=tuple(plan_line(one, words, ()) for one in planned.value),
    )
    return show(request, "plans/paper.html", page)
