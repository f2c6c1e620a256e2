"""What matters to a person, read through a door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from rapport.gate.door import Door
from rapport.gate.together import Asks, inquiry
from rapport.pillars.what_matters import finding
from rapport.pillars.what_matters.rules.against import Order
from rapport.pillars.what_matters.shapes import FORM, KINDS, STANDS, Entry, read_entry, words_of

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
    """How to talk with somebody, in their words: for whoever writes to them."""
    query = [("subject", patient), ("questionnaire", FORM), ("status", STANDS), ("_count", str(MOST))]
    found = yield "QuestionnaireResponse", query
    told = (read_entry(record.json) for record in found.matches)
    heading = gettext("How to talk with them")
    return tuple((heading, one.words) for one in told if one.kind == "talk")[:1]


def orders(door: Door, patient: str, now: datetime) -> tuple[Order, ...]:
    """What is planned for a person: medicines, orders, appointments to come. `now` is local."""
    soon = ("date", f"ge{now.isoformat(timespec='seconds')}")
    running = [("patient", patient), ("status", "active,on-hold,draft"), ("_count", "50")]
    coming = [("patient", patient), ("status", "proposed,pending,booked,arrived"), soon, ("_count", "50")]
    answers = door.searches(
        [("MedicationRequest", running), ("ServiceRequest", running), ("Appointment", coming)]
    )
    return tuple(
        Order(
            record.ref,
            record.rtype,
            ". ".join(dict.fromkeys(words_of(record.json))),
            _begins(record.json, now),
        )
        for found in answers
        for record in found.matches
    )


def _begins(body: dict[str, Any], now: datetime) -> datetime | None:
    """When an appointment begins, in the time zone of the site."""
    try:
        at = datetime.fromisoformat(str(body.get("start", "")))
    except ValueError:
        return None
    return at.astimezone(now.tzinfo) if at.tzinfo else None


def by_kind(found: tuple[Entry, ...]) -> tuple[Told, ...]:
    """The same in the order of the page; kinds of which nothing stands too."""
    return tuple(Told(kind, tuple(one for one in found if one.kind == kind)) for kind in KINDS)


def before(door: Door, patient: str, rid: str) -> tuple[Entry, ...]:
    """How an entry read, the newest first, the present words included."""
    finding.need(door, patient, rid)
    found = door.history("QuestionnaireResponse", rid)
    return tuple(read_entry(record.json) for record in found if not record.deleted)
