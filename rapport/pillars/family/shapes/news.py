"""A short update by the team for the family, as a FHIR Communication. Pure.

It names no recipient: who reads it is whoever the patient lets into updates at that moment.
"""

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

#: State -> Communication.status.
STATUS = {"sent": "completed", "withdrawn": "entered-in-error"}


@dataclass(frozen=True, slots=True)
class Update:
    """The facts of an update."""

    rid: str
    state: str
    words: str
    patient: str
    by: Who
    at: datetime | None

    @property
    def ref(self) -> str:
        return f"Communication/{self.rid}"


def is_update(body: Mapping[str, Any] | None) -> bool:
    """Whether a resource is an update for the family."""
    return kind_of(body) == "update"


def update(rid: str, words: str, *, patient: str, by: Who, at: datetime) -> Resource:
    """An update that was just written."""
    return {
        "resourceType": "Communication",
        "id": rid,
        "status": STATUS["sent"],
        "category": [concept(KIND, "update")],
        "subject": {"reference": patient},
        "sender": reference(by),
        "sent": instant(at),
        "payload": [{"contentString": words}],
    }


def withdrawn(body: Resource) -> Resource:
    """Taken back, visibly; the first version is kept."""
    return {**body, "status": STATUS["withdrawn"]}


def read_update(body: Mapping[str, Any]) -> Update:
    """The facts of an update."""
    states = {status: state for state, status in STATUS.items()}
    payload = next(iter(body.get("payload") or ()), None) or {}
    return Update(
        rid=str(body.get("id", "")),
        state=states.get(str(body.get("status")), ""),
        words=str(payload.get("contentString", "")),
        patient=who_of(body.get("subject"))[0],
        by=who_of(body.get("sender")),
        at=moment(body.get("sent")),
    )
