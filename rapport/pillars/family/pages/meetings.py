"""Family meetings: who is asked, what each brings, what was decided, who does what, who reads it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rapport.fhir.outcomes import Refused, not_found
from rapport.people.portrait import short
from rapport.people.request import Request, once_token
from rapport.pillars.family import actions, finding
from rapport.pillars.family.contexts.meetings import CallPage, MeetingPage, MeetingsPage, SumUpPage
from rapport.pillars.family.contexts.places import Place
from rapport.pillars.family.contexts.todos import line
from rapport.pillars.family.forms import CallForm, PointForm, SummaryForm
from rapport.pillars.family.pages.common import place, to, trouble
from rapport.pillars.family.reading import meetings as reading
from rapport.pillars.family.reading.meetings import Whole
from rapport.ui.show import show

HERE = "family_meetings"


@require_safe
def meetings(request: Request, rid: str) -> HttpResponse:
    """`/family/<patient>/meetings/`"""
    at = place(request, rid, HERE)
    found = reading.meetings(request.door, at.person.ref) if at.shared else ()
    planned = [one for one in found if one.meeting.state == "planned"]
    page = MeetingsPage(
        place=at,
        planned=tuple(reversed(planned)),
        over=tuple(one for one in found if one.meeting.state != "planned"),
        may_call=at.staff and at.shared,
    )
    return show(request, "family/meetings.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
def call(request: Request, rid: str) -> HttpResponse:
    """`/family/<patient>/meetings/new/`"""
    at = _team(request, rid)
    people = finding.may_be_asked(request.door, at.person.ref)
    form, said, status = CallForm(request.POST or None, people=people), "", 200
    once = once_token(request.POST.get("once", ""))
    if request.method == "POST":
        status = 422
        if form.is_valid():
            given, names = form.cleaned_data, dict(people)
            guests = [(ref, names[ref]) for ref in given["guests"]]
            try:
                meeting = actions.call(
                    request.door, once=once, patient=at.person.ref, about=given["about"], guests=guests,
                    begins=given["begins"], ends=given["ends"],
                )  # fmt: skip
            except Refused as refused:
                said, status = trouble(refused)
            else:
                messages.success(request, _("They are asked. Each hears that there is something to read."))
                return to("family_meeting", rid, meeting)
    return show(request, "family/call.html", CallPage(at, form, once, said), status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def meeting(request: Request, rid: str, meeting: str) -> HttpResponse:
    """`/family/<patient>/meetings/<meeting>/`; a POST brings a point"""
    at = place(request, rid, HERE)
    form, once = PointForm(request.POST or None), once_token(request.POST.get("once", ""))
    if request.method == "POST" and form.is_valid():
        words = form.cleaned_data["words"]
        try:
            actions.bring(request.door, once=once, patient=at.person.ref, meeting=meeting, words=words)
        except Refused as refused:
            messages.error(request, trouble(refused)[0])
        else:
            messages.success(request, _("It is on the list of points."))
        return to("family_meeting", rid, meeting)
    whole = reading.whole(request.door, at.person.ref, meeting)
    page = _page(request, at, whole, form, once)
    return show(request, "family/meeting.html", page, status=422 if form.errors else 200)


def _page(request: Request, at: Place, whole: Whole, form: PointForm, once: str) -> MeetingPage:
    now, actor, planned = timezone.now(), request.actor, whole.planned.meeting
    open_ = planned.state == "planned"
    said = whole.summary
    readers = tuple(short(name) for _ref, name in said.readers) if said and not said.kept else ()
    return MeetingPage(
        place=at,
        whole=whole,
        guests=tuple(
            dict.fromkeys((at.person.name, planned.by[1], *(name for _ref, name in planned.guests)))
        ),
        todo=tuple(line(one, actor, now) for one in whole.tasks),
        readers=readers if at.own or at.staff else None,
        form=form if open_ else None,
        once=once,
        may_sum_up=at.staff and open_,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def sum_up(request: Request, rid: str, meeting: str) -> HttpResponse:
    """`/family/<patient>/meetings/<meeting>/summary/`"""
    at = _team(request, rid)
    whole = reading.whole(request.door, at.person.ref, meeting)
    guests = [who for who in whole.planned.meeting.guests if who[0].startswith("RelatedPerson/")]
    owners = _owners(request, at)
    form = SummaryForm(request.POST or None, owners=[("", _("Choose")), *owners.values()], people=guests)
    said, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            todo = [actions.Todo(words, owners[owner]) for words, owner in form.todo]
            readers = [who for who in guests if who[0] in form.cleaned_data["readers"]]
            try:
                actions.sum_up(
                    request.door, patient=at.person.ref, meeting=meeting, words=form.cleaned_data["words"],
                    decisions=form.decided, todo=todo, readers=readers,
                )  # fmt: skip
            except Refused as refused:
                said, status = trouble(refused)
            else:
                messages.success(request, _("Kept. What is to be done is on the shared list."))
                return to("family_meeting", rid, meeting)
    return show(request, "family/sum_up.html", SumUpPage(at, whole, form, said), status=status)


def _owners(request: Request, at: Place) -> dict[str, tuple[str, str]]:
    """Who may be given something: the team, the patient, those of the circle who see the list."""
    door, patient = request.door, at.person
    listed = [
        finding.team_of(door, patient.ref),
        (patient.ref, patient.name),
        *finding.circle_of(door, patient.ref),
    ]
    return {who[0]: who for who in listed if who[0]}


@require_POST
def call_off(request: Request, rid: str, meeting: str) -> HttpResponse:
    """`/family/<patient>/meetings/<meeting>/off/`"""
    try:
        actions.call_off(request.door, patient=_team(request, rid).person.ref, meeting=meeting)
    except Refused as refused:
        messages.error(request, trouble(refused)[0])
    else:
        messages.success(request, _("Called off. Everybody hears of it."))
    return to(HERE, rid)


def _team(request: Request, rid: str) -> Place:
    at = place(request, rid, HERE)
    if not at.staff or not at.shared:
        raise not_found()
    return at
