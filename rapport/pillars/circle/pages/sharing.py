"""Pages of the circle: who is in it, what each may see, and what is shared with me."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rapport.fhir.outcomes import Refused, not_found
from rapport.fhir.text import instant
from rapport.people.actors import patient_name
from rapport.people.portrait import short
from rapport.people.request import Request
from rapport.pillars.circle import actions, reading, rules
from rapport.pillars.circle.contexts import (
    CirclePage,
    EndPage,
    PrivatePage,
    SharedPage,
    member_lines,
    parts_shown,
    share_page,
)
from rapport.pillars.circle.forms import read_choice, read_inviting
from rapport.pillars.circle.reading import Member, Part
from rapport.pillars.circle.rules import Inviting, mark_of, widens
from rapport.pillars.circle.shapes import NOTHING, PAUSED, Choice
from rapport.ui.errors import in_language
from rapport.ui.show import show

_RID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
Page = Callable[..., HttpResponse]


def patients_only(page: Page) -> Page:
    """For patients, of their own circle; to all others the page is not there."""

    @wraps(page)
    def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.actor.kind != "patient":
            raise not_found()
        return page(request, *args, **kwargs)

    return guarded


@require_safe
def circle(request: Request) -> HttpResponse:
    """`/circle/`: the patient's circle; to somebody of a circle, what is shared with them."""
    if request.actor.kind == "kin":
        return _shared_with_me(request)
    if request.actor.kind != "patient":
        raise not_found()
    lines = member_lines(reading.members(request.door, timezone.localdate()), timezone.localdate())
    page = CirclePage(
        lines=tuple(line for line in lines if not line.ended),
        past=tuple(line for line in lines if line.ended),
    )
    return show(request, "circle/circle.html", page)


def _shared_with_me(request: Request) -> HttpResponse:
    actor, door = request.actor, request.door
    parts = reading.shared(door, actor.patients[0]) if actor.patients else ()
    name = patient_name(door.conn, actor.ref) if parts else ""
    return show(request, "circle/shared.html", SharedPage(name, parts_shown(parts)))


# ---------------------------------------------------------------- inviting


@require_http_methods(["GET", "HEAD", "POST"])
@patients_only
def invite(request: Request) -> HttpResponse:
    """`/circle/invite/`: who, what they may see, how that looks; then the invitation goes out."""
    today, posted = timezone.localdate(), request.POST
    if request.method != "POST":
        page = share_page(
            member=None, who=Inviting(), choice=Choice(), mirror=None, today=today, once=_once()
        )
        return show(request, "circle/share.html", page)
    who, choice = read_inviting(posted), read_choice(posted, today)
    once = posted.get("once", "") or _once()
    shown = mark_of(choice) == posted.get("seen") and "go_save" in posted
    if shown and not who.wrong:
        return _invited(request, who, choice, once)
    trouble = _trouble(choice)
    mirror = None if trouble or who.wrong else _mirror(request, _nobody(who), choice)
    look_first = "go_save" in posted and mirror is not None
    page = share_page(
        member=None, who=who, choice=choice, mirror=mirror, today=today, once=once,
        look_first=look_first, trouble=trouble,
    )  # fmt: skip
    return show(request, "circle/share.html", page, status=422 if trouble or who.wrong else 200)


def _invited(request: Request, who: Inviting, choice: Choice, once: str) -> HttpResponse:
    today = timezone.localdate()
    try:
        actions.invite(
            request.door,
            once=once,
            name=who.name,
            relation=who.called,
            email=who.email,
            choice=choice,
            language=get_language() or "",
        )
    except Refused as refused:
        page = share_page(
            member=None, who=who, choice=choice, mirror=None, today=today, once=once, trouble=_said(refused)
        )
        return show(request, "circle/share.html", page, status=refused.status)
    messages.success(
        request,
        _("Sent to %(email)s. %(name)s can join with the link in it.")
        % {"email": who.email, "name": short(who.name)},
    )
    return _to("circle")


def _nobody(who: Inviting) -> Member:
    """Somebody who is not in the circle yet, for the mirror."""
    return Member(f"nobody-{uuid.uuid4()}", who.name, who.called, Choice(state=NOTHING), "")


# ---------------------------------------------------------------- what somebody may see


@require_http_methods(["GET", "HEAD", "POST"])
@patients_only
def member(request: Request, rid: str) -> HttpResponse:
    """`/circle/<rid>/`: what somebody may see, and how that looks to them."""
    today = timezone.localdate()
    one = reading.member(request.door, rid, today)
    if not rules.may_change(one.choice):
        raise not_found()
    if request.method != "POST":
        mirror = None if one.choice.state == NOTHING else _mirror(request, one, one.choice)
        page = share_page(member=one, who=None, choice=one.choice, mirror=mirror, today=today)
        return show(request, "circle/share.html", page)
    choice = read_choice(request.POST, today)
    shown = mark_of(choice) == request.POST.get("seen")
    trouble = _trouble(choice)
    if "go_save" in request.POST and not trouble and (shown or not widens(one.choice, choice)):
        actions.share(request.door, member=rid, choice=choice)
        messages.success(request, _("Kept. It holds from now on."))
        return _to("circle")
    mirror = None if trouble else _mirror(request, one, choice)
    page = share_page(
        member=one, who=None, choice=choice, mirror=mirror, today=today,
        look_first="go_save" in request.POST and not trouble, trouble=trouble,
    )  # fmt: skip
    return show(request, "circle/share.html", page, status=422 if trouble else 200)


@require_POST
@patients_only
def pause(request: Request, rid: str) -> HttpResponse:
    """`/circle/<rid>/pause/`: nothing is shared from now on; pressed again, what was is shared again."""
    one = reading.member(request.door, rid, timezone.localdate())
    if one.choice.state == PAUSED:
        actions.resume(request.door, member=rid)
        said = _("%(name)s sees again what you share.")
    else:
        actions.pause(request.door, member=rid)
        said = _("%(name)s sees nothing from now on. Your choice is kept for later.")
    messages.success(request, said % {"name": short(one.name)})
    return _to("circle")


@require_http_methods(["GET", "HEAD", "POST"])
@patients_only
def end(request: Request, rid: str) -> HttpResponse:
    """`/circle/<rid>/end/`: what it means, and the second click."""
    one = reading.member(request.door, rid, timezone.localdate())
    if request.method != "POST":
        return show(request, "circle/end.html", EndPage(one, short(one.name)))
    actions.end(request.door, member=rid)
    messages.success(request, _("%(name)s sees nothing of yours any more.") % {"name": short(one.name)})
    return _to("circle")


@require_http_methods(["GET", "HEAD", "POST"])
@patients_only
def again(request: Request, rid: str) -> HttpResponse:
    """`/circle/<rid>/again/`: a new link for somebody who has none, or lost it."""
    one = reading.member(request.door, rid, timezone.localdate())
    who = Inviting(name=one.name, relation_words=one.relation)
    if request.method == "POST":
        posted = request.POST.copy()
        posted["name"], posted["relation_words"] = one.name, one.relation or "?"
        who = read_inviting(posted)
        if not who.wrong:
            actions.invite_again(request.door, member=rid, email=who.email, language=get_language() or "")
            messages.success(request, _("Sent to %(email)s.") % {"email": who.email})
            return _to("circle")
    page = share_page(member=one, who=who, choice=one.choice, mirror=None, today=timezone.localdate())
    return show(request, "circle/again.html", page, status=422 if who.wrong else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@patients_only
def private(request: Request) -> HttpResponse:
    """`/circle/private/`: the own record line by line, and what of it is kept from the circle."""
    if request.method != "POST":
        found = reading.shared(request.door, request.actor.ref)
        parts = parts_shown(tuple(part for part in found if part.kind != "identity"))
        return show(request, "circle/private.html", PrivatePage(parts))
    keep = request.POST.get("private") == "yes"
    actions.keep_private(request.door, ref=request.POST.get("ref", ""), private=keep)
    said = _("Your circle does not see it.") if keep else _("Your circle sees it again, as you share it.")
    messages.success(request, said)
    talk = request.POST.get("talk", "")
    return _to("conversation", talk) if _RID.fullmatch(talk) else _to("circle_private")


def _mirror(request: Request, one: Member, choice: Choice) -> tuple[Part, ...]:
    """Exactly what somebody would see, read through their own door."""
    at = instant(datetime.now(UTC).replace(microsecond=0))
    with reading.as_seen_by(
        request.door, one, Choice(choice.until, choice.writes, choice.sensitive), at
    ) as seen:
        return reading.shared(seen, request.actor.ref)


def _trouble(choice: Choice) -> str:
    try:
        rules.sound(choice, timezone.localdate())
    except Refused as refused:
        return _said(refused)
    return ""


def _said(refused: Refused) -> str:
    if refused.code in ("not-found", "gone"):
        raise refused
    return " ".join(filter(None, (in_language(refused.text), in_language(refused.next))))


def _once() -> str:
    return str(uuid.uuid4())


def _to(name: str, *args: str) -> HttpResponse:
    return HttpResponseRedirect(reverse(name, args=args), status=303)
