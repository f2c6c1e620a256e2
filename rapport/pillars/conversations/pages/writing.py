"""Writing: a new message, or more in a conversation. Without script two steps, with script one page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from rapport.fhir.outcomes import Refused
from rapport.people import site
from rapport.people.alarms import Help
from rapport.people.request import Request
from rapport.pillars.conversations import actions, reading
from rapport.pillars.conversations.contexts import Trouble, WritePage, said, topic_lines
from rapport.pillars.conversations.contexts.hearing import circle_of, help_now
from rapport.pillars.conversations.contexts.writing import TopicLine, open_hours
from rapport.pillars.conversations.forms import Posted, Writing, is_new
from rapport.pillars.conversations.pages import common, staff_writing
from rapport.pillars.conversations.rules import alerts, suggest
from rapport.ui.show import show


@dataclass(frozen=True, slots=True)
class Place:
    """Where one writes: the path of the form, where "Back" leads, and what is already decided."""

    path: str
    back: str
    title: str = ""
    conversation: str = ""
    topic: str = ""
    others: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    """`/messages/new/`: what it is about, in your words, the questions in it."""
    if request.actor.kind == "staff":
        return staff_writing.start(request)
    return _page(request, _place_of(request, ""))


@require_http_methods(["GET", "HEAD", "POST"])
def more(request: Request, rid: str) -> HttpResponse:
    """`/messages/<rid>/more/`: the patient or the circle writes more in a conversation."""
    return _page(request, _place_of(request, rid))


@require_POST
def look(request: Request, rid: str = "") -> HttpResponse:
    """The questions in what is typed so far; script asks and puts them on the page.

    Where nothing new is seen nothing is swapped, so that what the person just chose stays chosen.
    """
    writing = Writing.read(request.POST)
    seen = writing.seeing(suggest(writing.text, get_language() or ""))
    page = _context(request, _place_of(request, rid), seen, looked=True)
    known = _known(page)
    if request.headers.get("HX-Trigger-Name") == "topic":
        response = render(request, "conversations/_look_next.html", known)
        response["HX-Reswap"] = "none"
        return response
    as_before = writing.asked and seen.chips == writing.chips
    if not writing.text.strip() or (as_before and writing.helped == (page.help.kind if page.help else "")):
        return HttpResponse(status=204)
    return render(request, "conversations/_look.html", known)


def _place_of(request: Request, rid: str) -> Place:
    if not rid:
        return Place(reverse("message_new"), reverse("messages"))
    view = reading.conversation(request.door, rid)
    place = reverse("conversation_more", args=[rid])
    others = circle_of(view)
    return Place(place, reverse("conversation", args=[rid]), view.title, rid, view.topic, others)


def _known(page: WritePage) -> dict[str, object]:
    return {name: getattr(page, name) for name in page.__slots__}


def _page(request: Request, place: Place) -> HttpResponse:
    if request.method != "POST":
        return _shown(request, place)
    writing = Writing.read(request.POST, request.FILES.getlist("files"))
    go = request.POST.get("go", "look")
    if go == "later":
        common.keep_draft(request, place.path)
        messages.info(request, _("Kept for later. You find it where you wrote it."))
        return _away(place)
    if go == "clear":
        common.forget_draft(request, place.path)
        return _again(place)
    suggested = suggest(writing.text, get_language() or "")
    if go != "send" or not writing.asked or is_new(writing.chips, suggested):
        page = _context(request, place, writing.seeing(suggested), looked=True, spare=go == "add")
        return show(request, "conversations/write.html", page)
    return _send(request, place, writing)


def _away(place: Place) -> HttpResponse:
    return common.to_conversation(place.conversation) if place.conversation else common.to("messages")


def _again(place: Place) -> HttpResponse:
    return (
        common.to("conversation_more", place.conversation) if place.conversation else common.to("message_new")
    )


def _send(request: Request, place: Place, writing: Writing) -> HttpResponse:
    """Send it, or show what is missing; whatever happens, the words stay."""
    page = _context(request, place, writing, looked=True)
    if page.wrong:
        common.keep_draft(request, place.path)
        return show(request, "conversations/write.html", page, status=422)
    try:
        sent = _write(request, place, writing)
    except Refused as refused:
        common.keep_draft(request, place.path)
        page = _context(request, place, writing, looked=True, trouble=common.trouble(refused))
        return show(request, "conversations/write.html", page, status=refused.status)
    common.forget_draft(request, place.path)
    messages.success(request, _sent_words(page.topic, len(writing.questions)))
    return common.to_conversation(sent.conversation)


def _write(request: Request, place: Place, writing: Writing) -> actions.Sent:
    if place.conversation:
        return actions.write_more(
            request.door,
            once=writing.once,
            conversation=place.conversation,
            text=writing.text,
            concerns=writing.questions,
            files=writing.files,
        )
    patients = request.actor.patients
    return actions.start(
        request.door,
        once=writing.once,
        topic=writing.topic,
        text=writing.text,
        concerns=writing.questions,
        patient=patients[0] if patients and request.actor.kind == "kin" else "",
        files=writing.files,
        language=get_language() or "",
    )


def _sent_words(topic: TopicLine | None, questions: int) -> str:
    if questions and topic:
        return _("Sent. Someone takes each question by %(time)s.") % {"time": said.due(topic.take_by)}
    return _("Sent. Someone reads it; you need not wait for an answer.") if not questions else _("Sent.")


def _shown(request: Request, place: Place) -> HttpResponse:
    posted = common.draft_of(request, place.path)
    start = posted if posted is not None else Posted({"topic": [request.GET.get("topic", "")]})
    writing = Writing.read(start)
    page = _context(request, place, writing, looked=writing.asked, draft=bool(writing.text))
    return show(request, "conversations/write.html", page)


def _context(
    request: Request,
    place: Place,
    writing: Writing,
    *,
    looked: bool,
    spare: bool = False,
    draft: bool = False,
    trouble: Trouble | None = None,
) -> WritePage:
    """The page as it stands; `wrong` names what is missing before it can be sent."""
    lines = topic_lines(
        reading.topics(request.door, language=get_language() or "en"), place.topic or writing.topic
    )
    chosen = next((line for line in lines if line.chosen), None)
    needs_kind = looked and not writing.chips
    return WritePage(
        once=writing.once,
        place=place.path,
        back=place.back,
        title=place.title,
        topics=() if place.conversation else lines,
        hours=open_hours(site.current()),
        text=writing.text,
        chips=tuple((at, one.words, one.was, one.kept) for at, one in enumerate(writing.chips, 1))
        if looked
        else None,
        spare=spare,
        needs_kind=needs_kind,
        kind=writing.kind,
        topic=chosen,
        wait=_must_wait(lines, chosen),
        trouble=trouble,
        wrong=_wrong(place, writing, chosen, needs_kind) if request.POST.get("go") == "send" else (),
        lost_files=bool(writing.files),
        conversation=place.conversation,
        draft=draft,
        help=_help(place, writing) if looked else None,
    )


def _help(place: Place, writing: Writing) -> Help | None:
    """Where to get help now, when the words speak of danger. It holds nothing up."""
    if site.current().alerts.mode == "off" or not writing.text.strip():
        return None
    return help_now(alerts.hear(writing.text, get_language() or ""), others=place.others)


def _must_wait(lines: tuple[TopicLine, ...], chosen: TopicLine | None) -> datetime | None:
    """The day until which it must be able to wait."""
    return chosen.answer_by if chosen else max((line.answer_by for line in lines), default=None)


def _wrong(place: Place, writing: Writing, chosen: TopicLine | None, needs_kind: bool) -> tuple[str, ...]:
    found = []
    if not place.conversation and chosen is None:
        found.append(_("Choose what it is about"))
    if not writing.text.strip() and not writing.files:
        found.append(_("Write your message"))
    elif needs_kind and writing.kind not in ("question", "news"):
        found.append(_("Say whether someone should answer it"))
    return tuple(found)
