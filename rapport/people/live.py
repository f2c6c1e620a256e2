"""Pages that follow the record: what they watch is signed for who looks, so that nobody can ask for more.

The answer says that something changed, never what; the page then fetches itself through the door.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from rapport.gate import live

#: No sign-in lasts longer (seconds).
LONGEST = 24 * 3600


def _salt(request: Any) -> str:
    return f"live:{request.actor.ref}"


def watch(request: Any, topics: Iterable[str]) -> tuple[str, str]:
    """`live` and `live_state` for the base page. Ask before reading, so that no change is missed."""
    wanted = sorted(set(topics))
    signed = signing.dumps(wanted, salt=_salt(request), compress=True)
    return signed, str(live.state(request.door.conn, wanted))


def beyond(watched: tuple[str, str], own: int) -> tuple[str, str]:
    """What `watch` gave, past `own` changes that the page itself made after: it need not follow those."""
    return watched[0], str(int(watched[1]) + own)


#: Topics about somebody else, by kind: heard by who may read what they name.
_OF_OTHERS = ("patient", "chart", "conversation", "thing")


def _still_theirs(request: Any, topics: list[str]) -> list[str]:
    """Of the topics of a page, those of what who looks may still read: without the others the state is
    another, so that the page fetches itself, and finds them gone."""
    named = {topic: topic.partition(":") for topic in topics}
    others = {
        topic: reference
        for topic, (kind, _, reference) in named.items()
        if kind in _OF_OTHERS and reference != request.actor.ref
    }
    open_ = request.door.readable(others.values())
    return [topic for topic in topics if topic not in others or others[topic] in open_]


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """204 while nothing changed, else 200 with the state now; 400 for topics signed for someone else.

    What is not shared any more is not heard any more, however long the page stays open.
    """
    try:
        topics = signing.loads(request.GET.get("t", ""), salt=_salt(request), max_age=LONGEST)
    except signing.BadSignature:
        return HttpResponse(status=400)
    state = str(live.state(request.door.conn, _still_theirs(request, topics)))  # type: ignore[attr-defined]
    return HttpResponse(status=204) if state == request.GET.get("s") else JsonResponse({"s": state})
