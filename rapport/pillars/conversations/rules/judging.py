"""May this concern be written so? The step that a write means, judged against the rules. Pure.

`step` gives the concern as it must become: what a writer over the API leaves out (the event, the new
due time, the watch of the clock) is filled in by the guard, so that nothing has a way around it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rapport.pillars.conversations.rules.clocks import Clocks
from rapport.pillars.conversations.rules.moves import FROM, REASONS, STAFF_REASONS, Step, take_step
from rapport.pillars.conversations.rules.raising import SLACK, whole
from rapport.pillars.conversations.rules.who import Who
from rapport.pillars.conversations.rules.words import broken
from rapport.pillars.conversations.shapes import concerns as shape
from rapport.pillars.conversations.shapes.codes import Resource, display_of
from rapport.pillars.conversations.shapes.concerns import ConcernTask, read_concern
from rapport.pillars.conversations.shapes.events import By, Event, events_of

#: Steps that no person takes: they follow from time, or from a message that was withdrawn.
OWN_STEPS = ("passed-on", "reminded", "silent", "answer-withdrawn")

#: What steps change; everything else of a concern stays as it was written.
_MOVING = frozenset(
    (
        "meta",
        "status",
        "businessStatus",
        "statusReason",
        "owner",
        "restriction",
        "output",
        "priority",
        "lastModified",
    )
)


def step(
    before: Mapping[str, Any], after: Mapping[str, Any], who: Who, at: datetime, clocks: Clocks
) -> Resource:
    """The concern as this write must leave it. Refused("rule") when it is no step that `who` may take."""
    was, becomes = read_concern(before), read_concern(after)
    whole(after, becomes)
    if who.rapport:
        return dict(after)
    _as_written(before, after, was, becomes)
    if who.importing:
        if {**before, "meta": 0} != {**after, "meta": 0}:
            raise broken("import")
        return dict(after)
    event = _new_event(before, after, who, at)
    code = _named(was, becomes, who, event)
    if not code:
        _nothing_moved(was, becomes, event)
        return shape.with_clock(after, was.clock)
    if event is not None and event.code != code:
        raise broken("happenings")
    taken = _step(code, was, after, who, at, event)
    permitted(taken, was, who, at)
    return _agreed(take_step(before, taken, clocks), was, becomes, after)


def _as_written(
    before: Mapping[str, Any], after: Mapping[str, Any], was: ConcernTask, becomes: ConcernTask
) -> None:
    moving = _MOVING | {"partOf"} if becomes.reason == "merged" and not was.reason else _MOVING
    for name in sorted((set(before) | set(after)) - moving):
        if before.get(name) != after.get(name):
            raise broken("as-written", kind="question", what=name)
    if was.due is not None and becomes.due is None:
        raise broken("clock")


def _new_event(before: Mapping[str, Any], after: Mapping[str, Any], who: Who, at: datetime) -> Event | None:
    """The one event that a write adds; what was written down before must still be there."""
    old, now = list(before.get("output") or ()), list(after.get("output") or ())
    if now[: len(old)] != old:
        raise broken("happenings")
    added = events_of({"output": now[len(old) :]})
    if not now[len(old) :]:
        return None
    if len(added) != 1 or added[0].by.ref not in who.names or abs(added[0].at - at) > SLACK:
        raise broken("happenings")
    return added[0]


def _named(was: ConcernTask, becomes: ConcernTask, who: Who, event: Event | None) -> str:
    """Which step a write means; "" when nothing moved."""
    if was.state != becomes.state:
        if becomes.state in ("answered", "heard", "closed", "reopened"):
            named = {"answered": "answered", "heard": "confirmed", "closed": "closed", "reopened": "not-yet"}
            code = named[becomes.state]
        else:
            code = _hands(was, becomes, who, event)
    elif event is not None and event.code == "answered":
        code = "answered"
    elif was.owner != becomes.owner or was.team != becomes.team:
        code = _hands(was, becomes, who, event)
    elif was.stat != becomes.stat:
        code = "urgent" if becomes.stat else "not-urgent"
    else:
        return ""
    if was.state not in FROM[code]:
        raise broken("one-step", what=f"from {was.state} to {becomes.state}")
    if was.stat != becomes.stat and code not in ("urgent", "not-urgent"):
        raise broken("one-step", what="two at once")
    return code


def _hands(was: ConcernTask, becomes: ConcernTask, who: Who, event: Event | None) -> str:
    if becomes.owner.startswith("Organization/"):
        return (
            "returned"
            if becomes.team == was.team and (not event or event.code == "returned")
            else "handed-over"
        )
    if event is not None and event.code in ("handed-over", "assigned"):
        return event.code
    if becomes.owner in who.positions:
        return "taken"
    return "handed-over" if was.named_owner else "assigned"


def _nothing_moved(was: ConcernTask, becomes: ConcernTask, event: Event | None) -> None:
    if event is not None:
        raise broken("happenings")
    if becomes.due != was.due or becomes.passed != was.passed:
        raise broken("clock")
    if (becomes.reason, becomes.reason_words) != (was.reason, was.reason_words):
        raise broken("as-written", kind="question", what="statusReason")


def _step(
    code: str, was: ConcernTask, after: Mapping[str, Any], who: Who, at: datetime, event: Event | None
) -> Step:
    """The step that a write means, in the words that it brought."""
    becomes = read_concern(after)
    ending = code == "closed"
    return Step(
        code,
        By(who.ref, who.name),
        event.at if event else at,
        words=becomes.reason_words if ending else event.words if event else "",
        to=(becomes.owner, display_of(after.get("owner"))),
        letter=event.letter if event else "",
        whose=(event.whose, event.whose_name) if event else ("", ""),
        reason=becomes.reason if ending else "",
        into=next((ref for ref in becomes.part_of if ref not in was.part_of), ""),
    )


def permitted(taken: Step, was: ConcernTask, who: Who, at: datetime) -> None:
    """Refused("rule") unless `who` may take this step with this concern."""
    speaks = who.speaks_for(was.patient, was.requester)
    if taken.code in ("confirmed", "not-yet"):
        if not speaks:
            raise broken("heard")
        return
    if taken.code == "closed":
        _closing(taken, was, who, speaks)
        return
    if taken.code in OWN_STEPS and not who.rapport:
        raise broken("one-step", what=f"{taken.code} is the clock's")
    if not who.staff and taken.code not in OWN_STEPS:
        raise broken("staff-only")
    if taken.code in ("taken", "answered") and taken.to[0] not in who.positions:
        raise broken("own-name")
    taken_away = taken.code == "taken" and was.named_owner not in ("", *who.positions, *was.passed)
    if (taken.code in ("handed-over", "assigned", "returned", "urgent", "not-urgent") or taken_away) and (
        not taken.words.strip() and not taken.whose[0]
    ):
        raise broken("why")
    if taken.whose[0] and not (taken.code == "taken" and taken.whose[0] == was.named_owner):
        raise broken("happenings")


def _closing(taken: Step, was: ConcernTask, who: Who, speaks: bool) -> None:
    if taken.reason not in REASONS:
        if not taken.reason:
            raise broken("reason")
        raise broken("reason-unknown", reason=taken.reason, known=", ".join(STAFF_REASONS))
    if taken.reason == "withdrawn":
        if not speaks:
            raise broken("own-question")
        if was.stat:
            raise broken("urgent-stays")
        return
    if not who.staff:
        raise broken("heard") if speaks else broken("staff-only")
    if taken.reason in STAFF_REASONS and taken.reason != "no-reply" and not taken.words.strip():
        raise broken("why")
    if taken.reason == "merged" and not taken.into:
        raise broken("merge")


def _agreed(expected: Resource, was: ConcernTask, becomes: ConcernTask, after: Mapping[str, Any]) -> Resource:
    """The expected concern, with the writer's `meta`; refused when the write says otherwise."""
    ought = read_concern(expected)
    if (becomes.state, becomes.owner, becomes.team) != (ought.state, ought.owner, ought.team):
        raise broken("one-step", what=f"from {was.state} to {becomes.state}")
    if becomes.passed not in (was.passed, ought.passed):
        raise broken("happenings")
    if (becomes.reason, becomes.part_of) != (ought.reason, ought.part_of):
        raise broken("reason")
    due, now = ought.due, becomes.due
    if now != was.due and not (due and now and abs(due - now) <= SLACK):
        raise broken("clock")
    found = {name: value for name, value in expected.items() if name != "meta"}
    found |= {"meta": after["meta"]} if after.get("meta") else {}
    return shape.with_clock(found, ought.clock)
