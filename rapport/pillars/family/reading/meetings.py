"""Family meetings as they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rapport.fhir.outcomes import not_found
from rapport.gate.door import Door
from rapport.gate.together import Asks, inquiry, together
from rapport.pillars.family.shapes.common import KIND, kind_of
from rapport.pillars.family.shapes.meetings import (
    Meeting,
    Point,
    Summary,
    read_meeting,
    read_point,
    read_summary,
    read_times,
)
from rapport.pillars.family.shapes.todos import ToDo, read_todo

#: So many stand on a page.
MOST = 40


@dataclass(frozen=True, slots=True)
class Planned:
    """A meeting and when it is."""

    meeting: Meeting
    begins: datetime | None
    ends: datetime | None


@dataclass(frozen=True, slots=True)
class Whole:
    """A meeting with what each brings and what came of it, as far as the reader may see that."""

    planned: Planned
    points: tuple[Point, ...]
    summary: Summary | None
    tasks: tuple[ToDo, ...]


def meetings(door: Door, patient: str) -> tuple[Planned, ...]:
    """All meetings, the latest first."""
    query = [("patient", patient), ("category", f"{KIND}|meeting"), ("_sort", "-_lastUpdated")]
    found = door.search("Communication", [*query, ("_count", str(MOST))]).matches
    times = door.many(f"Appointment/{one.rid}" for one in found)
    read = []
    for one in found:
        when = times.get(f"Appointment/{one.rid}")
        read.append(Planned(read_meeting(one.json), *read_times(when.json if when else None)))
    return tuple(sorted(read, key=lambda one: (one.begins is not None, one.begins), reverse=True))


@inquiry
def _points(door: Door, meeting: str) -> Asks[tuple[Point, ...]]:
    query = [("part-of", meeting), ("category", f"{KIND}|agenda"), ("_sort", "sent"), ("_count", "100")]
    found = yield "Communication", query
    return tuple(read_point(one.json) for one in found.matches)


@inquiry
def _summary(door: Door, patient: str, meeting: str) -> Asks[Summary | None]:
    query = [("patient", patient), ("category", f"{KIND}|summary"), ("_sort", "-sent")]
    found = yield "Communication", [*query, ("_count", "100")]
    read = (read_summary(one.json) for one in found.matches)
    return next((one for one in read if one.meeting == meeting), None)


def whole(door: Door, patient: str, rid: str) -> Whole:
    """One meeting; not found for whoever may not see it."""
    body = door.read("Communication", rid).json
    meeting = read_meeting(body)
    if kind_of(body) != "meeting" or meeting.patient != patient:
        raise not_found()
    times = door.many([f"Appointment/{rid}"])
    with together(door) as later:
        points, summary = later(_points, meeting.ref), later(_summary, patient, meeting.ref)
    when = next(iter(times.values()), None)
    tasks = door.many(summary.value.tasks) if summary.value else {}
    return Whole(
        Planned(meeting, *read_times(when.json if when else None)),
        points.value,
        summary.value,
        tuple(read_todo(one.json) for one in tasks.values()),
    )
