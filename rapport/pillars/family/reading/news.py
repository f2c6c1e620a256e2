"""Updates for the family as they are shown."""

from __future__ import annotations

from rapport.gate.door import Door
from rapport.gate.together import Asks, inquiry
from rapport.pillars.family.shapes.common import KIND
from rapport.pillars.family.shapes.news import Update, read_update

#: So many stand on the page.
MOST = 30


@inquiry
def updates(door: Door, patient: str) -> Asks[tuple[Update, ...]]:
    """What the team wrote to the family, the latest first."""
    query = [("patient", patient), ("category", f"{KIND}|update"), ("_sort", "-sent"), ("_count", str(MOST))]
    found = yield "Communication", query
    return tuple(read_update(one.json) for one in found.matches)
