"""A need in daily life as a FHIR Task: what, when, how long, in own words, and who comes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapport.pillars.family.shapes.common import (
    KIND,
    Resource,
    Who,
    codes_in,
    concept,
    instant,
    kind_of,
    moment,
    reference,
    who_of,
)

WHAT = "urn:rapport:help"
#: What can be needed.
WHATS = ("ride", "meal", "company", "other")
#: State of a need -> Task.status. What lies in the past says so by its time.
STATUS = {"open": "requested", "claimed": "accepted", "withdrawn": "cancelled"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody needs: a code of `WHATS`, own words, from when to when."""

    what: str
    words: str
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Need:
    """The facts of a need. `comes`: who has taken it, ("", "") for nobody yet."""

    rid: str
    state: str
    what: str
    words: str
    patient: str
    by: Who
    comes: Who
    begins: datetime | None
    ends: datetime | None

    @property
    def ref(self) -> str:
        return f"Task/{self.rid}"


def is_need(body: Mapping[str, Any] | None) -> bool:
    """Whether a resource is a need of the help calendar."""
    return kind_of(body) == "help"


def need(rid: str, asked: Asked, *, patient: str, by: Who, at: datetime) -> Resource:
    """A need that nobody has taken yet."""
    code = {"coding": [*concept(KIND, "help")["coding"], *concept(WHAT, asked.what)["coding"]]}
    return {
        "resourceType": "Task",
        "id": rid,
        "status": STATUS["open"],
        "intent": "plan",
        "code": code,
        "description": asked.words,
        "for": {"reference": patient},
        "authoredOn": instant(at),
        "lastModified": instant(at),
        "requester": reference(by),
        "restriction": {"period": {"start": instant(asked.begins), "end": instant(asked.ends)}},
    }


def taken(body: Resource, by: Who, at: datetime) -> Resource:
    """Somebody comes."""
    return {**body, "status": STATUS["claimed"], "owner": reference(by), "lastModified": instant(at)}


def given_back(body: Resource, at: datetime) -> Resource:
    """Nobody comes any more: it is open again."""
    kept = {name: value for name, value in body.items() if name != "owner"}
    return {**kept, "status": STATUS["open"], "lastModified": instant(at)}


def withdrawn(body: Resource, at: datetime) -> Resource:
    """It is not needed any more."""
    return {**body, "status": STATUS["withdrawn"], "lastModified": instant(at)}


def read_need(body: Mapping[str, Any]) -> Need:
    """The facts of a need's Task."""
    states = {status: state for state, status in STATUS.items()}
    period = (body.get("restriction") or {}).get("period") or {}
    return Need(
        rid=str(body.get("id", "")),
        state=states.get(str(body.get("status")), ""),
        what=next(iter(codes_in(body.get("code"), WHAT)), ""),
        words=str(body.get("description", "")),
        patient=who_of(body.get("for"))[0],
        by=who_of(body.get("requester")),
        comes=who_of(body.get("owner")),
        begins=moment(period.get("start")),
        ends=moment(period.get("end")),
    )
