"""Goals and readings over time, for everybody who may see them; medicines at hand, for staff."""

from __future__ import annotations

from datetime import date, timedelta
from math import floor

from django.http import HttpResponse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from rapport.people import chart
from rapport.people.portrait import short
from rapport.people.request import Request, staff_only
from rapport.pillars.plans import reading
from rapport.pillars.plans.contexts import (
    LEVELS,
    AdherencePage,
    ChartsPage,
    ProgressChart,
    SeriesChart,
    SupplyLine,
)
from rapport.pillars.plans.pages.common import is_own
from rapport.pillars.plans.reading.supplies import WEEKS, Medicine, Progress, Series
from rapport.pillars.plans.rules.adherence import THRESHOLD
from rapport.ui.charts import CELL, calendar, line
from rapport.ui.show import show


@require_safe
def charts(request: Request, rid: str) -> HttpResponse:
    """`/goals/<patient>/charts/`"""
    who, staff = chart.whose(request.door, rid), request.actor.kind == "staff"
    shared = not staff or request.door.reaches(who.ref)
    page = ChartsPage(
        person=who,
        called=short(who.name),
        own=is_own(request, rid),
        staff=staff,
        shared=shared,
        goals=tuple(map(_progress, reading.progress(request.door, who.ref))) if shared else (),
        series=tuple(map(_series, reading.series(request.door, who.ref))) if shared else (),
    )
    return show(request, "plans/charts.html", page)


@require_safe
@staff_only
def adherence(request: Request, rid: str) -> HttpResponse:
    """`/adherence/<patient>/`"""
    who, today = chart.whose(request.door, rid), timezone.localdate()
    shared = request.door.reaches(who.ref, rtype="MedicationDispense")
    found = reading.medicines(request.door, who.ref, today) if shared else ()
    lines = tuple(_supply(one, number, today) for number, one in enumerate(found))
    width, height = (WEEKS + 1) * CELL, 7 * CELL
    return show(
        request, "plans/adherence.html", AdherencePage(who, short(who.name), shared, lines, width, height)
    )


def _progress(one: Progress) -> ProgressChart:
    drawn = line([(day, float(level)) for day, level in one.levels], low=-2, high=2, target=(0, None))
    rows = tuple((day, LEVELS[level]) for day, level in one.levels)
    return ProgressChart(f"g{one.goal.rid}", one.goal.words, drawn, rows)


def _series(one: Series) -> SeriesChart:
    drawn = line([(each.day, each.value) for each in one.readings], target=one.target)
    key = "".join(letter if letter.isalnum() else "-" for letter in one.readings[0].code)
    return SeriesChart(f"r{key}", one.words, one.unit, _aim(one), drawn)


def _aim(one: Series) -> str:
    """What is aimed at, in words."""
    if one.target is None:
        return ""
    low, high = (None if end is None else number_format(f"{end:g}") for end in one.target)
    if low is None:
        return _("up to %(high)s") % {"high": high}
    if high is None:
        return _("%(low)s or more") % {"low": low}
    return _("%(low)s to %(high)s") % {"low": low, "high": high}


def _supply(one: Medicine, number: int, today: date) -> SupplyLine:
    """Proportions are compared as they are, and rounded down to be shown: 79.9 is not 80."""
    first = max(today - timedelta(weeks=WEEKS), one.since or today)
    cells = calendar(first, today, [("away", one.away), ("at-hand", one.at_hand)]) if not one.why else ()
    measured = one.coverage
    return SupplyLine(
        id=f"m{number}",
        medicine=one,
        pdc=floor(measured.pdc * 100) if measured else None,
        mpr=min(floor(measured.mpr * 100), 100) if measured else None,
        enough=bool(measured and measured.pdc >= THRESHOLD),
        cells=cells,
        weeks=tuple(_weeks(one, first, today)) if not one.why else (),
    )


def _weeks(one: Medicine, first: date, today: date) -> list[tuple[date, int, int]]:
    found: dict[date, tuple[int, int]] = {}
    for number in range((today - first).days + 1):
        day = first + timedelta(days=number)
        monday = day - timedelta(days=day.weekday())
        had, counted = found.get(monday, (0, 0))
        if day not in one.away:
            found[monday] = (had + (day in one.at_hand), counted + 1)
        else:
            found[monday] = (had, counted)
    return [(monday, had, counted) for monday, (had, counted) in sorted(found.items())]
