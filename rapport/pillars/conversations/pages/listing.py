"""The list of conversations, and search in them."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from rapport.gate.live import about
from rapport.people import drafts, live
from rapport.people.request import Request
from rapport.pillars.conversations import reading
from rapport.pillars.conversations.contexts.listing import MessagesPage, talk_lines
from rapport.ui.show import show


def topics_of(request: Request) -> list[str]:
    """What somebody's lists watch: themselves, and their patients; staff their teams; family what is shared.

    A conversation that is newly shared with somebody of the family stirs their own topic.
    """
    actor = request.actor
    shared = reading.shared(request.door) if actor.kind == "kin" else ()
    return [
        f"person:{actor.ref}",
        *(topic for ref in actor.patients for topic in about(actor, ref, *shared)),
        *(f"team:{ref}" for ref in actor.teams),
        *(f"person:{ref}" for ref in actor.positions),
    ]


def may_begin(request: Request) -> bool:
    """Whether who asks may begin a conversation: patients, and family whom they let write."""
    actor = request.actor
    if actor.kind == "kin":
        return any(request.door.reaches(patient, "c", "Communication") for patient in actor.patients)
    return actor.kind == "patient"


@require_safe
def messages(request: Request) -> HttpResponse:
    """`/messages/`: conversations, newest first; `?q=` searches in their words."""
    watched = live.watch(request, topics_of(request))
    query, cursor = request.GET.get("q", "").strip()[:200], request.GET.get("after", "")
    finds = reading.find(request.door, query, cursor=cursor) if query else None
    lines, more = ((), "") if query else reading.mine(request.door, cursor=cursor)
    staff = request.actor.kind == "staff"
    page = MessagesPage(
        lines=talk_lines(lines, staff=staff),
        more=finds.more if finds else more,
        query=query,
        finds=finds,
        staff=staff,
        may_write=may_begin(request),
        unsent=drafts.load(request.actor.ref, reverse("message_new")) is not None,
        live="" if query else watched[0],
        live_state=watched[1],
    )
    return show(request, "conversations/messages.html", page)
