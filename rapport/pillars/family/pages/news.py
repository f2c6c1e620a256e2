"""Updates by the team, for those whom the patient lets in; the patient reads each of them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rapport.fhir.outcomes import Refused, not_found
from rapport.gate.circle import let_in
from rapport.listening import coach
from rapport.people.portrait import human_name, short
from rapport.people.request import Request, once_token
from rapport.pillars.family import actions
from rapport.pillars.family.contexts.news import NewsPage, ReportPage
from rapport.pillars.family.contexts.places import Place
from rapport.pillars.family.forms import ReportForm
from rapport.pillars.family.pages.common import place, to, trouble, watched
from rapport.pillars.family.reading import news as reading
from rapport.pillars.family.rules.news import PLAIN
from rapport.ui.show import show

HERE = "family_news"
#: So many hard words are named.
MOST_HARD = 4


@require_safe
def news(request: Request, rid: str) -> HttpResponse:
    """`/family/<patient>/news/`"""
    at = place(request, rid, HERE)
    found = reading.updates(request.door, at.person.ref)
    mine = ((one, one.state == "sent" and one.by[0] == request.actor.ref) for one in found)
    reads = _reads(request, at) if at.shared and (at.own or at.staff) else None
    seen = watched(request, at.person.ref, (one.ref for one in found))
    page = NewsPage(at, tuple(mine), reads, at.staff and bool(reads), *seen)
    return show(request, "family/news.html", page)


def _reads(request: Request, at: Place) -> tuple[str, ...]:
    found = let_in(request.door, at.person.ref, "updates", "Communication")
    return tuple(short(human_name(body.get("name"))[0]) for _ref, body in found)


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: Request, rid: str) -> HttpResponse:
    """`/family/<patient>/news/new/`: what reads hard is shown once before it goes"""
    at = place(request, rid, HERE)
    reads = _reads(request, at) if at.staff and at.shared else ()
    if not reads:
        raise not_found()
    form, said, status = ReportForm(request.POST or None), "", 200
    once = once_token(request.POST.get("once", ""))
    hard: tuple[tuple[str, str], ...] = ()
    heavy = False
    if request.method == "POST":
        status = 422
        if form.is_valid():
            words = form.cleaned_data["words"]
            hard, heavy = ((), False) if "anyway" in request.POST else _plainly(words)
            if not hard and not heavy:
                try:
                    actions.report(request.door, once=once, patient=at.person.ref, words=words)
                except Refused as refused:
                    said, status = trouble(refused)
                else:
                    messages.success(request, _("Sent. Each hears that there is something to read."))
                    return to(HERE, rid)
    page = ReportPage(at, form, once, reads, said, hard, heavy)
    return show(request, "family/report.html", page, status=status)


def _plainly(words: str) -> tuple[tuple[tuple[str, str], ...], bool]:
    """Hard terms with plainer words, and whether the whole reads hard."""
    advice = coach(words, "")
    hard = {words[one.span.start : one.span.end]: one.plain for one in advice.jargon}
    heavy = advice.reading_grade is not None and advice.reading_grade > PLAIN
    return tuple(hard.items())[:MOST_HARD], heavy


@require_POST
def take_back(request: Request, rid: str, update: str) -> HttpResponse:
    """`/family/<patient>/news/<update>/back/`"""
    try:
        actions.take_back(request.door, patient=f"Patient/{rid}", update=update)
    except Refused as refused:
        messages.error(request, trouble(refused)[0])
    else:
        messages.success(request, _("Taken back."))
    return to(HERE, rid)
