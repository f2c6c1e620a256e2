"""Who of a patient's circle is let into a category now; for the patient and for those who care for them."""

from __future__ import annotations

from typing import Any

from rapport.fhir.outcomes import not_found

from .actor import Actor
from .door import Door
from .permissions import READ, Action

#: A circle has no more people than this.
MOST = 100


def let_in(
    door: Door, patient: str, category: str, rtype: str, action: Action = READ
) -> list[tuple[str, dict[str, Any]]]:
    """Those of the circle who may do this to what carries the mark of a category: reference and entry.

    Nothing of it is noted as a look of theirs. Not found for who may not read the circle.
    """
    if door.actor.kind not in ("patient", "staff", "system"):
        raise not_found()
    query = [("patient", patient), ("active", "true"), ("_sort", "_id"), ("_count", str(MOST))]
    found = []
    for one in door.search("RelatedPerson", query).matches:
        other = Actor("kin", one.ref, "", "", patients=(patient,))
        sibling = Door(door.conn, other, door.purpose, unit=door._open, source=door.witness.source)
        sibling._shared, sibling._looks = door._shared, False
        if sibling.reaches(patient, action, rtype, category):
            found.append((one.ref, one.json))
    return found
