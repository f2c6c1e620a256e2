"""The list of a day, what was said of it, and what got in the way, read through a door."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rapport.gate.door import Door
from rapport.gate.reading import Query
from rapport.gate.together import Asks, Together, inquiry, together
from rapport.people import record
from rapport.people.portrait import human_name
from rapport.pillars.plans.rules.days import MOST, Due, Item, dues, medicine
from rapport.pillars.plans.shapes import days
from rapport.pillars.plans.shapes.careplans import PLAN, read_plan
from rapport.pillars.plans.shapes.days import TASKS, Answer, Told, Wish
from rapport.pillars.plans.shapes.goals import KIND


@dataclass(frozen=True, slots=True)
class Line:
    """One thing at one of its times, and what was said of it (None: nothing yet)."""

    due: Due
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class DayList:
    """A day: its lines in order; every item that may have times; what was chosen; whether to remind them; who
    of the circle may tick things off (`RelatedPerson/…`)."""

    day: date
    lines: tuple[Line, ...]
    items: tuple[Item, ...]
    wishes: tuple[Wish, ...]
    remind: bool = False
    helpers: tuple[str, ...] = ()


def of_day(door: Door, patient: str, day: date, zone: ZoneInfo) -> DayList:
    """What is on somebody's list on a local day, as far as this door reads it."""
    with together(door) as later:
        found = of_day_later(later, patient, day, zone)
    return found()


def of_day_later(later: Together, patient: str, day: date, zone: ZoneInfo) -> Callable[[], DayList]:
    """The same, asked with other readings of a page; call it once they were asked."""
    ids = f"{days.times_id(patient)},{days.day_id(patient, day)}"
    asked: list[tuple[str, Query]] = [
        ("MedicationRequest", [("patient", patient), ("status", "active"), ("_count", "50")]),
        ("CarePlan", [("patient", patient), ("category", f"{KIND}|{PLAN}"), ("status", "active")]),
        ("QuestionnaireResponse", [("subject", patient), ("_id", ids)]),
    ]
    parts = [later(_bodies, rtype, query) for rtype, query in asked]
    return lambda: _listed(patient, day, zone, [part.value for part in parts])


@inquiry
def _bodies(_door: Door, rtype: str, query: Query) -> Asks[list[Any]]:
    found = yield rtype, query
    return [one.json for one in found.matches]


def _listed(patient: str, day: date, zone: ZoneInfo, found: list[list[Any]]) -> DayList:
    medicines, plans, said = found
    by_form = {str(one.get("questionnaire")): one for one in said}
    times = by_form.get(days.TIMES, {})
    wishes = days.read_wishes(times)
    chosen = {one.key: one for one in wishes}
    answers = {one.key: one for one in days.read_day(by_form.get(days.DAY, {}))}
    each = sorted(
        _items(medicines, plans, chosen, day), key=lambda one: (one.kind, one.words.casefold(), one.key)
    )
    items = tuple(each)[:MOST]
    listed = dues((one for one in items if one.times), day, zone)
    lines = tuple(Line(one, answers.get(one.key)) for one in listed)
    return DayList(day, lines, items, wishes, days.reminds(times), days.helpers_of(times))


def _items(medicines: list[Any], plans: list[Any], chosen: Mapping[str, Wish], day: date) -> Iterator[Item]:
    """Everything, at the times that were chosen for it, else at those it comes with; () for no time yet."""
    for body in medicines:
        fact = record.medicine(body)
        item = medicine(body, fact.words, _told(body) or fact.under, day)
        if item is not None:
            yield _as_chosen(item, chosen)
    for plan in map(read_plan, plans):
        for one in plan.activities:
            if one.state == "going":
                yield _as_chosen(
                    Item(f"CarePlan/{plan.rid}#{one.key}", "plan", one.words, plan.title, one.times), chosen
                )
    for wish in chosen.values():
        if wish.key.startswith("own-"):
            yield Item(wish.key, "own", wish.words, "", wish.times)


def _told(body: Mapping[str, Any]) -> str:
    """How to take it, in the words that were written for who takes it."""
    each = (str(one.get("patientInstruction", "")) for one in body.get("dosageInstruction") or ())
    return " ".join(filter(None, each))


def _as_chosen(item: Item, chosen: Mapping[str, Wish]) -> Item:
    wish = chosen.get(item.key)
    return Item(item.key, item.kind, item.words, item.how, wish.times) if wish else item


def circle(door: Door, patient: str) -> tuple[tuple[str, str], ...]:
    """Who is in somebody's circle, as (reference, name), by name."""
    query = [("patient", patient), ("active", "true"), ("_count", "50")]
    found = door.search("RelatedPerson", query).matches
    named = ((one.ref, human_name(one.json.get("name"))[0]) for one in found)
    return tuple(sorted(((ref, name) for ref, name in named if name), key=lambda one: one[1].casefold()))


def reports(door: Door, patient: str, last: date, count: int) -> dict[date, tuple[Answer, ...]]:
    """What was said of the last `count` days up to `last`: only the days of which something was said."""
    ids = ",".join(days.day_id(patient, last - timedelta(days=number)) for number in range(count))
    query = [("subject", patient), ("_id", ids), ("_count", str(count))]
    found = (one.json for one in door.search("QuestionnaireResponse", query).matches)
    return {day: days.read_day(body) for body in found if (day := days.day_of(body)) and days.is_day(body)}


def told(door: Door, patient: str = "") -> tuple[Told, ...]:
    """What got in somebody's way, or anybody's that this door reads, and is not settled; the oldest first."""
    query = [("code", f"{TASKS}|barrier"), ("status", "requested,accepted"), ("_count", "100")]
    query += [("patient", patient)] if patient else []
    found = (days.read_task(one.json) for one in door.search("Task", query).matches)
    return tuple(sorted(found, key=lambda one: str(one.at)))
