"""How many questions were answered when it was promised: by team, and by the people who answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from rapport.gate.door import Door
from rapport.pillars.conversations import finding
from rapport.pillars.conversations.reading import shown
from rapport.pillars.conversations.reading.views import Looking
from rapport.pillars.conversations.shapes.codes import instant
from rapport.pillars.conversations.shapes.concerns import ConcernTask, read_concern

#: The time that is looked back upon, and the most questions that are looked at.
BACK, MOST = timedelta(days=28), 2000
#: Ends that leave nothing to answer.
_NOT_ASKED = ("split", "merged", "withdrawn", "mistake")


@dataclass(frozen=True, slots=True)
class AnswersLine:
    """Of the questions that a team was asked, or a person answered: how many in time, how many heard.

    asked    those whose promised time has come, or that were answered before it
    in_time  answered by the time that was promised when they were sent
    heard    "Yes, this answers it"
    """

    face: shown.Face
    asked: int
    in_time: int
    heard: int


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers since a day, by team and by person; `cut` when there were too many to look at all of them."""

    since: datetime
    teams: tuple[AnswersLine, ...]
    people: tuple[AnswersLine, ...]
    cut: bool


def answers(door: Door) -> Answers:
    """The questions of one's teams whose promised time has come, or that were answered before it.

    People see themselves; who leads sees everybody of the team, by name and never by rank.
    """
    looking = Looking(door)
    since = looking.at - BACK
    found, cut = _asked(door, since)
    settled = [one for one in found if _settled(looking, one)]
    for one in settled:
        looking.faces.meet((one.team, _by(one)))
    team_lines = _lines(looking, settled, (one.team for one in settled))
    people = [one for one in settled if looking.faces.of(_by(one)).you or "lead" in door.actor.duties]
    lines = _lines(looking, people, (_by(one) for one in people))
    return Answers(since, team_lines, tuple(line for line in lines if line.face.ref), cut)


def _asked(door: Door, since: datetime) -> tuple[list[ConcernTask], bool]:
    """The questions put to one's teams since then, the newest first; and whether there are more."""
    if not door.actor.teams:
        return [], False
    query = [finding.CONCERN, ("team", ",".join(door.actor.teams)), ("authored-on", f"ge{instant(since)}")]
    found: list[ConcernTask] = []
    cursor: str | None = ""
    while cursor is not None and len(found) < MOST:
        more = [("_cursor", cursor)] if cursor else []
        page = door.search("Task", [*query, ("_sort", "-authored-on"), ("_count", "500"), *more])
        found += [read_concern(record.json) for record in page.matches]
        cursor = page.next
    return found, cursor is not None


def _settled(looking: Looking, one: ConcernTask) -> bool:
    over = _answered(one) is not None or looking.clocks.promised(one) <= looking.at
    return over and one.reason not in _NOT_ASKED


def _answered(one: ConcernTask) -> datetime | None:
    """When it was first answered, or closed with a reason."""
    return next((event.at for event in one.events if event.code in ("answered", "closed")), None)


def _by(one: ConcernTask) -> str:
    """The person who answered it first; "" where nobody has."""
    return next((event.by.ref for event in one.events if event.code == "answered"), "")


def _lines(looking: Looking, found: list[ConcernTask], refs: Iterable[str]) -> tuple[AnswersLine, ...]:
    groups: dict[str, list[ConcernTask]] = {}
    for ref, one in zip(refs, found, strict=True):
        groups.setdefault(ref, []).append(one)
    lines = [
        AnswersLine(
            face=looking.faces.of(ref),
            asked=len(group),
            in_time=sum((_answered(one) or looking.at) <= looking.clocks.promised(one) for one in group),
            heard=sum(one.state == "heard" for one in group),
        )
        for ref, group in groups.items()
    ]
    return tuple(sorted(lines, key=lambda line: (line.face.name.casefold(), line.face.ref)))
