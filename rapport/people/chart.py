"""Who somebody is, and the lists of their record that pages show. Read through the door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rapport.gate.door import Door
from rapport.gate.together import Asks, inquiry
from rapport.people import record
from rapport.people.portrait import Person, person
from rapport.people.record import Fact


@dataclass(frozen=True, slots=True)
class Kept:
    """One list: how it is called, its type, what is active in it, its order, and how a line is read."""

    title: str | Promise
    rtype: str
    active: tuple[tuple[str, str], ...]
    order: str
    read: Callable[[Any], Fact]


LISTS: dict[str, Kept] = {
    "problems": Kept(
        _("Problems"),
        "Condition",
        (("clinical-status", "active,recurrence,relapse"),),
        "-onset-date",
        record.problem,
    ),
    "medicines": Kept(
        _("Medicines"), "MedicationRequest", (("status", "active,on-hold"),), "-authoredon", record.medicine
    ),
    "allergies": Kept(
        _("Allergies"),
        "AllergyIntolerance",
        (("clinical-status:not", "inactive,resolved"),),
        "-date",
        record.allergy,
    ),
}


@inquiry
def lines(
    door: Door, patient: str, name: str, count: int, *, active: bool, cursor: str = ""
) -> Asks[tuple[tuple[Fact, ...], str]]:
    """Lines of the list `name` of `Patient/…`, the newest first, and the cursor of the next page."""
    kept = LISTS[name]
    query = [
        ("patient", patient),
        *(kept.active if active else ()),
        ("_sort", kept.order),
        ("_count", str(count)),
    ]
    answer = yield kept.rtype, [*query, *([("_cursor", cursor)] if cursor else [])]
    return record.facts(kept.read(one.json) for one in answer.matches), answer.next or ""


def whose(door: Door, rid: str) -> Person:
    """Who `Patient/<rid>` is today; refused for whom this door does not show."""
    return person(door.read("Patient", rid).json, timezone.localdate())
