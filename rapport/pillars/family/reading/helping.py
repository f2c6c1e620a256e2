"""The help calendar as it is shown."""

from __future__ import annotations

from datetime import datetime

from rapport.gate.door import Door
from rapport.gate.together import Asks, inquiry
from rapport.pillars.family.shapes.common import KIND, instant
from rapport.pillars.family.shapes.helping import Need, read_need

#: So many needs ahead, and so many past ones, stand on the page.
MOST, PAST = 60, 20


@inquiry
def ahead(door: Door, patient: str, now: datetime) -> Asks[tuple[Need, ...]]:
    """What is needed from now on, what comes first in front."""
    query = [("status", "requested,accepted"), ("due", f"ge{instant(now)}"), ("_sort", "due")]
    found = yield "Task", [*_of(patient), *query, ("_count", str(MOST))]
    needs = [read_need(one.json) for one in found.matches]
    return tuple(sorted(needs, key=lambda one: one.begins or now))


@inquiry
def past(door: Door, patient: str, now: datetime) -> Asks[tuple[Need, ...]]:
    """What was needed, the latest first, without what was taken back."""
    query = [("status", "requested,accepted"), ("due", f"lt{instant(now)}"), ("_sort", "-due")]
    found = yield "Task", [*_of(patient), *query, ("_count", str(PAST))]
    return tuple(read_need(one.json) for one in found.matches)


def _of(patient: str) -> list[tuple[str, str]]:
    return [("patient", patient), ("code", f"{KIND}|help")]
