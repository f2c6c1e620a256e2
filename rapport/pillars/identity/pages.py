"""Who is who, for leads: records that may be of one person side by side; joined, undone, split."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rapport.fhir.outcomes import Refused, not_found
from rapport.people.request import Request, once_token, see_other
from rapport.pillars.identity import actions, reading
from rapport.pillars.identity.contexts import (
    ListPage,
    PairPage,
    SplitPage,
    entry_lines,
    keep,
    lines,
    proposed,
    why,
)
from rapport.ui.errors import in_language
from rapport.ui.show import show


@require_safe
def people(request: Request) -> HttpResponse:
    """`/identity/`: who may be one person, and what was joined or split lately."""
    found = tuple(map(proposed, reading.proposed(request.door)))
    return show(request, "identity/list.html", ListPage(found, reading.done(request.door)))


@require_safe
def pair(request: Request, one: str, other: str) -> HttpResponse:
    """`/identity/pair/<one>/<other>/`: the two side by side."""
    return _pair(request, one, other)


def _pair(request: Request, one: str, other: str, trouble: str = "", status: int = 200) -> HttpResponse:
    likeness = reading.two(request.door, one, other)
    left, right = likeness.left, likeness.right
    if not (left.active and right.active):
        return see_other(reverse("identity"))
    page = PairPage(
        left=left,
        right=right,
        lines=lines(likeness),
        why=why(likeness),
        apart=likeness.apart,
        both_sign_in=left.signs_in and right.signs_in,
        keep=keep(likeness),
        once=once_token(),
        trouble=trouble,
    )
    return show(request, "identity/pair.html", page, status=status)


@require_POST
def join(request: Request, one: str, other: str) -> HttpResponse:
    """`/identity/pair/<one>/<other>/join/`: they are one person."""
    reading.lead(request.door)
    kept = request.POST.get("keep", "")
    if kept not in (one, other):
        return _pair(request, one, other, _("Choose which record to keep."), 422)
    gone = other if kept == one else one
    try:
        actions.join(
            request.door,
            replaced=f"Patient/{gone}",
            keep=f"Patient/{kept}",
            once=request.POST.get("once", ""),
            versions=(_number(request, gone), _number(request, kept)),
        )
    except Refused as refused:
        if refused.code == "not-found":
            raise
        return _pair(request, one, other, _said(refused), refused.status)
    messages.success(request, _("Joined. You can undo it on this page."))
    return see_other(reverse("identity"))


def _number(request: Request, rid: str) -> int:
    """The version of a record that the form was made from."""
    said = request.POST.get(f"version-{rid}", "")
    return int(said) if said.isdecimal() and len(said) < 9 else 0


@require_POST
def apart(request: Request, one: str, other: str) -> HttpResponse:
    """`/identity/pair/<one>/<other>/apart/`: these are two people."""
    actions.keep_apart(request.door, one=f"Patient/{one}", other=f"Patient/{other}")
    messages.success(request, _("Kept as two people. They are not shown here again."))
    return see_other(reverse("identity"))


@require_POST
def undo(request: Request, number: int) -> HttpResponse:
    """`/identity/<number>/undo/`"""
    try:
        actions.undo(request.door, number=number)
    except Refused as refused:
        if refused.code == "not-found":
            raise
        messages.error(request, _said(refused))
    else:
        messages.success(request, _("Undone. Everything is where it was."))
    return see_other(reverse("identity"))


@require_http_methods(["GET", "HEAD", "POST"])
def split(request: Request, rid: str) -> HttpResponse:
    """`/identity/split/<rid>/?name=…&to=…`: entries of this record that are somebody else's."""
    if request.method != "POST":
        return _split(request, rid, request.GET.get("to", ""))
    reading.lead(request.door)
    to, chosen = request.POST.get("to", ""), request.POST.getlist("entry")[: reading.MOST_ENTRIES]
    if not chosen:
        return _split(request, rid, to, _("Choose at least one entry."), 422)
    try:
        actions.split(
            request.door,
            source=f"Patient/{rid}",
            target=f"Patient/{to}",
            entries=chosen,
            once=request.POST.get("once", ""),
        )
    except Refused as refused:
        if refused.code == "not-found":
            raise
        return _split(request, rid, to, _said(refused), refused.status)
    messages.success(request, _("Moved. You can undo it on this page."))
    return see_other(reverse("identity"))


def _split(request: Request, rid: str, to: str, trouble: str = "", status: int = 200) -> HttpResponse:
    door, name = request.door, request.GET.get("name", "").strip()[:100]
    reading.lead(door)
    source = reading.side(door, rid)
    target = reading.side(door, to) if to else None
    if target is not None and target.ref == source.ref:
        raise not_found()
    page = SplitPage(
        source=source,
        name=name,
        found=tuple(one for one in reading.named(door, name) if one.ref != source.ref),
        target=target,
        entries=entry_lines(reading.entries(door, rid)) if target else (),
        once=once_token(),
        trouble=trouble,
    )
    return show(request, "identity/split.html", page, status=status)


def _said(refused: Refused) -> str:
    return " ".join((in_language(refused.text), in_language(refused.next)))
