"""One conversation, as the patient reads it and as the team does."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from rapport.gate.door import Door
from rapport.gate.live import about
from rapport.gate.permissions import CREATE
from rapport.gate.together import together
from rapport.people import asides, chart, live, portrait, site
from rapport.people.alarms import Help
from rapport.people.request import Request, once_token
from rapport.pillars.conversations import actions, reading
from rapport.pillars.conversations.contexts import (
    StaffTalkPage,
    TalkPage,
    Trouble,
    asks,
    letter_lines,
    question_lines,
)
from rapport.pillars.conversations.contexts.coaching import CoachLine
from rapport.pillars.conversations.contexts.hearing import (
    alert_words,
    circle_of,
    help_now,
    last_dangerous,
    unmet,
)
from rapport.pillars.conversations.contexts.talking import (
    FEW,
    FOLDED,
    RecordLine,
    changeable,
    opened_by,
    people,
    promise_lines,
    record_lines,
)
from rapport.pillars.conversations.pages import common
from rapport.pillars.conversations.reading import ConversationView
from rapport.pillars.conversations.reading.talk import LETTERS
from rapport.pillars.conversations.shapes.codes import ref_of
from rapport.pillars.conversations.shapes.letters import read_message
from rapport.ui.show import show


@require_POST
def opened(request: Request, rid: str) -> HttpResponse:
    """`/messages/<rid>/opened/`: letters that came in while the page was open were seen on the screen."""
    shown_now = {f"Communication/{letter}" for letter in request.POST.getlist("letter")[:LETTERS]}
    found = request.door.many(shown_now).values()
    here = [
        record.rid for record in found if read_message(record.json).conversation == f"Communication/{rid}"
    ]
    actions.mark_opened(request.door, here)
    return HttpResponse(status=204)


@require_safe
def conversation(request: Request, rid: str) -> HttpResponse:
    """`/messages/<rid>/`"""
    return shown(request, rid)


def shown(
    request: Request,
    rid: str,
    *,
    trouble: Trouble | None = None,
    status: int = 200,
    posted: Any = None,
    stop: tuple[CoachLine, ...] = (),
) -> HttpResponse:
    """The conversation; after a refusal with what went wrong on top and the words still in their box."""
    header = request.door.read("Communication", rid)
    topics = about(request.actor, ref_of(header.json.get("subject")), header.ref)
    watched = live.watch(request, topics)
    view = reading.conversation(request.door, rid, before=request.GET.get("before", ""))
    if not common.is_script(request):
        stirred = actions.mark_opened(request.door, [letter.rid for letter in view.letters if letter.new])
        view = opened_by(request.actor, view, timezone.now())
        watched = live.beyond(watched, len(stirred.intersection(topics)))
    if view.staff:
        page = _staff_page(request, view, watched, trouble, posted, stop)
        return show(request, "conversations/talk_staff.html", page, status=status)
    own = _patient_page(request, view, watched, trouble)
    return show(request, "conversations/talk.html", own, status=status)


def _help(request: Request, view: ConversationView) -> Help | None:
    """Help for who looks, when their last words speak of danger; who is on call is told, or nobody is."""
    found = last_dangerous(view, timezone.now()) if site.current().alerts.mode != "off" else None
    if found is None:
        return None
    letter, heard = found
    on_call = reading.on_call(request.door, letter.sent)
    return help_now(heard, sent=True, on_call=on_call, others=circle_of(view))


def _patient_page(
    request: Request, view: ConversationView, watched: tuple[str, str], trouble: Trouble | None
) -> TalkPage:
    waiting = asks(view)
    return TalkPage(
        view=view,
        people=people(view.faces),
        may_write=request.actor.kind == "patient"
        or request.door.decide(CREATE, "Communication", view.rid).allowed,
        may_hide=_has_circle(request),
        asks=waiting,
        questions=question_lines(view),
        changes=changeable(view),
        urgent=any(concern.stat and concern.is_open for concern in view.concerns),
        help=_help(request, view),
        letters=letter_lines(view, [ask.letter.rid for ask in waiting if ask.letter]),
        promises=promise_lines(view.promises, staff=False),
        called=portrait.short(view.patient.name),
        once=once_token(),
        trouble=trouble,
        wrong=(),
        live=watched[0],
        live_state=watched[1],
    )


def _has_circle(request: Request) -> bool:
    """Whether there is anybody from whom the reader, a patient, can keep a letter."""
    query = [("patient", request.actor.ref), ("active", "true"), ("_count", "1")]
    return request.actor.kind == "patient" and bool(request.door.search("RelatedPerson", query).matches)


def _staff_page(
    request: Request,
    view: ConversationView,
    watched: tuple[str, str],
    trouble: Trouble | None,
    posted: Any,
    stop: tuple[CoachLine, ...] = (),
) -> StaffTalkPage:
    lines = question_lines(view)
    answerable = tuple(line for line in lines if "answer" in line.concern.may)
    draft = None if posted is not None else common.draft_of(request, f"{request.path}answer/")
    said = posted if posted is not None else draft
    if said is not None and "concern" in said:
        chosen = tuple(said.getlist("concern"))
    elif wanted := request.GET.get("concern"):
        chosen = (wanted,)
    else:
        mine = [line.concern.rid for line in answerable if line.mine]
        chosen = tuple(mine or [line.concern.rid for line in answerable if len(answerable) == 1])
    record = request.door.find("Patient", view.patient.ref.partition("/")[2])
    others = [face for face in view.faces if face.kind == "kin"]
    called = portrait.short(view.patient.name)
    record_lists, spoken, paper = _record(request.door, view.patient.ref, called)
    return StaffTalkPage(
        view=view,
        person=portrait.person(record.json, timezone.localdate()) if record else None,
        record=record_lists,
        spoken=spoken,
        called=called,
        others=_("%(people)s reads this too.") % {"people": people(others)} if others else "",
        questions=lines,
        letters=letter_lines(view),
        promises=promise_lines(view.promises, staff=True),
        answerable=answerable,
        chosen=chosen,
        text=said.get("text", "") if said is not None else "",
        paper=paper,
        on_paper=common.on_paper(paper, said),
        once=once_token(posted.get("once", "") if posted is not None else ""),
        seen=view.letters[-1].rid if view.letters else "",
        alerts=tuple((one, alert_words(one.level)) for one in view.alerts),
        heard="\n\n".join(letter.text for letter in unmet(view)),
        stop=stop,
        drafts=bool(site.current().drafting.address) and bool(unmet(view)),
        drafted=said is not None and "drafted" in said,
        draft=draft is not None,
        lost_files=bool(request.FILES),
        trouble=trouble,
        wrong=(),
        live=watched[0],
        live_state=watched[1],
    )


def _record(
    door: Door, patient: str, called: str
) -> tuple[tuple[RecordLine, ...], asides.Said, asides.Paper | None]:
    """What is active in the record and helps the answer, how to talk with them, why they may want paper;
    nothing of what is not shared."""
    if not door.reaches(patient):
        return (), (), None
    most = FEW + FOLDED
    with together(door) as later:
        lists = {name: later(chart.lines, patient, name, most, active=True) for name in chart.LISTS}
        told = [later(read, patient) for read in asides.reads()]
        paper = asides.paper_later(later, patient, called)
    record = record_lines({name: answer.value[0] for name, answer in lists.items()})
    return record, tuple(line for answer in told for line in answer.value), paper()
