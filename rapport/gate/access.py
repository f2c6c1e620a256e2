"""Who may see a record at this moment, and by what: the grants in force, for those who may ask."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapport.fhir.keys import reference_key
from rapport.fhir.outcomes import not_found

from .actor import Actor
from .decisions import answers_for
from .door import Door
from .roles import OWN

_GRANTS = """
    SELECT g.rule, g.why, bit_or(g.categories), bool_and(g.scope IS NOT NULL),
           nullif(max(g.valid_until), 'infinity'), (SELECT r.body FROM resource r WHERE r.id = g.source)
    FROM access_grant g
    WHERE g.patient = %(patient)s AND g.rule <> %(own)s AND g.valid_from <= now() AND g.valid_until > now()
    GROUP BY g.rule, g.why, g.source ORDER BY bool_and(g.scope IS NOT NULL), g.rule, g.why LIMIT 300
"""


@dataclass(frozen=True, slots=True)
class Access:
    """What one source in the record gives: by which rule, why, which categories, until when.

    narrow  one conversation or thing alone; source: the text of the resource that gives it
    """

    rule: str
    why: str
    categories: int
    narrow: bool
    until: datetime | None
    source: str


def who_may(door: Any, patient: str) -> list[Access]:
    """Whatever opens the record of `Patient/…` now; for the patient, leads and privacy officers."""
    if door.actor.ref != patient and not answers_for(door, reference_key(patient)):
        raise not_found()
    door._note_search(f"{patient}/$who-may")
    rows = door.conn.execute(_GRANTS, {"patient": reference_key(patient), "own": OWN.name}).fetchall()
    return [
        Access(rule, why, categories, narrow, until, str(source or ""))
        for rule, why, categories, narrow, until, source in rows
    ]


def reach(door: Any, other: Actor, patient: str, types: Iterable[str]) -> dict[str, bool]:
    """Which types of things of `Patient/…` somebody else may see now; for those who may ask. None is noted
    as a look of the other."""
    if door.actor.ref != patient and not answers_for(door, reference_key(patient)):
        raise not_found()
    door._note_search(f"{patient}/$reach?actor={other.ref}")
    sibling = Door(door.conn, other, door.purpose, unit=door._open, source=door.witness.source)
    sibling._shared, sibling._looks = door._shared, False
    return {rtype: sibling.reaches(patient, "r", rtype) for rtype in types}
