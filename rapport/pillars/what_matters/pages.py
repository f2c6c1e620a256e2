"""The pages of what matters to somebody: all of it, one entry to write or change, how it read before."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rapport.fhir.outcomes import Refused, not_found
from rapport.gate.together import together
from rapport.people import chart, drafts
from rapport.people.portrait import Person, short
from rapport.people.request import Request, once_token, see_other, staff_only
from rapport.pillars.what_matters import actions, finding, reading
from rapport.pillars.what_matters.contexts import (
    WORDS,
    BeforePage,
    EntryLine,
    GoOnPage,
    MattersPage,
    Part,
    ReachPage,
    WritePage,
)
from rapport.pillars.what_matters.forms import ReachForm, ReasonForm, WordsForm
from rapport.pillars.what_matters.reading.reach import reach_line, reached
from rapport.pillars.what_matters.rules import entries as rules
from rapport.pillars.what_matters.shapes import Entry, read_entry
from rapport.ui.errors import in_language
from rapport.ui.show import show


@require_safe
def own(request: Request) -> HttpResponse:
    """`/matters/`: to one's own page; a lone address for the menu."""
    patient = next(iter(request.actor.patients), "")
    if not patient:
        raise not_found()
    return _to(patient.partition("/")[2])


@require_safe
def matters(request: Request, rid: str) -> HttpResponse:
    """`/matters/<patient>/`"""
    who = chart.whose(request.door, rid)
    with together(request.door) as later:
        told, how = later(reading.entries, who.ref), later(reached, who.ref)
    entries, own = told.value, _own(request, rid)
    parts = [_part(request, one.kind, one.entries) for one in reading.by_kind(entries)]
    planned = reading.orders(request.door, who.ref, timezone.localtime()) if entries else ()
    shared = request.actor.kind != "staff" or request.door.reaches(who.ref)
    page = MattersPage(
        person=who,
        called=short(who.name),
        own=own,
        staff=request.actor.kind == "staff",
        shared=shared,
        reach=reach_line(how.value, own=own),
        may_write=_may_write(request, rid) and shared,
        against=reading.misfits(request.door, who.ref, planned),
        told=tuple(part for part in parts if part.lines),
        open=tuple(part for part in parts if not part.lines),
    )
    return show(request, "what_matters/matters.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
def how(request: Request, rid: str) -> HttpResponse:
    """`/matters/<patient>/reach/`: by which way, what sight and hearing need, when no e-mail comes"""
    who = _writer(request, rid)
    now = reached(request.door, who.ref)
    begun = {
        "way": now.way,
        "needs": now.needs,
        **dict(zip(("begins", "ends"), now.quiet or (), strict=False)),
    }
    form, status = ReachForm(request.POST or None, initial=begun), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            actions.set_reach(request.door, patient=who.ref, how=form.reach())
            messages.success(
                request, _("Kept. Your team reads it first.") if _own(request, rid) else _("Kept.")
            )
            return _to(rid)
    page = ReachPage(who, short(who.name), _own(request, rid), form)
    return show(request, "what_matters/reach.html", page, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def write(request: Request, rid: str, kind: str) -> HttpResponse:
    """`/matters/<patient>/new/<kind>/`"""
    if kind not in WORDS:
        raise not_found()
    return _written(request, rid, kind, None)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: Request, rid: str, entry: str) -> HttpResponse:
    """`/matters/<patient>/<entry>/change/`"""
    found = read_entry(finding.need(request.door, f"Patient/{rid}", entry))
    return _written(request, rid, found.kind, found)


@require_POST
def still_so(request: Request, rid: str, entry: str) -> HttpResponse:
    """`/matters/<patient>/<entry>/still/`"""
    _writer(request, rid)
    actions.still_so(request.door, patient=f"Patient/{rid}", entry=entry)
    messages.success(request, _("Kept, with today’s date."))
    return _to(rid)


@require_POST
def take_out(request: Request, rid: str, entry: str) -> HttpResponse:
    """`/matters/<patient>/<entry>/out/`"""
    _writer(request, rid)
    actions.take_out(request.door, patient=f"Patient/{rid}", entry=entry)
    messages.success(request, _("Taken out. The record keeps that it stood here, and until when."))
    return _to(rid)


@require_safe
def before(request: Request, rid: str, entry: str) -> HttpResponse:
    """`/matters/<patient>/<entry>/before/`"""
    who = chart.whose(request.door, rid)
    versions = reading.before(request.door, who.ref, entry)
    part = _part(request, versions[0].kind, ())
    lines = tuple(_line(request, one) for one in versions)
    return show(request, "what_matters/before.html", BeforePage(who, _own(request, rid), part, lines))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only
def go_on(request: Request, rid: str) -> HttpResponse:
    """`/matters/<patient>/go-on/?order=…&entry=…`: why what goes against their words is still right"""
    who, asked = chart.whose(request.door, rid), (request.GET.get("order", ""), request.GET.get("entry", ""))
    planned = reading.orders(request.door, who.ref, timezone.localtime())
    found = reading.misfits(request.door, who.ref, [one for one in planned if one.ref == asked[0]])
    misfit = next((one for one in found if one.entry == asked[1]), None)
    if misfit is None:
        raise not_found()
    begun = drafts.initial(request.actor.ref, request.path)
    form, status = ReasonForm(request.POST or None, initial=begun), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            reason = form.cleaned_data["words"]
            actions.go_on(request.door, patient=who.ref, order=asked[0], entry=asked[1], reason=reason)
            drafts.clear(request.actor.ref, request.path)
            messages.success(request, _("Kept, with your reason. They read it too."))
            return _to(rid)
    page = GoOnPage(who, short(who.name), misfit, form)
    return show(request, "what_matters/go_on.html", page, status=status)


def what_helps(request: HttpRequest) -> tuple[str, ...]:
    """What a patient wrote to help themselves in a heavy moment: for the help page."""
    actor = getattr(request, "actor", None)
    if actor is None or actor.kind != "patient" or not actor.patients:
        return ()
    found = reading.entries(getattr(request, "door"), actor.patients[0], "helps")  # noqa: B009
    return tuple(one.words for one in found)


def _written(request: Request, rid: str, kind: str, entry: Entry | None) -> HttpResponse:
    """The form of one entry, and what it does."""
    who = _writer(request, rid)
    if request.method != "POST":
        begun = {"words": entry.words if entry else ""} | drafts.initial(request.actor.ref, request.path)
        return _form(request, who, kind, entry, WordsForm(initial=begun))
    form = WordsForm(request.POST)
    if not form.is_valid():
        return _form(request, who, kind, entry, form, status=422)
    words = form.cleaned_data["words"]
    try:
        if entry is None:
            once = once_token(request.POST.get("once", ""))
            actions.write(request.door, once=once, patient=who.ref, kind=kind, words=words)
        else:
            actions.change(request.door, patient=who.ref, entry=entry.rid, words=words)
    except Refused as refused:
        if refused.code in ("not-found", "gone"):
            raise
        drafts.keep_posted(request.actor.ref, request.path, request.POST)
        return _form(request, who, kind, entry, form, in_language(refused.text), status=refused.status)
    drafts.clear(request.actor.ref, request.path)
    messages.success(request, _("Kept. Your team reads it first.") if _own(request, rid) else _("Kept."))
    return _to(rid, f"#{kind}")


def _form(
    request: Request,
    who: Person,
    kind: str,
    entry: Entry | None,
    form: WordsForm,
    trouble: str = "",
    *,
    status: int = 200,
) -> HttpResponse:
    page = WritePage(
        person=who,
        called=short(who.name),
        own=_own(request, who.rid),
        part=_part(request, kind, ()),
        entry=entry,
        form=form,
        once=once_token(request.POST.get("once", "")),
        trouble=trouble,
    )
    return show(request, "what_matters/write.html", page, status=status)


def _own(request: Request, rid: str) -> bool:
    return request.actor.ref == f"Patient/{rid}"


def _may_write(request: Request, rid: str) -> bool:
    """The person themselves, and who cares for them and types what they say."""
    return _own(request, rid) or request.actor.kind == "staff"


def _writer(request: Request, rid: str) -> Person:
    """Whose page it is, for somebody who writes there; to all others the address is not there."""
    if not _may_write(request, rid):
        raise not_found()
    return chart.whose(request.door, rid)


def _part(request: Request, kind: str, entries: tuple[Entry, ...]) -> Part:
    mine, theirs, hint = WORDS[kind]
    title = theirs if request.actor.kind == "staff" else mine
    return Part(kind, title, hint, tuple(_line(request, one) for one in entries))


def _line(request: Request, entry: Entry) -> EntryLine:
    """Who wrote it down is said where it was somebody else."""
    by = "" if entry.by == entry.patient else entry.by_name
    return EntryLine(entry, by, rules.needs_review(entry, timezone.now()))


def _to(rid: str, at: str = "") -> HttpResponse:
    return see_other(reverse("matters_of", args=[rid]) + at)
