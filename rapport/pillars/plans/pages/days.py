"""The pages of a day: my list, what got in the way, when I want what; for a team, what it can help with."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rapport.fhir.outcomes import not_found
from rapport.people import chart, drafts, site
from rapport.people.portrait import person, short
from rapport.people.request import Request, see_other, staff_only
from rapport.pillars.plans import actions, reading
from rapport.pillars.plans.contexts import BarriersPage, MissedPage, TimesPage, TodayLine, TodayPage
from rapport.pillars.plans.forms import BARRIERS, BarrierForm, times_of
from rapport.pillars.plans.pages.common import begun, is_own, owner, tried
from rapport.pillars.plans.reading.days import DayList, Line
from rapport.pillars.plans.shapes.days import Answer, Wish
from rapport.ui.show import show

#: So long after its time a thing that nobody spoke of is asked about; so many days back one may still say.
LATE, BACK = timedelta(hours=2), 7
#: So many lines to add own things.
MORE = 3


@require_safe
def own(request: Request) -> HttpResponse:
    """`/today/`: to one's own list; a lone address for the menu."""
    patient = next(iter(request.actor.patients), "")
    if not patient:
        raise not_found()
    return see_other(reverse("today_of", args=[patient.partition("/")[2]]))


@require_safe
def today(request: Request, rid: str) -> HttpResponse:
    """`/today/<patient>/?day=2026-06-15`"""
    who, day = chart.whose(request.door, rid), _day(request.GET.get("day", ""))
    staff, now = request.actor.kind == "staff", timezone.localdate()
    shared = not staff or request.door.reaches(who.ref)
    found = reading.of_day(request.door, who.ref, day, site.current().zone)
    page = TodayPage(
        person=who,
        called=short(who.name),
        own=is_own(request, rid),
        staff=staff,
        helps=request.actor.kind == "kin" and request.actor.ref in found.helpers,
        shared=shared,
        day=day,
        today=day == now,
        earlier=day - timedelta(days=1) if day > now - timedelta(days=BACK) else None,
        later=day + timedelta(days=1) if day < now else None,
        lines=_lines(request, who.ref, found) if shared else (),
        untimed=sum(not one.times for one in found.items),
    )
    return show(request, "plans/today.html", page)


@require_POST
def tick(request: Request, rid: str) -> HttpResponse:
    """`/today/<patient>/tick/`: the key in `done` was done on `day`, the one in `undo` is open again"""
    day = _day(request.POST.get("day", ""))
    done, key = "done" in request.POST, request.POST.get("done", request.POST.get("undo", ""))
    kin = request.actor.kind == "kin"
    who = chart.whose(request.door, rid) if kin else owner(request, rid)
    line = _find(reading.of_day(request.door, who.ref, day, site.current().zone), key)
    if kin:
        tick = partial(actions.tick_for, request.door, patient=who.ref, day=day, key=line.due.key)
        tick(words=line.due.item.words, done=done)
        return _to(rid, day)
    answer = Answer(line.due.key, line.due.item.words[:500], done)
    actions.report(request.door, patient=who.ref, day=day, answer=answer)
    return _to(rid, day)


@require_http_methods(["GET", "HEAD", "POST"])
def missed(request: Request, rid: str) -> HttpResponse:
    """`/today/<patient>/missed/?day=…&key=…`: what got in the way"""
    who, day = owner(request, rid), _day(request.GET.get("day", ""))
    line = _find(reading.of_day(request.door, who.ref, day, site.current().zone), request.GET.get("key", ""))
    form, trouble, status = BarrierForm(request.POST or None, initial=begun(request)), "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            code, words = form.cleaned_data["barrier"], form.cleaned_data["words"]
            answer = Answer(line.due.key, line.due.item.words[:500], False, code, words)
            report = partial(actions.report, request.door, patient=who.ref, day=day, answer=answer)
            trouble, status = tried(request, report)
            if not trouble:
                messages.success(request, _("Thank you for saying so."))
                return _to(rid, day)
    return show(
        request, "plans/missed.html", MissedPage(who, line.due.item.words, form, trouble), status=status
    )


@require_http_methods(["GET", "HEAD", "POST"])
def times(request: Request, rid: str) -> HttpResponse:
    """`/today/<patient>/times/`: when I want what"""
    who = owner(request, rid)
    found = reading.of_day(request.door, who.ref, timezone.localdate(), site.current().zone)
    posted = request.POST.dict() if request.method == "POST" else begun(request)
    circle = reading.circle(request.door, who.ref)
    ticked = request.POST.getlist("helper") if request.method == "POST" else found.helpers
    rows, own, wishes = [], [], []
    for number, one in enumerate(each for each in found.items if each.kind != "own"):
        text = posted.get(f"at-{number}", ", ".join(one.times))
        read = times_of(text)
        rows.append((f"at-{number}", one.words, one.how, text, read is not None))
        if (read and read != one.times) or (read and one.key in {wish.key for wish in found.wishes}):
            wishes.append(Wish(one.key, one.words, read))
    mine = [one for one in found.wishes if one.key.startswith("own-")]
    for number in range(len(mine) + MORE):
        known = mine[number] if number < len(mine) else Wish(f"own-{uuid.uuid4()}", "", ())
        words = posted.get(f"own-{number}", known.words).strip()[:200]
        text = posted.get(f"own-at-{number}", ", ".join(known.times))
        read = times_of(text)
        own.append((number, words, text, read is not None and (not words or bool(read) or not posted)))
        if words and read:
            wishes.append(Wish(known.key, words, read))
    trouble = request.method == "POST" and not all(row[-1] for row in (*rows, *own))
    if request.method == "POST" and not trouble:
        helpers = [ref for ref, _name in circle if ref in ticked]
        remind = "remind" in posted
        actions.choose(request.door, patient=who.ref, wishes=wishes, remind=remind, helpers=helpers)
        drafts.clear(request.actor.ref, request.path)
        messages.success(request, _("Kept. Your list has these times from now on."))
        return _to(rid, timezone.localdate())
    remind = "remind" in posted if posted else found.remind
    helping = tuple((ref, name, ref in ticked) for ref, name in circle)
    page = TimesPage(who, tuple(rows), tuple(own), remind, helping, trouble)
    return show(request, "plans/times.html", page, status=422 if trouble else 200)


@require_safe
@staff_only
def barriers(request: Request) -> HttpResponse:
    """`/barriers/`: what got in people's way"""
    found = reading.told(request.door)
    ids = ",".join(sorted({one.patient.partition("/")[2] for one in found}))
    named = request.door.search("Patient", [("_id", ids), ("_count", "100")]).matches if ids else ()
    names = {one.ref: person(one.json, timezone.localdate()).name for one in named}
    page = BarriersPage(
        tuple(
            (one, BARRIERS[one.barrier][0], names.get(one.patient, ""))
            for one in found
            if one.barrier in BARRIERS
        )
    )
    return show(request, "plans/barriers.html", page)


@require_POST
@staff_only
def help_with(request: Request, rid: str, task: str, verb: str) -> HttpResponse:
    """`/barriers/<patient>/<task>/take/` and `/settle/`"""
    act = actions.take if verb == "take" else actions.settle
    act(request.door, patient=f"Patient/{rid}", task=task)
    return see_other(reverse("barriers"))


def _lines(request: Request, patient: str, found: DayList) -> tuple[TodayLine, ...]:
    """The list with how it stands. Who ticked for them is named to them, to staff, and to who it was."""
    names = {request.actor.ref: request.actor.name}
    if request.actor.kind != "kin" and any(one.answer and one.answer.by for one in found.lines):
        names = dict(reading.circle(request.door, patient))
    each = ((one, names.get(one.answer.by, "") if one.answer else "") for one in found.lines)
    return tuple(replace(_line(one), by=by) for one, by in each)


def _line(line: Line) -> TodayLine:
    answer, when = line.answer, line.due.when
    if answer is not None:
        said = BARRIERS.get(answer.barrier, ("", ""))
        return TodayLine(line, "done" if answer.done else "missed" if answer.barrier else "open", *said)
    return TodayLine(line, "late" if when is not None and timezone.now() - when > LATE else "open")


def _day(text: str) -> date:
    """The day that is asked for: today or one of the last, else not found."""
    now = timezone.localdate()
    try:
        day = date.fromisoformat(text) if text else now
    except ValueError:
        raise not_found() from None
    if not now - timedelta(days=BACK) <= day <= now:
        raise not_found()
    return day


def _find(found: DayList, key: str) -> Line:
    for line in found.lines:
        if line.due.key == key:
            return line
    raise not_found()


def _to(rid: str, day: date) -> HttpResponse:
    path = reverse("today_of", args=[rid])
    return see_other(path if day == timezone.localdate() else f"{path}?day={day.isoformat()}")
