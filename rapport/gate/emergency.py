"""Breaking the glass: in an emergency somebody who works here opens a record that nobody shared with them.

They say why. It is a Task of its own kind that the patient sees, and it ends by itself. It opens with the
purpose ETREAT alone, so every look that it allows stands out in the log. What the patient denied stays
closed, unless they said "except in an emergency": a permit within the denial for ETREAT.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from rapport.fhir.outcomes import Refused, not_found
from rapport.fhir.text import instant
from rapport.store.records import Record

from .actor import Actor
from .claims import KIND, kinds
from .guards import Guard, register

CODE = "emergency-access"
LONGEST = timedelta(minutes=60)
SHORTEST_REASON = 10  # characters

Body = dict[str, Any]
Told = Callable[[Any, Body], None]
_told: list[Told] = []


def on_opened(tell: Told) -> None:
    """Have this called with Rapport's own door and the Task, in the same transaction: people are told."""
    if tell not in _told:
        _told.append(tell)


def break_glass(door: Any, patient: str, reason: str) -> Record:
    """Open `Patient/…` for an hour to who stands at this door; the Task that says so."""
    actor, reason = door.actor, " ".join(reason.split())
    rtype, _, rid = patient.partition("/")
    if actor.kind != "staff" or rtype != "Patient":
        raise not_found()
    if len(reason) < SHORTEST_REASON:
        raise Refused("invalid", "Say in a few words why this cannot wait.", "The person will read it.")
    with door.unit(f"emergency access: {reason}"):
        rapport = door.rapport("emergency access")
        person = rapport.find(rtype, rid)
        if person is None:
            raise not_found()
        made: Record = rapport.create(_task(actor, patient, reason[:1000], _now(door)))
        return made


def the_one(door: Any, family: str, born: str) -> str:
    """`Patient/…` of the only person of that whole family name and date of birth, shared or not.

    Refused("not-found") for nobody and for several, alike: this is no way to look around. It is written down.
    A comma is part of a name here: several names are not tried at once.
    """
    one = family.replace("\\", "\\\\").replace(",", "\\,")
    query = [("family:exact", one), ("birthdate", born), ("_count", "2")]
    found = door.rapport("emergency access").search("Patient", query).matches
    if len(found) != 1:
        raise door.refuse_read("s", "Patient?emergency", not_found())
    return str(found[0].ref)


def _now(door: Any) -> datetime:
    """The moment of the transaction, by which grants are judged."""
    row = door.conn.execute("SELECT extract(epoch FROM now())::float8").fetchone()
    return datetime.fromtimestamp(row[0], UTC).replace(microsecond=0)


def _task(actor: Actor, patient: str, reason: str, now: datetime) -> Body:
    return {
        "resourceType": "Task",
        "status": "in-progress",
        "intent": "order",
        "priority": "stat",
        "code": {"coding": [{"system": KIND, "code": CODE}]},
        "for": {"reference": patient},
        "requester": {"reference": actor.ref, "display": actor.name},
        "authoredOn": instant(now),
        "reasonCode": {"text": reason},
        "restriction": {"period": {"start": instant(now), "end": instant(now + LONGEST)}},
    }


def end(door: Any, rid: str) -> None:
    """Close what this actor opened, before its hour is over."""
    with door.unit("emergency access ended"):
        rapport = door.rapport("emergency access")
        found = rapport.find("Task", rid)
        body = found.json if found is not None else {}
        if not is_emergency(body) or body["requester"]["reference"] != door.actor.ref:
            raise not_found()
        if body["status"] == "in-progress":
            rapport.update({**body, "status": "completed"})


def is_emergency(body: Body) -> bool:
    """Whether a body is, or claims to be, such a Task."""
    return body.get("resourceType") == "Task" and CODE in kinds(body)


def opened(body: Body) -> tuple[str, datetime, datetime] | None:
    """For whom and from when to when such a Task opens the record; None where it opens nothing."""
    who = (body.get("requester") or {}).get("reference", "")
    period = (body.get("restriction") or {}).get("period") or {}
    try:
        begins, ends = (datetime.fromisoformat(period[name]) for name in ("start", "end"))
        sound = begins < ends <= begins + LONGEST
    except (KeyError, TypeError, ValueError):
        return None
    if body.get("status") != "in-progress" or not sound or not who.startswith("Practitioner/"):
        return None
    return who, begins, ends


def _judge(door: Any, before: Body | None, after: Body | None) -> None:
    """Nobody makes, changes or takes away such a Task by hand."""
    if door.actor.kind != "system":
        raise Refused(
            "rule", "Emergency access is opened by its own form, and what was opened stays written."
        )


def _follow(door: Any, before: Body | None, after: Body | None) -> None:
    if before is None and after is not None:
        for tell in _told:
            tell(door, after)


def set_up() -> None:
    """Let every write of such a Task be judged, and told."""
    register(Guard("emergency access", is_emergency, _judge, _follow, frozenset({"Task"})))
