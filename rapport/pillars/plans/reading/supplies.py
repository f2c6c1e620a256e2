"""Medicines at hand, readings and goals over time, read through a door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from rapport.gate.door import Door
from rapport.pillars.plans.rules.adherence import Coverage, Fill, Stay, coverage, hands
from rapport.pillars.plans.shapes.goals import GOAL, KIND, GoalFacts, read_goal
from rapport.pillars.plans.shapes.supplies import Reading, Supply, readings, stay, supply, targets

#: So far back fills are counted; so many weeks stand on the calendar; so many readings and series are shown.
YEAR, WEEKS, MOST, SERIES = 365, 13, 200, 6


@dataclass(frozen=True, slots=True)
class Medicine:
    """One medicine and what was handed out of it.

    why       "": there is a measure; "part": a dispensing tells no day or supply; "short": too few, too late
    at_hand   days on which it was there; `away`: days in hospital
    """

    words: str
    coverage: Coverage | None
    why: str
    since: date | None
    at_hand: frozenset[date]
    away: frozenset[date]


@dataclass(frozen=True, slots=True)
class Series:
    """Readings of one kind, the earliest first; from where to where they shall be, None: nothing is said."""

    words: str
    unit: str
    readings: tuple[Reading, ...]
    target: tuple[float | None, float | None] | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far somebody came with a goal: days and levels, the earliest first."""

    goal: GoalFacts
    levels: tuple[tuple[date, int], ...]


def medicines(door: Door, patient: str, today: date) -> tuple[Medicine, ...]:
    """What was handed out in the last year, a medicine each, by name. Nothing handed out: nothing is said."""
    since = (today - timedelta(days=YEAR)).isoformat()
    theirs = [("patient", patient), ("status", "completed")]
    found = door.searches(
        [
            ("MedicationDispense", [*theirs, ("whenhandedover:missing", "true")]),
            ("MedicationDispense", [*theirs, ("whenhandedover", f"ge{since}"), ("_count", "200")]),
            ("Encounter", [theirs[0], ("class", "IMP,ACUTE,NONAC"), ("date", f"ge{since}")]),
        ]
    )
    each = [supply(one.json) for answer in found[:2] for one in answer.matches]
    stays = [known for one in found[2].matches if (known := stay(one.json))]
    counted = [Stay(first, last or today) for first, last in stays]
    by_drug: dict[str, list[Supply]] = {}
    for one in each:
        by_drug.setdefault(one.drug, []).append(one)
    cut = bool(found[1].next)
    made = (_medicine(some, counted, today, cut) for some in by_drug.values())
    return tuple(sorted(made, key=lambda one: one.words.casefold()))


def _medicine(some: list[Supply], stays: list[Stay], today: date, cut: bool) -> Medicine:
    fills = [Fill(one.drug, one.day, one.days) for one in some if one.day and one.days]
    whole = len(fills) == len(some) and not cut
    measured = coverage(fills, today, stays) if whole else None
    at_hand, away = hands(fills, today, stays) if whole else (set(), set())
    why = "part" if not whole else "short" if measured is None else ""
    first = min((fill.day for fill in fills), default=None)
    return Medicine(some[0].words, measured, why, first, frozenset(at_hand), frozenset(away))


def series(door: Door, patient: str) -> tuple[Series, ...]:
    """What was measured twice or more, the latest first, with what the goals aim at."""
    found = door.searches(
        [
            (
                "Observation",
                [
                    ("patient", patient),
                    ("category", "vital-signs,laboratory"),
                    ("_sort", "-date"),
                    ("_count", str(MOST)),
                ],
            ),
            ("Goal", [("patient", patient), ("lifecycle-status", "proposed,accepted,active,planned")]),
        ]
    )
    aims = {code: ends for one in found[1].matches for code, ends in targets(one.json)}
    by_code: dict[str, list[Reading]] = {}
    for one in found[0].matches:
        for reading in readings(one.json):
            by_code.setdefault(reading.code, []).append(reading)
    made = (
        Series(
            some[0].words, some[0].unit, tuple(sorted(some, key=lambda one: one.day))[-20:], aims.get(code)
        )
        for code, some in by_code.items()
        if len({one.day for one in some}) > 1 and len({one.unit for one in some}) == 1
    )
    return tuple(made)[:SERIES]


def progress(door: Door, patient: str) -> tuple[Progress, ...]:
    """How far somebody came with each goal, as they said it over time."""
    query = [("patient", patient), ("category", f"{KIND}|{GOAL}"), ("lifecycle-status", "active,completed")]
    found = []
    for record in door.search("Goal", [*query, ("_count", "12")]).matches:
        said: dict[date, int] = {}
        for version in reversed([one for one in door.history("Goal", record.rid) if not one.deleted]):
            level = read_goal(version.json).level
            if level is not None:
                said[version.updated.date()] = level
        if said:
            found.append(Progress(read_goal(record.json), tuple(sorted(said.items()))))
    return tuple(found)
