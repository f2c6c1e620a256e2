"""What the pages of conversations share: drafts, refusals, ways back."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from rapport.fhir.outcomes import Refused, not_found
from rapport.people import asides, drafts
from rapport.people.portrait import person, short
from rapport.people.request import Request, see_other
from rapport.pillars.conversations import actions
from rapport.pillars.conversations.contexts import Trouble
from rapport.pillars.conversations.contexts.coaching import CoachLine, tongue
from rapport.pillars.conversations.forms import Posted
from rapport.pillars.conversations.reading import Face
from rapport.ui.errors import in_language


def draft_of(request: Request, place: str) -> Posted | None:
    """What this person wrote here and has not sent."""
    lists = drafts.typed(request.actor.ref, place)
    return Posted(lists) if lists else None


def draft_about(request: Request, place: str, name: str, rid: str) -> Posted | None:
    """The draft of a form about one thing. What a sign-in that ended kept stands under the bare path."""
    found = draft_of(request, place)
    if found is None and place != request.path:
        found = draft_of(request, request.path)
        if found is not None and found.get(name) != rid:
            return None
    return found


def keep_draft(request: Request, place: str) -> None:
    """Keep what was just posted: it could not be sent."""
    drafts.keep_posted(request.actor.ref, place, request.POST)


def forget_draft(request: Request, place: str) -> None:
    """It was sent, or thrown away."""
    drafts.clear(request.actor.ref, place)
    if place != request.path:
        drafts.clear(request.actor.ref, request.path)


def trouble(refused: Refused) -> Trouble:
    """A refusal in the reader's language. What is not there is never told apart from what is not shared."""
    if refused.code in ("not-found", "gone"):
        raise refused
    said = [
        in_language(refused.text),
        *(issue.text for issue in refused.issues[:3] if issue.text != refused.text),
    ]
    return Trouble(" ".join(filter(None, said)), in_language(refused.next))


def unfit(request: Request, patient: Face, text: str, medium: str) -> tuple[CoachLine, ...]:
    """What does not fit how somebody is to be written to: a language that they do not read, another way.

    medium  "written", or "post" where it is printed and posted, too
    """
    record = request.door.find("Patient", patient.ref.partition("/")[2])
    languages = person(record.json, timezone.localdate()).languages if record else ()
    called = short(patient.name)
    ways = asides.doubts(request.door, patient.ref, called, "post" if medium == "post" else "message")
    return (*tongue(text, called, languages), *(CoachLine("way", "phone", line) for line in ways))


def staff_only(request: Request) -> None:
    """To anyone else this page does not exist."""
    if request.actor.kind != "staff":
        raise not_found()


def is_script(request: Request) -> bool:
    """Whether script fetches this page to follow the record: nobody has looked at it for that."""
    return "X-Live" in request.headers or "HX-Request" in request.headers


def to_conversation(rid: str, at: str = "") -> HttpResponseRedirect:
    """Back to a conversation after something was done there."""
    return see_other(reverse("conversation", args=[rid]) + at)


def medium_of(posted: Any) -> str:
    """How a letter goes: only written here, or on paper, too."""
    return "post" if "post" in posted else "written"


def on_paper(paper: asides.Paper | None, posted: Any) -> bool:
    """Whether "print it and post it" is ticked: as it was left, else where somebody likes paper best."""
    return paper is not None and ("post" in posted if posted else paper.first)


def to_sent(sent: actions.Sent, medium: str) -> HttpResponseRedirect:
    """To a letter that was just sent: in its conversation, or as the page to print."""
    if medium != "post":
        return to_conversation(sent.conversation)
    return see_other(reverse("conversation_paper", args=[sent.conversation]) + f"?letter={sent.message}")


def to(name: str, *args: str, **query: str) -> HttpResponseRedirect:
    """To a page by its name."""
    path = reverse(name, args=args)
    return see_other(f"{path}?{urlencode(query)}" if query else path)


def method_not_for_this(rid: str) -> HttpResponse:
    """Somebody opened the address of a verb as a page (Back, a bookmark): show the conversation."""
    return to_conversation(rid)
