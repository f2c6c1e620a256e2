"""What staff order (a FHIR ServiceRequest) and the look that a result asks for (a FHIR Task). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapport.pillars.screens.shapes.codes import (
    CLOCK,
    EVENT,
    FOLLOW_UP,
    KIND,
    LABEL,
    ORDER,
    RUNNING,
    Body,
    Resource,
    concept,
    display_of,
    instant,
    is_kind,
    moment,
    ref_of,
    reference,
    refs_of,
)
from rapport.pillars.screens.shapes.packs import Pack

#: State of a follow-up -> Task.status.
STATES = {"open": "requested", "taken": "accepted", "done": "completed"}


@dataclass(frozen=True, slots=True)
class Order:
    """A form on a schedule. `next`: when it is asked next; `weeks` 0: once."""

    rid: str
    form: str
    patient: str
    team: str
    by_name: str
    active: bool
    next: datetime | None
    weeks: int
    since: datetime | None

    @property
    def ref(self) -> str:
        """`ServiceRequest/id`."""
        return f"ServiceRequest/{self.rid}"


def order(
    rid: str,
    pack: Pack,
    *,
    patient: str,
    team: str,
    by: tuple[str, str],
    weeks: int,
    first: datetime,
    at: datetime,
) -> Resource:
    """Ask a person this form from `first` on, every so many weeks (0: once)."""
    code = concept(KIND, ORDER, next(iter(pack.title.values())))
    code["coding"].append(dict(zip(("system", "code"), pack.instrument.code, strict=True)))
    return scheduled(
        {
            "resourceType": "ServiceRequest",
            "id": rid,
            "meta": {"security": [LABEL]},
            "instantiatesCanonical": [pack.canonical],
            "status": "active",
            "intent": "order",
            "code": code,
            "subject": reference(patient),
            "authoredOn": instant(at),
            "requester": reference(*by),
            **({"performer": [reference(team)]} if team else {}),
        },
        first,
        weeks,
    )


def scheduled(body: Body, next: datetime, weeks: int) -> Resource:
    """The order with its next time."""
    timing: Resource = {"event": [instant(next)]}
    if weeks:
        timing["repeat"] = {"frequency": 1, "period": weeks, "periodUnit": "wk"}
    return {**body, "occurrenceTiming": timing}


def ended(body: Body, status: str) -> Resource:
    """The order, over: `completed` when it was asked once, `revoked` when somebody ended it."""
    return {**body, "status": status}


def is_order(body: Body) -> bool:
    """Whether a resource orders a form."""
    return body.get("resourceType") == "ServiceRequest" and is_kind(body, ORDER)


def read_order(body: Body) -> Order:
    """The facts of an order."""
    timing = body.get("occurrenceTiming") or {}
    events = timing.get("event") or [""]
    period = (timing.get("repeat") or {}).get("period", 0)
    forms = body.get("instantiatesCanonical") or [""]
    return Order(
        rid=str(body.get("id", "")),
        form=str(forms[0]).partition("|")[0],
        patient=ref_of(body.get("subject")),
        team=next(iter(refs_of(body.get("performer"))), ""),
        by_name=display_of(body.get("requester")),
        active=body.get("status") == "active",
        next=moment(events[0]),
        weeks=int(period) if isinstance(period, int | float) else 0,
        since=moment(body.get("authoredOn")),
    )


# ---------------------------------------------------------------- the look that a result asks for


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Somebody has to look at a result, until they say what they did.

    owner  the team (`Organization/…`), then who took it (`PractitionerRole/…`); `asked`: whom it passed to
    steps  what happened: (code, when, name, words)
    """

    rid: str
    state: str
    title: str
    patient: str
    answers: str
    team: str
    owner: str
    owner_name: str
    asked: tuple[str, ...]
    due: datetime | None
    raised: datetime | None
    steps: tuple[tuple[str, datetime | None, str, str], ...]

    @property
    def ref(self) -> str:
        """`Task/id`."""
        return f"Task/{self.rid}"


def follow_up(
    rid: str, *, patient: str, answers: str, title: str, team: str, at: datetime, due: datetime
) -> Resource:
    """A new follow-up in the hands of a team, to be taken by `due`."""
    return {
        "resourceType": "Task",
        "id": rid,
        "meta": {"security": [LABEL], "tag": [{"system": CLOCK, "code": RUNNING}]},
        "status": STATES["open"],
        "intent": "order",
        "priority": "urgent",
        "code": concept(KIND, FOLLOW_UP, title),
        "focus": reference(answers),
        "for": reference(patient),
        "authoredOn": instant(at),
        "lastModified": instant(at),
        "owner": reference(team),
        "restriction": {"period": {"end": instant(due)}, "recipient": [reference(team)]},
    }


def is_follow_up(body: Body) -> bool:
    """Whether a resource is the look that a result asks for."""
    return body.get("resourceType") == "Task" and is_kind(body, FOLLOW_UP)


def read_follow_up(body: Body) -> FollowUp:
    """The facts of a follow-up."""
    states = {status: state for state, status in STATES.items()}
    bound = body.get("restriction") or {}
    recipients = refs_of(bound.get("recipient"))
    return FollowUp(
        rid=str(body.get("id", "")),
        state=states.get(str(body.get("status")), ""),
        title=str((body.get("code") or {}).get("text", "")),
        patient=ref_of(body.get("for")),
        answers=ref_of(body.get("focus")),
        team=next((ref for ref in recipients if ref.startswith("Organization/")), ""),
        owner=ref_of(body.get("owner")),
        owner_name=display_of(body.get("owner")),
        asked=tuple(ref for ref in recipients if not ref.startswith("Organization/")),
        due=moment((bound.get("period") or {}).get("end")),
        raised=moment(body.get("authoredOn")),
        steps=tuple(map(_step, body.get("output") or ())),
    )


def _step(output: dict[str, Any]) -> tuple[str, datetime | None, str, str]:
    note = output.get("valueAnnotation") or {}
    coding = (output.get("type") or {}).get("coding") or [{}]
    author = display_of(note.get("authorReference")) or str(note.get("authorString", ""))
    return str(coding[0].get("code", "")), moment(note.get("time")), author, str(note.get("text", ""))


def stepped(
    body: Body,
    code: str,
    *,
    by: tuple[str, str],
    at: datetime,
    words: str,
    state: str = "",
    owner: tuple[str, str] = ("", ""),
) -> Resource:
    """The follow-up after a step (`taken`, `returned`, `passed-on`, `done`); its clock runs while open."""
    note: Resource = {"time": instant(at), "text": words}
    note |= {"authorReference": reference(*by)} if by[0] else {"authorString": by[1]}
    step = {"type": concept(EVENT, code), "valueAnnotation": note}
    found: Resource = {**body, "lastModified": instant(at), "output": [*(body.get("output") or ()), step]}
    if state:
        found["status"] = STATES[state]
        meta = {name: value for name, value in (body.get("meta") or {}).items() if name != "tag"}
        running = {"tag": [{"system": CLOCK, "code": RUNNING}]} if state == "open" else {}
        found["meta"] = meta | running
    return {**found, "owner": reference(*owner)} if owner[0] else found


def asked_of(body: Body, recipients: Sequence[str], due: datetime) -> Resource:
    """The follow-up with whom it is asked of, and when it passes on."""
    return {
        **body,
        "restriction": {"period": {"end": instant(due)}, "recipient": [reference(ref) for ref in recipients]},
    }
