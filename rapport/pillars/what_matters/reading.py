"""What matters to a person, read through a door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapport.gate.door import Door
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


def entries(door: Door, patient: str, kind: str = "") -> tuple[Entry, ...]:
    """What stands, of one kind or of all, the newest first."""
    query = [("subject", patient), ("questionnaire", FORM), ("status", STANDS), ("_count", str(MOST))]
    found = door.search("QuestionnaireResponse", query).matches
    told = (read_entry(record.json) for record in found)
    return tuple(one for one in told if kind in ("", one.kind))


def orders(door: Door, patient: str, now: datetime) -> tuple[Order, ...]:
    """What is planned for a person: medicines, orders, appointments to come. `now` is local."""
    soon = ("date", f"ge{now.isoformat(timespec='seconds')}")
    asked = (
        ("MedicationRequest", [("status", "active,on-hold,draft")]),
        ("ServiceRequest", [("status", "active,on-hold,draft")]),
        ("Appointment", [("status", "proposed,pending,booked,arrived"), soon]),
    )
    found = []
    for rtype, query in asked:
        for record in door.search(rtype, [("patient", patient), *query, ("_count", "50")]).matches:
            said = ". ".join(dict.fromkeys(words_of(record.json)))
            found.append(Order(record.ref, rtype, said, _begins(record.json, now)))
    return tuple(found)


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
