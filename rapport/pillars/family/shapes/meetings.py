"""A family meeting as FHIR: its header, what each brings, its time, its summary. Pure.

The header (Communication) says what it is about and who is asked to it; what is said refers to it (`partOf`).
The Appointment says when. The summary names who of the circle reads it (`recipient`), and only mentions its
meeting (`about`), so that being asked to the meeting opens no summary.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapport.fhir.labels import is_private
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

#: State of a meeting -> Communication.status, Appointment.status.
STATUS = {
    "planned": ("preparation", "booked"),
    "held": ("completed", "fulfilled"),
    "off": ("not-done", "cancelled"),
}
KINDS = frozenset({"meeting", "agenda", "summary"})


@dataclass(frozen=True, slots=True)
class Meeting:
    """The facts of a meeting's header. guests: who is asked to it besides the patient."""

    rid: str
    state: str
    about: str
    patient: str
    by: Who
    guests: tuple[Who, ...]

    @property
    def ref(self) -> str:
        return f"Communication/{self.rid}"


@dataclass(frozen=True, slots=True)
class Point:
    """What somebody wants to speak about."""

    rid: str
    words: str
    meeting: str
    patient: str
    by: Who
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of a meeting. tasks: references of what is to be done; readers: of the circle.

    kept  the patient keeps it from the circle, from its readers too
    """

    rid: str
    words: str
    decisions: tuple[str, ...]
    meeting: str
    patient: str
    tasks: tuple[str, ...]
    readers: tuple[Who, ...]
    by: Who
    at: datetime | None
    kept: bool = False

    @property
    def ref(self) -> str:
        return f"Communication/{self.rid}"


def is_meeting(body: Mapping[str, Any] | None) -> bool:
    """Whether a resource is a meeting, what somebody brings to one, or its summary."""
    return kind_of(body) in KINDS


def meeting(rid: str, about: str, *, patient: str, by: Who, guests: Iterable[Who]) -> Resource:
    """The header of a meeting that is planned."""
    return {
        "resourceType": "Communication",
        "id": rid,
        "status": STATUS["planned"][0],
        "category": [concept(KIND, "meeting")],
        "subject": {"reference": patient},
        "topic": {"text": about},
        "sender": reference(by),
        "recipient": [reference(who) for who in guests],
    }


def appointment(
    rid: str, called: str, *, people: Iterable[Who], begins: datetime, ends: datetime
) -> Resource:
    """When a meeting is; the header's id is its own.

    It is shared with the patient's visits, so it says neither what the meeting is about nor who of the circle
    is asked to it. people: the patient and the staff.
    """
    return {
        "resourceType": "Appointment",
        "id": rid,
        "status": STATUS["planned"][1],
        "description": called,
        "supportingInformation": [{"reference": f"Communication/{rid}"}],
        "start": instant(begins),
        "end": instant(ends),
        "minutesDuration": int((ends - begins).total_seconds() // 60),
        "participant": [{"actor": reference(who), "status": "needs-action"} for who in people],
    }


def moved(body: Resource, state: str) -> Resource:
    """A header or an Appointment in another state."""
    return {**body, "status": STATUS[state][0 if body["resourceType"] == "Communication" else 1]}


def point(rid: str, words: str, *, meeting: str, patient: str, by: Who, at: datetime) -> Resource:
    """What somebody brings to a meeting (`Communication/…`)."""
    return {
        "resourceType": "Communication",
        "id": rid,
        "status": "completed",
        "category": [concept(KIND, "agenda")],
        "partOf": [{"reference": meeting}],
        "subject": {"reference": patient},
        "sender": reference(by),
        "sent": instant(at),
        "payload": [{"contentString": words}],
    }


def summary(rid: str, said: Summary) -> Resource:
    """What came of a meeting, in plain words, then each decision."""
    readers = {"recipient": [reference(who) for who in said.readers]} if said.readers else {}
    assert said.at is not None
    return {
        "resourceType": "Communication",
        "id": rid,
        "status": "completed",
        "category": [concept(KIND, "summary")],
        "about": [{"reference": ref} for ref in (said.meeting, *said.tasks)],
        "subject": {"reference": said.patient},
        "sender": reference(said.by),
        "sent": instant(said.at),
        "payload": [{"contentString": words} for words in (said.words, *said.decisions)],
        **readers,
    }


def read_meeting(body: Mapping[str, Any]) -> Meeting:
    """The facts of a header."""
    states = {status: state for state, (status, _booked) in STATUS.items()}
    return Meeting(
        rid=str(body.get("id", "")),
        state=states.get(str(body.get("status")), ""),
        about=str((body.get("topic") or {}).get("text", "")),
        patient=who_of(body.get("subject"))[0],
        by=who_of(body.get("sender")),
        guests=tuple(who_of(one) for one in body.get("recipient") or ()),
    )


def read_times(body: Mapping[str, Any] | None) -> tuple[datetime | None, datetime | None]:
    """From when to when an Appointment is."""
    return moment((body or {}).get("start")), moment((body or {}).get("end"))


def read_point(body: Mapping[str, Any]) -> Point:
    """The facts of what somebody brings."""
    return Point(
        rid=str(body.get("id", "")),
        words="".join(_payload(body)[:1]),
        meeting=who_of(next(iter(body.get("partOf") or ()), None))[0],
        patient=who_of(body.get("subject"))[0],
        by=who_of(body.get("sender")),
        at=moment(body.get("sent")),
    )


def read_summary(body: Mapping[str, Any]) -> Summary:
    """The facts of a summary."""
    about = [who_of(one)[0] for one in body.get("about") or ()]
    payload = _payload(body)
    return Summary(
        rid=str(body.get("id", "")),
        words="".join(payload[:1]),
        decisions=tuple(payload[1:]),
        meeting=about[0] if about else "",
        patient=who_of(body.get("subject"))[0],
        tasks=tuple(ref for ref in about[1:] if ref.startswith("Task/")),
        readers=tuple(who_of(one) for one in body.get("recipient") or ()),
        by=who_of(body.get("sender")),
        at=moment(body.get("sent")),
        kept=is_private(body),
    )


def _payload(body: Mapping[str, Any]) -> list[str]:
    return [str(one.get("contentString", "")) for one in body.get("payload") or ()]
