"""Staff begin: a conversation with a patient, or a call or talk written down."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from rapport.fhir.outcomes import Refused, not_found
from rapport.people import asides, site
from rapport.people.portrait import person, short
from rapport.people.request import Request, once_token
from rapport.pillars.conversations import actions, reading
from rapport.pillars.conversations.contexts import RecordPage, StartPage, Trouble, topic_lines
from rapport.pillars.conversations.contexts.coaching import CoachLine
from rapport.pillars.conversations.contexts.writing import TopicLine
from rapport.pillars.conversations.forms import ClockField, DayField, Posted, uploads
from rapport.pillars.conversations.pages import common
from rapport.pillars.conversations.reading import Face
from rapport.ui.show import show


def _patient(request: Request) -> Face:
    """The patient that the address names, as far as the door shows them."""
    rid = request.GET.get("patient", "")
    if not rid:
        raise not_found()
    record = request.door.read("Patient", rid)
    today = timezone.localdate()
    return Face(record.ref, person(record.json, today).name or _("No name known"), kind="patient")


def _draft(request: Request, place: str, patient: Face) -> Posted | None:
    return common.draft_about(request, place, "patient", patient.ref)


def _topics(request: Request, chosen: str) -> tuple[TopicLine, ...]:
    return topic_lines(reading.topics(request.door, language=get_language() or "en"), chosen)


def start(request: Request) -> HttpResponse:
    """`/messages/new/?patient=…`: a member of staff writes first."""
    common.staff_only(request)
    if "patient" not in request.GET:
        return common.to("people")
    patient = _patient(request)
    place = f"{reverse('message_new')}?patient={patient.ref.partition('/')[2]}"
    posted: Any = request.POST if request.method == "POST" else _draft(request, place, patient) or Posted()
    if request.method != "POST":
        return show(request, "conversations/start.html", _start(request, patient, place, posted))
    wrong = _missing(posted, topic=_("Choose what it is about"), text=_("Write your message"))
    if wrong:
        return show(
            request, "conversations/start.html", _start(request, patient, place, posted, wrong), status=422
        )
    medium = common.medium_of(posted)
    if "anyway" not in posted and (stop := common.unfit(request, patient, posted.get("text", ""), medium)):
        common.keep_draft(request, place)
        page = _start(request, patient, place, posted, stop=stop)
        return show(request, "conversations/start.html", page, status=409)
    try:
        sent = actions.start_for(
            request.door,
            once=once_token(posted.get("once", "")),
            patient=patient.ref,
            topic=posted.get("topic", ""),
            text=posted.get("text", ""),
            title=posted.get("title", ""),
            files=uploads(request.FILES.getlist("files")),
            medium=medium,
        )
    except Refused as refused:
        common.keep_draft(request, place)
        page = _start(request, patient, place, posted, trouble=common.trouble(refused))
        return show(request, "conversations/start.html", page, status=refused.status)
    common.forget_draft(request, place)
    messages.success(request, _("Sent to %(name)s.") % {"name": short(patient.name)})
    return common.to_sent(sent, medium)


def _missing(posted: Any, **fields: str) -> tuple[str, ...]:
    return tuple(words for name, words in fields.items() if not str(posted.get(name, "")).strip())


def _start(
    request: Request,
    patient: Face,
    place: str,
    posted: Any,
    wrong: tuple[str, ...] = (),
    trouble: Trouble | None = None,
    stop: tuple[CoachLine, ...] = (),
) -> StartPage:
    paper = asides.paper(request.door, patient.ref, short(patient.name))
    return StartPage(
        once=once_token(posted.get("once", "")),
        place=place,
        patient=patient,
        called=short(patient.name),
        back=_page_of(patient),
        topics=_topics(request, posted.get("topic", "")),
        title=posted.get("title", ""),
        text=posted.get("text", ""),
        paper=paper,
        on_paper=common.on_paper(paper, posted),
        stop=stop,
        trouble=trouble,
        wrong=wrong,
    )


def _page_of(patient: Face) -> str:
    return reverse("person", args=[patient.ref.partition("/")[2]])


@require_http_methods(["GET", "HEAD", "POST"])
def record(request: Request) -> HttpResponse:
    """`/messages/record/?patient=…`: a call or a talk, with what was asked and what was answered."""
    common.staff_only(request)
    patient = _patient(request)
    place = f"{reverse('message_record')}?patient={patient.ref.partition('/')[2]}"
    if request.method != "POST":
        posted: Any = _draft(request, place, patient) or Posted(
            {"conversation": [request.GET.get("conversation", "")]}
        )
        return show(request, "conversations/record.html", _record(request, patient, place, posted))
    posted = request.POST
    at, wrong = _read(posted)
    if wrong:
        return show(
            request, "conversations/record.html", _record(request, patient, place, posted, wrong), status=422
        )
    try:
        sent = _write_down(request, patient, posted, at)
    except Refused as refused:
        common.keep_draft(request, place)
        page = _record(request, patient, place, posted, trouble=common.trouble(refused))
        return show(request, "conversations/record.html", page, status=refused.status)
    common.forget_draft(request, place)
    messages.success(request, _("Written down."))
    return common.to_conversation(sent.conversation)


def _write_down(request: Request, patient: Face, posted: Any, at: datetime | None) -> actions.Sent:
    questions = [" ".join(line.split()) for line in posted.get("questions", "").splitlines() if line.strip()]
    return actions.record_contact(
        request.door,
        once=once_token(posted.get("once", "")),
        patient=patient.ref,
        topic=posted.get("topic", ""),
        medium=posted["medium"],
        text=posted["text"],
        concerns=tuple(questions),
        answer=posted.get("answer", "").strip(),
        conversation=posted.get("conversation", ""),
        at=at,
    )


def _read(posted: Any) -> tuple[datetime | None, tuple[str, ...]]:
    """When it was, and what is missing."""
    wrong = list(_missing(posted, text=_("Write down what they said")))
    if posted.get("medium") not in ("phone", "in-person"):
        wrong.insert(0, _("Choose how you spoke"))
    if not posted.get("conversation") and not posted.get("topic"):
        wrong.append(_("Choose what it is about"))
    try:
        day = DayField(required=False).clean(posted.get("day", ""))
        clock = ClockField(required=False).clean(posted.get("at", ""))
    except ValidationError as bad:
        return None, (*wrong, *bad.messages)
    if not day and not clock:
        return None, tuple(wrong)
    here = timezone.localtime()
    local = datetime.combine(day or here.date(), clock or here.time(), site.current().zone)
    at = local.astimezone(UTC)
    if at > here:
        wrong.append(_("That time is still to come"))
    return at, tuple(wrong)


def _record(
    request: Request,
    patient: Face,
    place: str,
    posted: Any,
    wrong: tuple[str, ...] = (),
    trouble: Trouble | None = None,
) -> RecordPage:
    names = ("medium", "topic", "conversation", "text", "questions", "answer", "day", "at")
    return RecordPage(
        once=once_token(posted.get("once", "")),
        place=place,
        patient=patient,
        called=short(patient.name),
        back=_page_of(patient),
        topics=_topics(request, posted.get("topic", "")),
        doubts=asides.doubts(request.door, patient.ref, short(patient.name), "call"),
        conversations=reading.mine(request.door, patient=patient.ref, count=8)[0],
        values={name: posted.get(name, "") for name in names},
        trouble=trouble,
        wrong=wrong,
    )
