"""What matters to a person, read through a door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from rapport.gate.door import Door
from rapport.gate.together import Asks, inquiry
from rapport.people.fits import Misfit, Planned, Saying
from rapport.pillars.what_matters import finding
from rapport.pillars.what_matters.reading.reach import of as reach_of
from rapport.pillars.what_matters.reading.reach import reach_line
from rapport.pillars.what_matters.rules.against import Against, Order, against
from rapport.pillars.what_matters.shapes import (
    AGAINST,
    FORM,
    ISSUES,
    KINDS,
    PLANNED,
    STANDS,
    Entry,
    Reason,
    begins,
    is_entry,
    is_planned,
    pair_of,
    read_entry,
    read_reason,
    said_of,
)
from rapport.pillars.what_matters.shapes import reach as reaching

#: Most entries of one person that are read.
MOST = 200


@dataclass(frozen=True, slots=True)
class Told:
    """All that one kind holds, the newest first."""

    kind: str
    entries: tuple[Entry, ...]


@inquiry
def entries(_door: Door, patient: str, kind: str = "") -> Asks[tuple[Entry, ...]]:
    """What stands, of one kind or of all, the newest first."""
    query = [("subject", patient), ("questionnaire", FORM), ("status", STANDS), ("_count", str(MOST))]
    found = yield "QuestionnaireResponse", query
    told = (read_entry(record.json) for record in found.matches)
    return tuple(one for one in told if kind in ("", one.kind))


@inquiry
def talking(_door: Door, patient: str) -> Asks[tuple[tuple[str, str], ...]]:
    """How to talk with somebody, in their words, and how to reach them: for whoever writes to them."""
    forms = f"{FORM},{reaching.FORM}"
    query = [("subject", patient), ("questionnaire", forms), ("status", STANDS), ("_count", str(MOST))]
    told = [record.json for record in (yield "QuestionnaireResponse", query).matches]
    words = [one.words for one in map(read_entry, filter(is_entry, told)) if one.kind == "talk"]
    lines = [(gettext("How to talk with them"), one) for one in words[:1]]
    if way := reach_line(reach_of(told, patient)):
        lines.append((gettext("How to reach them"), way))
    return tuple(lines)


def orders(door: Door, patient: str, now: datetime) -> tuple[Planned, ...]:
    """What is planned: medicines, orders, plans, proposals, appointments to come. `now` is local."""
    asked = [
        (
            rtype,
            [
                ("patient", patient),
                ("lifecycle-status" if rtype == "Goal" else "status", ",".join(states)),
                *([("date", f"ge{now.isoformat(timespec='seconds')}")] if rtype == "Appointment" else ()),
                ("_count", "50"),
            ],
        )
        for rtype, states in PLANNED.items()
    ]
    each = (record.json for found in door.searches(asked) for record in found.matches)
    return tuple(planned_of(body, now) for body in each if is_planned(body))


def planned_of(body: dict[str, Any], now: datetime) -> Planned:
    """An order as it is planned, its time in the zone of `now`."""
    at = begins(body)
    ref = f"{body['resourceType']}/{body.get('id', '')}"
    return Planned(body["resourceType"], said_of(body), ref, at.astimezone(now.tzinfo) if at else None)


@inquiry
def misfits(_door: Door, patient: str, planned: Sequence[Planned]) -> Asks[tuple[Misfit, ...]]:
    """What of this goes against what they said, and why somebody went on with it."""
    query = [("subject", patient), ("questionnaire", FORM), ("status", STANDS), ("_count", str(MOST))]
    told = tuple(read_entry(record.json) for record in (yield "QuestionnaireResponse", query).matches)
    known = {str(place): one for place, one in enumerate(planned)}
    found = against(told, (Order(key, one.rtype, one.words, one.at) for key, one in known.items()))
    if not found:
        return ()
    noted = yield "DetectedIssue", [("patient", patient), ("code", f"{ISSUES}|{AGAINST}"), ("_count", "200")]
    reasons = {pair_of(record.json): read_reason(record.json) for record in noted.matches}
    return tuple(
        _misfit(known[one.order.ref], one, reasons.get((known[one.order.ref].ref, one.entry.rid)))
        for one in found
    )


def _misfit(planned: Planned, one: Against, why: Reason | None) -> Misfit:
    said = (why.words, why.by_name, why.at) if why else ("", "", None)
    return Misfit(planned, one.entry.rid, one.said, one.ordered, *said)


def sayings(door: Door, patient: str) -> tuple[Saying, ...]:
    """What stands, for who plans something because of it."""
    return tuple(Saying(f"QuestionnaireResponse/{one.rid}", one.words) for one in entries(door, patient))


def by_kind(found: tuple[Entry, ...]) -> tuple[Told, ...]:
    """The same in the order of the page; kinds of which nothing stands too."""
    return tuple(Told(kind, tuple(one for one in found if one.kind == kind)) for kind in KINDS)


def before(door: Door, patient: str, rid: str) -> tuple[Entry, ...]:
    """How an entry read, the newest first, the present words included."""
    finding.need(door, patient, rid)
    found = door.history("QuestionnaireResponse", rid)
    return tuple(read_entry(record.json) for record in found if not record.deleted)
