"""May this concern be raised so? What makes one whole, and the clocks that it gets. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from rapport.pillars.conversations.rules.clocks import Clocks
from rapport.pillars.conversations.rules.who import Who
from rapport.pillars.conversations.rules.words import broken
from rapport.pillars.conversations.shapes import concerns as shape
from rapport.pillars.conversations.shapes.codes import STATUS, Resource, refs_of
from rapport.pillars.conversations.shapes.concerns import ConcernTask, read_concern

#: How far a writer's clock may be from ours.
SLACK = timedelta(minutes=10)
LONGEST_WORDS = 4000


def new(task: Mapping[str, Any], who: Who, at: datetime, clocks: Clocks) -> Resource:
    """A new concern as it must be stored. Refused("rule") when it is not one."""
    concern = read_concern(task)
    whole(task, concern)
    if who.importing:
        return _imported(task, concern, at, clocks)
    if who.rapport:
        return dict(task)
    if concern.part_of:
        _part(concern, who, at)
        return shape.with_clock(task, True)
    if concern.state != "raised" or concern.owner != concern.team or concern.events or concern.passed:
        raise broken("one-step", what="a new question is raised, in the hands of its team")
    if concern.requester not in who.names and who.kind not in ("staff", "client"):
        raise broken("asked-in-letter")
    if concern.stat and who.kind not in ("staff", "client"):
        raise broken("staff-only")
    if abs(at - concern.raised) > SLACK:
        raise broken("now")
    for given, latest in ((concern.due, clocks.take_by(at)), (concern.answer_by, clocks.answer_by(at))):
        if given is not None and not at - SLACK < given <= latest + SLACK:
            raise broken("clock")
    return _clocked(task, concern, clocks)


def _part(concern: ConcernTask, who: Who, at: datetime) -> None:
    """A part of a concern that staff split; the guard compares it with the whole."""
    for event in concern.events:
        if event.code != "split" or event.by.ref not in who.names or abs(event.at - at) > SLACK:
            raise broken("happenings")
    if not who.staff or not concern.is_open or not concern.clock:
        raise broken("parts")


def _clocked(task: Mapping[str, Any], concern: ConcernTask, clocks: Clocks) -> Resource:
    """With the clocks that it lacks."""
    found = dict(task)
    if concern.answer_by is None:
        found = shape.with_answer_by(found, clocks.answer_by(concern.raised))
    if concern.due is None:
        found = shape.with_due(found, clocks.take_by(concern.raised))
    return shape.with_clock(found, True)


def _imported(task: Mapping[str, Any], concern: ConcernTask, at: datetime, clocks: Clocks) -> Resource:
    """History from elsewhere: ended concerns as they are; an open one gets our clock, never a longer one."""
    if any(moment > at + SLACK for moment in (concern.raised, *(event.at for event in concern.events))):
        raise broken("import")
    if not concern.is_open:
        if concern.state == "closed" and not concern.reason:
            raise broken("reason")
        return shape.with_clock(task, False)
    latest = clocks.after_answer(at, 99) if concern.state == "answered" else clocks.answer_by(at)
    if concern.due is not None and concern.due > latest + SLACK:
        raise broken("import")
    found = dict(task) if concern.answer_by else shape.with_answer_by(task, clocks.answer_by(at))
    if concern.due is None:
        found = shape.with_due(found, clocks.take_by(at) if concern.state == "raised" else latest)
    return shape.with_clock(found, True)


def whole(task: Mapping[str, Any], concern: ConcernTask) -> None:
    """Refused("rule") unless everything that makes a concern is there."""
    lacks = next((what for what, there in _parts(task, concern) if not there), "")
    if lacks:
        raise broken("shape", kind="question", what=lacks)


def _of_patient(ref: str) -> bool:
    """Whoever asks may say that it is answered, so nobody who works here ever asks."""
    return ref.startswith(("Patient/", "RelatedPerson/"))


def _parts(task: Mapping[str, Any], concern: ConcernTask) -> list[tuple[str, bool]]:
    recipients = refs_of((task.get("restriction") or {}).get("recipient"))
    return [
        ("its state must be in businessStatus", bool(concern.state)),
        ("status and businessStatus must agree", STATUS.get(concern.state) == task.get("status")),
        ("`for` names the patient", concern.patient.startswith("Patient/")),
        (
            "`basedOn` names its one conversation",
            len(task.get("basedOn") or ()) == 1 and bool(concern.conversation),
        ),
        ("`focus` names the letter it is in", concern.letter.startswith("Communication/")),
        (
            "`requester` names who asked: the patient, or someone of the circle",
            _of_patient(concern.requester),
        ),
        ("`input` of type “words” holds the words", bool(concern.words.strip())),
        (f"its words are longer than {LONGEST_WORDS} letters", len(concern.words) <= LONGEST_WORDS),
        ("`priority` is routine or stat", concern.priority in ("routine", "stat")),
        (
            "`restriction.recipient` names one team first",
            bool(concern.team) and recipients[0] == concern.team,
        ),
        (
            "`restriction.recipient` names one team",
            sum(ref.startswith("Organization/") for ref in recipients) == 1,
        ),
        ("`owner` is a team or a position", concern.owner.startswith(("Organization/", "PractitionerRole/"))),
    ]
