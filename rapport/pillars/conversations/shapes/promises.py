"""Promises, and notices that could not be delivered, as FHIR Tasks: build and read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapport.pillars.conversations.shapes.codes import (
    CLOCK,
    INBOX,
    INPUT,
    KIND,
    LABEL,
    REASON_LOST,
    RUNNING,
    STAFF_ONLY,
    Resource,
    concept,
    display_of,
    instant,
    moment,
    ref_of,
    reference,
    refs_of,
)
from rapport.pillars.conversations.shapes.concerns import due_of, with_clock
from rapport.pillars.conversations.shapes.events import By, Event, events_of, with_event

#: State of a promise -> Task.status.
PROMISED = {"open": "accepted", "kept": "completed", "broken": "failed"}


@dataclass(frozen=True, slots=True)
class PromiseTask:
    """The facts of a promise: `owner` keeps it, `requester` wrote it down, `patient` it concerns.

    maker  who gave it: the owner, or who was it before they left, as (reference, name)
    """

    rid: str
    state: str
    words: str
    patient: str
    conversation: str
    owner: str
    owner_name: str
    maker: tuple[str, str]
    requester: str
    made: datetime | None
    due: datetime | None
    events: tuple[Event, ...]

    def last(self, *codes: str) -> Event | None:
        """The newest event of one of these codes."""
        return next((event for event in reversed(self.events) if event.code in codes), None)


def promise(
    rid: str,
    *,
    conversation: str,
    patient: str,
    owner: tuple[str, str],
    requester: tuple[str, str],
    words: str,
    due: datetime,
    at: datetime,
) -> Resource:
    """A promise just made; owner and requester as (reference, name)."""
    return {
        "resourceType": "Task",
        "id": rid,
        "meta": {"tag": [{"system": CLOCK, "code": RUNNING}]},
        "basedOn": [reference(conversation)],
        "status": PROMISED["open"],
        "intent": "plan",
        "code": concept(KIND, "promise"),
        "description": words,
        "for": reference(patient),
        "authoredOn": instant(at),
        "lastModified": instant(at),
        "requester": reference(*requester),
        "owner": reference(*owner),
        "restriction": {"period": {"end": instant(due)}},
    }


def read_promise(task: Mapping[str, Any]) -> PromiseTask:
    """The facts of a promise's Task."""
    states = {status: state for state, status in PROMISED.items()}
    owner, events = (ref_of(task.get("owner")), display_of(task.get("owner"))), events_of(task)
    return PromiseTask(
        rid=str(task.get("id", "")),
        state=states.get(str(task.get("status")), "open"),
        words=str(task.get("description", "")),
        patient=ref_of(task.get("for")),
        conversation=next(iter(refs_of(task.get("basedOn"))), ""),
        owner=owner[0],
        owner_name=owner[1],
        maker=next(((one.whose, one.whose_name) for one in events if one.whose), owner),
        requester=ref_of(task.get("requester")),
        made=moment(task.get("authoredOn")),
        due=due_of(task),
        events=events,
    )


def returned(task: Mapping[str, Any], *, team: tuple[str, str], by: By, at: datetime) -> Resource:
    """Who gave it left: the team keeps it now."""
    was = task.get("owner") or {}
    event = Event("returned", by, at, whose=ref_of(was), whose_name=display_of(was))
    return with_event({**task, "owner": reference(*team)}, event)


def ended(task: Mapping[str, Any], *, kept: bool, by: By, at: datetime, words: str = "") -> Resource:
    """The promise kept, or not kept and why."""
    state = "kept" if kept else "broken"
    found = {**task, "status": PROMISED[state]}
    if words and not kept:
        found["statusReason"] = {"text": words}
    return with_clock(with_event(found, Event(state, by, at, words)), False)


#: Why a notice did not arrive -> what the record says of it.
LOST = {
    "no-account": "They have no account here.",
    "no-address": "They have no e-mail address that we know to be theirs.",
    "failed": "The e-mail could not be delivered.",
}


def undelivered(
    rid: str, *, patient: str, conversation: str, team: str, to: tuple[str, str], why: str, at: datetime
) -> Resource:
    """A staff task: a notice `to` someone did not arrive, so the team must reach them in another way.

    why  a key of `LOST`
    """
    words = LOST.get(why, "")
    found: Resource = {
        "resourceType": "Task",
        "id": rid,
        "meta": {
            "security": [{"system": LABEL, "code": STAFF_ONLY}],
            "tag": [{"system": INBOX, "code": f"{team}/undelivered"}],
        },
        "status": "requested",
        "intent": "order",
        "priority": "urgent",
        "code": concept(KIND, "undelivered"),
        "description": f"A notice to {to[1] or 'someone'} did not arrive. {words}".strip(),
        "for": reference(patient),
        "authoredOn": instant(at),
        "lastModified": instant(at),
        "owner": reference(team),
        "restriction": {"recipient": [reference(team)]},
        "reasonCode": {"coding": [{"system": REASON_LOST, "code": why}], "text": words or why},
        "input": [{"type": concept(INPUT, "to"), "valueReference": reference(*to)}],
    }
    if conversation:
        found["basedOn"] = [reference(conversation)]
    return found


def settled(task: Mapping[str, Any], *, by: By, at: datetime, words: str) -> Resource:
    """The staff task done: how the person was reached."""
    meta = {name: value for name, value in (task.get("meta") or {}).items() if name != "tag"}
    return with_event({**task, "status": "completed", "meta": meta}, Event("settled", by, at, words))
