"""The first page: my day for those who are cared for, the inbox for those who care."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from rapport.gate.together import together
from rapport.home.contexts import DayPage, Waiting
from rapport.home.contexts.errands import own_lines
from rapport.home.pages import inbox
from rapport.people import drafts, errands, live, site
from rapport.people.portrait import short
from rapport.people.request import Request
from rapport.pillars.conversations import reading
from rapport.pillars.conversations.contexts import said
from rapport.pillars.conversations.contexts.talking import promise_lines, question_line
from rapport.pillars.conversations.pages.listing import may_begin, topics_of
from rapport.pillars.conversations.reading import Concern, NewLetters
from rapport.pillars.plans import reading as plans
from rapport.pillars.plans.reading.days import DayList
from rapport.pillars.screens import reading as screens
from rapport.pillars.screens.contexts import title_of
from rapport.ui.show import show

#: A question that was heard stays on the page so long.
HEARD_STAYS = timedelta(days=7)
#: So many conversations with new letters stand on the page; so many questions.
LATEST, MOST = 10, 20


@require_safe
def first(request: Request) -> HttpResponse:
    """`/`"""
    return inbox.inbox(request) if request.actor.kind == "staff" else day(request)


@require_safe
def day(request: Request) -> HttpResponse:
    """`/day/`: what waits for you, what you asked, what was promised."""
    actor = request.actor
    if actor.kind == "staff":
        return redirect("inbox")
    if not actor.patients:
        return redirect("people_whose")
    patient, now = actor.patients[0], timezone.localtime()
    watched = live.watch(request, topics_of(request))
    with together(request.door) as later:
        asked = later(reading.open_concerns, patient, ended_since=now - HEARD_STAYS)
        promised = later(reading.promises, patient)
        doing = later(errands.of_patient, patient)
        screened = later(screens.waiting, actor.ref)
        own = actor.kind == "patient"
        listed = plans.of_day_later(later, patient, now.date(), site.current().zone) if own else None
    concerns = asked.value
    waiting = [concern for concern in concerns if concern.state == "answered" and "confirm" in concern.may]
    shown = waiting[0] if waiting else None
    letters = reading.new_letters(request.door, patient, LATEST)
    others = [concern for concern in concerns if concern is not shown]
    page = DayPage(
        greeting=greeting(now, short(actor.name)),
        today=now.date(),
        waiting=_waiting(shown) if shown else None,
        more_waiting=max(len(waiting) - 1, 0),
        urgent=any(concern.stat and concern.is_open for concern in concerns),
        new=_new(letters, {concern.conversation for concern in waiting}),
        checks=tuple((one.rid, title_of(pack)) for one, pack in screened.value),
        left=left_of(listed()) if listed else None,
        questions=tuple(question_line(concern, staff=False) for concern in others[:MOST]),
        more_questions=max(len(others) - MOST, 0),
        promises=promise_lines(promised.value, staff=False),
        doing=own_lines(doing.value),
        may_write=may_begin(request),
        unsent=drafts.load(actor.ref, reverse("message_new")) is not None,
        empty=not any(concern.is_open for concern in concerns),
        live=watched[0],
        live_state=watched[1],
    )
    return show(request, "home/day.html", page)


def greeting(now: datetime, name: str) -> str:
    """Good morning, Amina"""
    if now.hour < 12:
        return _("Good morning, %(name)s") % {"name": name}
    if now.hour < 18:
        return _("Good afternoon, %(name)s") % {"name": name}
    return _("Good evening, %(name)s") % {"name": name}


def left_of(found: DayList) -> int | None:
    """How much of a day's list nothing was said of yet; None where nothing is on it."""
    return sum(line.answer is None for line in found.lines) if found.lines else None


def _waiting(concern: Concern) -> Waiting:
    by = concern.answered_by
    return Waiting(concern, said.named(by) if by else "", said.called(by) if by else "")


def _new(letters: tuple[NewLetters, ...], told: set[str]) -> tuple[tuple[NewLetters, str], ...]:
    """Conversations with unopened letters, without those that the top of the page speaks of; by whom."""
    return tuple((one, said.named(one.by)) for one in letters if one.rid not in told)
