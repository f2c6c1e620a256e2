"""The help calendar: what is needed, and who comes."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rapport.fhir.outcomes import Refused, not_found
from rapport.gate.circle import let_in
from rapport.gate.together import together
from rapport.people.portrait import human_name, short
from rapport.people.request import Request, once_token
from rapport.pillars.family import actions
from rapport.pillars.family.contexts.helping import WHATS, AskPage, HelpPage, by_day, lines
from rapport.pillars.family.forms import NeedForm
from rapport.pillars.family.pages.common import place, to, trouble, watched
from rapport.pillars.family.reading import helping as reading
from rapport.ui.show import show

HERE = "family_help"
#: What is done with a need -> the verb, and what is said then.
VERBS = {
    "take": (actions.take, lazy("Thank you. They see that you come.")),
    "back": (actions.give_back, lazy("It is open again. Whoever may help hears of it.")),
    "off": (actions.withdraw, lazy("Taken out.")),
}


@require_safe
def calendar(request: Request, rid: str) -> HttpResponse:
    """`/family/<patient>/help/`"""
    at, now, actor = place(request, rid, HERE), timezone.now(), request.actor
    with together(request.door) as later:
        ahead, past = (
            later(reading.ahead, at.person.ref, now),
            later(reading.past, at.person.ref, now),
        )
    seen = watched(request, at.person.ref, (need.ref for need in ahead.value))
    page = HelpPage(
        place=at,
        days=by_day(lines(ahead.value, actor, now)),
        past=lines(past.value, actor, now),
        may_ask=_may_ask(request, at.person.ref),
        sees=_sees(request, at.person.ref) if at.own else None,
        live=seen[0],
        live_state=seen[1],
    )
    return show(request, "family/help.html", page)


def _may_ask(request: Request, patient: str) -> bool:
    if request.actor.kind not in ("patient", "kin"):
        return False
    return request.door.reaches(patient, "c", "Task", "practical-help")


def _sees(request: Request, patient: str) -> tuple[str, ...]:
    found = let_in(request.door, patient, "practical-help", "Task")
    return tuple(short(human_name(body.get("name"))[0]) for _ref, body in found)


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: Request, rid: str) -> HttpResponse:
    """`/family/<patient>/help/new/`"""
    at = place(request, rid, HERE)
    if not _may_ask(request, at.person.ref):
        raise not_found()
    form, said, status = NeedForm(request.POST or None, whats=WHATS), "", 200
    once = once_token(request.POST.get("once", ""))
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                actions.ask(request.door, once=once, patient=at.person.ref, asked=form.asked)
            except Refused as refused:
                said, status = trouble(refused)
            else:
                messages.success(request, _("It is in the calendar."))
                return to(HERE, rid)
    return show(request, "family/ask.html", AskPage(at, form, once, said), status=status)


@require_POST
def move(request: Request, rid: str, need: str, verb: str) -> HttpResponse:
    """`/family/<patient>/help/<need>/take/`, `/back/` and `/off/`"""
    act, done = VERBS[verb]
    try:
        act(request.door, patient=f"Patient/{rid}", need=need)
    except Refused as refused:
        messages.error(request, trouble(refused)[0])
    else:
        messages.success(request, str(done))
    return to(HERE, rid)
