"""Corrections as they are read, and what in a record can be asked about."""

from __future__ import annotations

from rapport.gate.door import Door
from rapport.people import chart, errands
from rapport.people.errands import Errand
from rapport.pillars.corrections.shapes import CORRECTION

#: Entries of each list of the record that are offered.
MOST = 30


def asked(door: Door, patient: str) -> tuple[Errand, ...]:
    """What somebody asked for, the newest first."""
    found = errands.of_patient(door, patient, CORRECTION, still=False)
    return tuple(sorted(found, key=lambda one: str(one.raised), reverse=True))


def entries(door: Door, patient: str) -> tuple[tuple[str, str], ...]:
    """Entries of somebody's record: reference and words."""
    lists = chart.LISTS.values()
    query = [("patient", patient), ("_count", str(MOST))]
    found = door.searches((kept.rtype, [*query, *kept.active]) for kept in lists)
    return tuple(
        (record.ref, words)
        for kept, answer in zip(lists, found, strict=True)
        for record in answer.matches
        if (words := kept.read(record.json).words)
    )
