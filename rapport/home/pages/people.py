"""Finding a person, and the person at a glance."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from rapport.fhir.outcomes import not_found
from rapport.gate import joins
from rapport.gate.door import Door
from rapport.gate.identity import pairs
from rapport.gate.identity.links import replaced
from rapport.gate.live import about
from rapport.gate.together import Asks, inquiry, together
from rapport.home.contexts import AllPage, FoundPerson, PeoplePage, PersonPage, contact_lines
from rapport.home.pages import care
from rapport.people import accounts, chart, live, record
from rapport.people.portrait import person, short
from rapport.people.request import Request, staff_only
from rapport.pillars.circle.contexts.access import KINDS
from rapport.pillars.circle.reading.law import speakers
from rapport.pillars.conversations import reading
from rapport.pillars.conversations.contexts.talking import promise_lines, question_line
from rapport.pillars.conversations.forms import DayField
from rapport.pillars.screens import reading as screens
from rapport.pillars.screens.contexts import trend_lines
from rapport.pillars.what_matters.contexts import summary
from rapport.pillars.what_matters.reading import entries
from rapport.ui.show import show

MOST_FOUND = 20
#: So many lines of each list stand on the glance; the rest is behind a link.
FEW = 6
FEW_CONTACTS = 8
PAGE = 50


@require_safe
@staff_only
def people(request: Request) -> HttpResponse:
    """`/people/?name=…&born=…`"""
    name, born = request.GET.get("name", "").strip()[:100], request.GET.get("born", "").strip()[:20]
    query, wrong = _query(name, born)
    found, more = _found(request.door, query) if query else (None, False)
    return show(request, "home/people.html", PeoplePage(name, born, wrong, found, more))


def _query(name: str, born: str) -> tuple[list[tuple[str, str]], str]:
    query = [("name", word) for word in name.replace(",", " ").replace("|", " ").split()]
    if not born:
        return query, ""
    if re.fullmatch(r"(18|19|20)\d\d", born):
        return [*query, ("birthdate", born)], ""
    try:
        return [*query, ("birthdate", DayField().clean(born).isoformat())], ""
    except ValidationError as bad:
        return [], bad.messages[0]


def _found(door: Door, query: list[tuple[str, str]]) -> tuple[tuple[FoundPerson, ...], bool]:
    answer = door.search("Patient", [*query, ("_count", str(MOST_FOUND))])
    today = timezone.localdate()
    found = [
        FoundPerson(person(one.json, today), _number(one.json))
        for one in answer.matches
        if not replaced(one.json)  # another record is in its place: that one is found
    ]
    return tuple(sorted(found, key=lambda one: one.person.name.casefold())), bool(answer.next)


def _number(patient: dict[str, Any]) -> str:
    """The record number that people at a desk would read out, where there is one."""
    for identifier in patient.get("identifier") or ():
        codes = [coding.get("code") for coding in (identifier.get("type") or {}).get("coding") or ()]
        value = str(identifier.get("value") or "")
        if "MR" in codes and len(value) <= 20:
            return value
    return ""


@require_safe
@staff_only
def glance(request: Request, rid: str) -> HttpResponse:
    """`/people/<rid>/`: who, what is open, what was promised, the record, all contacts."""
    door = request.door
    found = door.find("Patient", rid)
    if found is None or replaced(found.json):
        stays = joins.survivor(door.conn, f"Patient/{rid}")
        if stays and door.readable([stays]):
            return redirect("person", stays.partition("/")[2])
    who = person(found.json, timezone.localdate()) if found else chart.whose(door, rid)
    watched = live.watch(request, about(request.actor, who.ref))
    with together(door) as later:
        lists = {name: later(chart.lines, who.ref, name, FEW, active=True) for name in chart.LISTS}
        met = later(reading.contacts, who.ref, count=FEW_CONTACTS)
        teams = later(care.care_teams, who.ref)
        asked = later(reading.open_concerns, who.ref)
        promised = later(reading.promises, who.ref)
        coming, gone = later(_next, who.ref), later(_last, who.ref)
        told, lawful = later(entries, who.ref), later(speakers, who.ref, timezone.localdate())
        screened, forms = later(screens.trends, who.ref), later(screens.packs)
    contacts, older = met.value
    concerns, carers = asked.value, care.members(teams.value)
    page = PersonPage(
        person=who,
        called=short(who.name),
        matters=summary(told.value),
        speak=tuple((KINDS[one.kind], one.name, one.until) for one in lawful.value),
        checks=trend_lines(screened.value, forms.value),
        next_visit=coming.value,
        last_visit=gone.value,
        questions=tuple(question_line(concern, staff=True) for concern in concerns[:FEW_CONTACTS]),
        more_questions=max(len(concerns) - FEW_CONTACTS, 0),
        promises=promise_lines(promised.value, staff=True),
        problems=lists["problems"].value[0],
        medicines=lists["medicines"].value[0],
        allergies=lists["allergies"].value[0],
        contacts=contact_lines(contacts),
        more=frozenset([*chart.LISTS, *(("contacts",) if older else ())]),
        may_invite=who.died is None and not accounts.signs_in(who.ref),
        shared=door.reaches(who.ref),
        carers=tuple(carers.values()),
        may_give=care.may_give(request, who.ref, teams.value),
        twice=_twice(request, who.ref),
        live=watched[0],
        live_state=watched[1],
    )
    return show(request, "home/person.html", page)


def _twice(request: Request, patient: str) -> str:
    """The likeliest other record of the same person (its id), for leads; "" for none."""
    found = pairs.of(request.door.conn, patient) if "lead" in request.actor.duties else []
    others = [pair.high if pair.low == patient else pair.low for pair in found[:1]]
    return next((ref.partition("/")[2] for ref in others if request.door.readable([ref])), "")


@inquiry
def _last(door: Door, patient: str) -> Asks[record.Contact | None]:
    now = timezone.now().isoformat(timespec="seconds")
    query = [("patient", patient), ("date", f"lt{now}"), ("_sort", "-date"), ("_count", "1")]
    found = yield "Encounter", query
    return next((record.visit(one.json) for one in found.matches), None)


@inquiry
def _next(door: Door, patient: str) -> Asks[record.Contact | None]:
    """The next visit: an appointment, else an encounter that is planned."""
    now = timezone.now().isoformat(timespec="seconds")
    coming = [("patient", patient), ("date", f"ge{now}"), ("_sort", "date"), ("_count", "1")]
    booked = (yield "Appointment", [*coming, ("status", "booked,pending,arrived")]).matches
    found = record.booking(booked[0].json) if booked else None
    if found:
        return found
    planned = (yield "Encounter", [*coming, ("status", "planned")]).matches
    return record.visit(planned[0].json) if planned else None


@require_safe
@staff_only
def whole(request: Request, rid: str, what: str) -> HttpResponse:
    """`/people/<rid>/<what>/`: the whole of one list, past things too, a page at a time."""
    who = chart.whose(request.door, rid)
    cursor = request.GET.get("after", "")
    if what == "contacts":
        found, more = reading.contacts(request.door, who.ref, cursor=cursor, count=PAGE)
        page = AllPage(who, short(who.name), lazy("All contacts"), (), contact_lines(found), more)
    elif what in chart.LISTS:
        facts, more = chart.lines(request.door, who.ref, what, PAGE, active=False, cursor=cursor)
        page = AllPage(who, short(who.name), chart.LISTS[what].title, facts, (), more)
    else:
        raise not_found()
    return show(request, "home/all.html", page)
