"""The steps of a concern: each takes the Task as it is and gives the Task as it becomes. Pure.

A step that its state does not allow raises Refused("rule"). Who may take which step is judged in
`judging`; every writer's step, whether by a page or over the API, ends as one of these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from rapport.pillars.conversations.rules.clocks import Clocks, reminders
from rapport.pillars.conversations.rules.words import broken
from rapport.pillars.conversations.shapes import concerns as shape
from rapport.pillars.conversations.shapes.codes import (
    INPUT,
    Resource,
    concept,
    display_of,
    instant,
    reference,
)
from rapport.pillars.conversations.shapes.concerns import ConcernTask, read_concern
from rapport.pillars.conversations.shapes.events import By, Event, with_event

#: Reasons for closing that staff choose from -> what they say.
STAFF_REASONS = {
    "told-us": "They told us that this answers it, by phone or in person",
    "asked-us": "They asked us to close it",
    "elsewhere": "It was solved somewhere else",
    "no-reply": "No reply from them",
    "mistake": "It was written down by mistake",
    "other": "Another reason",
}
#: Every reason that a closed concern can carry.
REASONS = {
    **STAFF_REASONS,
    "withdrawn": "They took it back",
    "split": "Made into separate questions",
    "merged": "Put together with another question",
}

#: Step -> the states from which it may be taken.
FROM = {
    "taken": ("raised", "accepted", "reopened", "answered"),
    "handed-over": ("raised", "accepted", "reopened", "answered"),
    "assigned": ("raised", "accepted", "reopened", "answered"),
    "returned": ("raised", "accepted", "reopened", "answered"),
    "passed-on": ("raised", "accepted", "reopened"),
    "answered": ("raised", "accepted", "reopened", "answered"),
    "confirmed": ("answered", "reopened"),
    "not-yet": ("answered", "heard", "closed"),
    "answer-withdrawn": ("answered",),
    "closed": ("raised", "accepted", "reopened", "answered"),
    "reminded": ("answered",),
    "silent": ("answered",),
    "urgent": ("raised", "accepted", "reopened", "answered"),
    "not-urgent": ("raised", "accepted", "reopened", "answered"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """A step to take.

    to      whom it goes to, as (position or team, name); for `taken` and `answered` the position of who acts
    words   the reason, or what was said
    letter  the message that answers it
    whose   who had it, as (position or person, name): see `shapes.events.Event`
    reason  code of `REASONS`, for `closed`
    into    the concern it is merged into, for the reason `merged`
    """

    code: str
    by: By
    at: datetime
    words: str = ""
    to: tuple[str, str] = ("", "")
    letter: str = ""
    whose: tuple[str, str] = ("", "")
    reason: str = ""
    into: str = ""


def take_step(task: Mapping[str, Any], step: Step, clocks: Clocks) -> Resource:
    """The concern after a step. Refused("rule") when its state does not allow it."""
    now = read_concern(task)
    if now.state not in FROM[step.code]:
        raise broken("one-step", what=f"{step.code} from {now.state or 'no state'}")
    moved = _STEPS[step.code](dict(task), now, step, clocks)
    event = Event(step.code, step.by, step.at, step.words, whose=step.whose[0], whose_name=step.whose[1])
    if step.code in ("handed-over", "assigned", "passed-on"):
        event = replace(event, to=step.to[0], to_name=step.to[1])
    if step.code == "answered":
        event = replace(event, letter=step.letter)
    return shape.marked(with_event(moved, event))


def _fresh(task: Resource, now: ConcernTask, owner: tuple[str, str], team: str = "") -> Resource:
    """In new hands: whoever it was passed on to before is asked no longer, and its clock is watched."""
    task = shape.with_owner(task, *owner)
    return shape.with_clock(shape.with_recipients(task, team or now.team), True)


def _taken(task: Resource, now: ConcernTask, step: Step, clocks: Clocks) -> Resource:
    task = _fresh(task, now, step.to)
    if now.state != "raised":
        return task
    return shape.with_due(shape.with_state(task, "accepted"), clocks.promised(now))


def _given(task: Resource, now: ConcernTask, step: Step, clocks: Clocks) -> Resource:
    if step.to[0].startswith("Organization/"):
        return _to_team(task, now, step.to, clocks, step.at)
    return _taken(task, now, step, clocks)


def _returned(task: Resource, now: ConcernTask, step: Step, clocks: Clocks) -> Resource:
    return _to_team(task, now, (now.team, ""), clocks, step.at)


def _to_team(
    task: Resource, now: ConcernTask, team: tuple[str, str], clocks: Clocks, at: datetime
) -> Resource:
    task = _fresh(task, now, team, team[0])
    if now.state not in ("raised", "accepted"):
        return task
    return shape.with_due(shape.with_state(task, "raised"), clocks.given_back(now, at))


def _passed_on(task: Resource, now: ConcernTask, step: Step, clocks: Clocks) -> Resource:
    task = shape.with_recipients(task, now.team, (*now.passed, step.to[0]))
    return shape.with_owner(task, *step.to) if now.named_owner else task


def _answered(task: Resource, now: ConcernTask, step: Step, clocks: Clocks) -> Resource:
    task = shape.with_state(_fresh(task, now, step.to), "answered")
    return shape.with_due(task, clocks.after_answer(step.at, 0))


def _confirmed(task: Resource, now: ConcernTask, step: Step, clocks: Clocks) -> Resource:
    if now.last("answered") is None:
        raise broken("answered-first")
    return shape.with_clock(shape.with_state(task, "heard"), False)


def _not_yet(task: Resource, now: ConcernTask, step: Step, clocks: Clocks) -> Resource:
    if now.reason in ("split", "merged"):
        raise broken("one-step", what="not-yet on a question that goes on as another")
    task = shape.with_state(_fresh(task, now, _holder(task, now)), "reopened")
    return shape.with_due(task, clocks.reopened(step.at))


def _holder(task: Resource, now: ConcernTask) -> tuple[str, str]:
    return now.owner or now.team, display_of(task.get("owner"))


def _answer_withdrawn(task: Resource, now: ConcernTask, step: Step, clocks: Clocks) -> Resource:
    task = shape.with_state(
        _fresh(task, now, _holder(task, now)), "accepted" if now.named_owner else "raised"
    )
    return shape.with_due(task, clocks.promised(now))


def _closed(task: Resource, now: ConcernTask, step: Step, clocks: Clocks) -> Resource:
    if step.reason not in REASONS:
        raise broken("reason-unknown", reason=step.reason, known=", ".join(STAFF_REASONS))
    if step.reason == "no-reply" and not clocks.may_close_unanswered(now, step.at):
        raise broken("no-reply", reminders=len(clocks.reminder_days), days=clocks.no_reply_days)
    if step.into:
        task = {**task, "partOf": [*(task.get("partOf") or ()), reference(step.into)]}
    task = shape.with_clock(shape.with_state(task, "closed"), False)
    return shape.with_reason(task, step.reason, step.words)


def _reminded(task: Resource, now: ConcernTask, step: Step, clocks: Clocks) -> Resource:
    answered = now.last("answered")
    if answered is None or not now.clock or reminders(now) >= len(clocks.reminder_days):
        raise broken("one-step", what="one more reminder")
    return shape.with_due(task, clocks.after_answer(answered.at, reminders(now) + 1))


def _silent(task: Resource, now: ConcernTask, step: Step, clocks: Clocks) -> Resource:
    return shape.with_clock(task, False)


def _urgent(task: Resource, now: ConcernTask, step: Step, clocks: Clocks) -> Resource:
    return {**task, "priority": "stat" if step.code == "urgent" else "routine"}


_STEPS: dict[str, Callable[[Resource, ConcernTask, Step, Clocks], Resource]] = {
    "taken": _taken,
    "handed-over": _given,
    "assigned": _given,
    "returned": _returned,
    "passed-on": _passed_on,
    "answered": _answered,
    "confirmed": _confirmed,
    "not-yet": _not_yet,
    "answer-withdrawn": _answer_withdrawn,
    "closed": _closed,
    "reminded": _reminded,
    "silent": _silent,
    "urgent": _urgent,
    "not-urgent": _urgent,
}


def part_of(
    task: Mapping[str, Any], rid: str, words: str, by: By, at: datetime, *, number: int = 0
) -> Resource:
    """One part of a concern that is split: its own words, else the same owner, state and clock.

    number  its place among the parts: each is a millisecond younger, so that they keep their order
    """
    whole = read_concern(task)
    if whole.state not in ("raised", "accepted", "reopened"):
        raise broken("parts")
    part = {
        name: value
        for name, value in task.items()
        if name not in ("meta", "output", "partOf", "statusReason")
    }
    labels = (task.get("meta") or {}).get("security")
    part |= {"meta": {"security": labels}} if labels else {}
    raised = whole.raised + timedelta(milliseconds=number)
    part |= {"id": rid, "partOf": [reference(whole.ref)], "authoredOn": instant(raised)}
    part["input"] = [
        {"type": {"text": "words"}, "valueString": words},
        *([_answer_by(whole.answer_by)] if whole.answer_by else []),
    ]
    return with_event(shape.with_clock(part, True), Event("split", by, at))


def _answer_by(at: datetime) -> Resource:
    return {"type": concept(INPUT, "answer-by"), "valueDateTime": instant(at)}
