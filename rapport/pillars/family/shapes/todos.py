"""Something to do that family and team share, as a FHIR Task with an owner and a day. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapport.pillars.family.shapes.common import (
    KIND,
    Resource,
    Who,
    concept,
    instant,
    kind_of,
    moment,
    reference,
    who_of,
)

#: State -> Task.status. A promise of a conversation uses the same for open and done.
STATUS = {"open": "accepted", "done": "completed", "dropped": "cancelled"}


@dataclass(frozen=True, slots=True)
class ToDo:
    """The facts of something to do. talk: the conversation of a promise, "" for what is of this list."""

    rid: str
    state: str
    words: str
    patient: str
    by: Who
    owner: Who
    due: datetime | None
    talk: str = ""

    @property
    def ref(self) -> str:
        return f"Task/{self.rid}"


def is_todo(body: Mapping[str, Any] | None) -> bool:
    """Whether a resource is something to do of the shared list."""
    return kind_of(body) == "to-do"


def side(owner: Who) -> str:
    """Whose part it is: "patient", "family" or "team"."""
    rtype = owner[0].partition("/")[0]
    return {"Patient": "patient", "RelatedPerson": "family"}.get(rtype, "team")


def todo(
    rid: str, words: str, *, patient: str, by: Who, owner: Who, due: datetime | None, at: datetime
) -> Resource:
    """Something to do, not done yet."""
    period = {"restriction": {"period": {"end": instant(due)}}} if due else {}
    return {
        "resourceType": "Task",
        "id": rid,
        "status": STATUS["open"],
        "intent": "plan",
        "code": concept(KIND, "to-do"),
        "description": words,
        "for": {"reference": patient},
        "authoredOn": instant(at),
        "lastModified": instant(at),
        "requester": reference(by),
        "owner": reference(owner),
        **period,
    }


def moved(body: Resource, state: str, at: datetime) -> Resource:
    """It is open, done, or dropped."""
    return {**body, "status": STATUS[state], "lastModified": instant(at)}


def read_todo(body: Mapping[str, Any]) -> ToDo:
    """The facts of something to do, or of a promise."""
    states = {status: state for state, status in STATUS.items()}
    place = next(iter(body.get("basedOn") or ()), None)
    return ToDo(
        rid=str(body.get("id", "")),
        state=states.get(str(body.get("status")), ""),
        words=str(body.get("description", "")),
        patient=who_of(body.get("for"))[0],
        by=who_of(body.get("requester")),
        owner=who_of(body.get("owner")),
        due=moment(((body.get("restriction") or {}).get("period") or {}).get("end")),
        talk=who_of(place)[0].partition("/")[2],
    )
