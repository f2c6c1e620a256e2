"""The shared list: what is to be done, by the patient, the family and the team."""

from __future__ import annotations

from datetime import datetime, timedelta

from rapport.gate.door import Door
from rapport.gate.together import Asks, inquiry
from rapport.pillars.family.shapes.common import KIND, instant
from rapport.pillars.family.shapes.todos import STATUS, ToDo, read_todo

#: So many things stand on the list; what is done stays so long, and so many of it.
MOST, DONE_STAYS, DONE = 100, timedelta(days=30), 20
#: Promises are a conversation's Tasks: who may see it finds them here, too.
_KINDS = f"{KIND}|to-do,{KIND}|promise"


@inquiry
def open_ones(door: Door, patient: str) -> Asks[tuple[ToDo, ...]]:
    """What is to be done, what is due first in front, what has no day last."""
    query = [("patient", patient), ("code", _KINDS), ("status", STATUS["open"])]
    found = yield "Task", [*query, ("_sort", "due"), ("_count", str(MOST))]
    read = [read_todo(one.json) for one in found.matches]
    return tuple(sorted(read, key=lambda one: (one.due is None, one.due)))


@inquiry
def done(door: Door, patient: str, now: datetime) -> Asks[tuple[ToDo, ...]]:
    """What was done lately, the latest first."""
    query = [("patient", patient), ("code", _KINDS), ("status", STATUS["done"])]
    since = ("_lastUpdated", f"ge{instant(now - DONE_STAYS)}")
    found = yield "Task", [*query, since, ("_sort", "-_lastUpdated"), ("_count", str(DONE))]
    return tuple(read_todo(one.json) for one in found.matches)
