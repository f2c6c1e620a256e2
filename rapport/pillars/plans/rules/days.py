"""What is to be done on a day, and when: from medicines, plans, and what somebody chose for themselves. Pure.

Times are local: "at eight" stays eight when the clocks change. A time that the clocks skip is as much
later as they go forward; of a time that comes twice it is the first.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

#: When a medicine is taken that says only how often a day.
_OFTEN = {
    1: ("08:00",),
    2: ("08:00", "20:00"),
    3: ("08:00", "14:00", "20:00"),
    4: ("08:00", "12:00", "16:00", "20:00"),
}
#: FHIR's words for parts of a day (Timing.repeat.when) -> local times.
_WHEN = {
    "MORN": "08:00", "MORN.early": "07:00", "MORN.late": "10:00", "NOON": "12:00", "AFT": "15:00",
    "AFT.early": "14:00", "AFT.late": "16:00", "EVE": "19:00", "EVE.early": "18:00", "EVE.late": "21:00",
    "NIGHT": "22:00", "HS": "22:00", "WAKE": "07:00", "C": "12:00", "CM": "08:00", "CD": "12:00",
    "CV": "19:00",
    "AC": "12:00", "ACM": "07:30", "ACD": "11:30", "ACV": "18:30", "PC": "13:00", "PCM": "08:30",
    "PCD": "13:00",
    "PCV": "19:30",
}  # fmt: skip
#: Codes of Timing.code (GTSAbbreviation) -> times a day.
_CODES = {"QD": 1, "BID": 2, "TID": 3, "QID": 4, "AM": 1, "Q6H": 4, "Q8H": 3}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: Most entries of one day, and most times of one thing.
MOST, MOST_TIMES = 60, 6


@dataclass(frozen=True, slots=True)
class Item:
    """One thing on the list: its key, its words, how it is done, and local times ("" for some time that day).

    key   the reference of the medicine, `CarePlan/…#activity`, or `own-…` for what somebody added
    kind  "medicine", "plan" or "own"
    """

    key: str
    kind: str
    words: str
    how: str = ""
    times: tuple[str, ...] = ("",)


@dataclass(frozen=True, slots=True)
class Due:
    """An item at one of its times: `at` local ("08:00", ""), `when` as a moment (None without a time)."""

    item: Item
    at: str
    when: datetime | None

    @property
    def key(self) -> str:
        """What it is called in what was said of a day."""
        return f"{self.item.key}@{self.at}"


def dues(items: Iterable[Item], day: date, zone: ZoneInfo) -> tuple[Due, ...]:
    """A day's list in order: what has no time last."""
    each = [Due(item, at, moment(day, at, zone) if at else None) for item in items for at in item.times]
    return tuple(
        sorted(
            each, key=lambda due: (due.when is None, due.when or datetime.min.replace(tzinfo=UTC), due.key)
        )
    )


def moment(day: date, at: str, zone: ZoneInfo) -> datetime:
    """A local time of a day as a moment that there is."""
    local = datetime.combine(day, time.fromisoformat(at), zone)
    return local.astimezone(UTC).astimezone(zone)


def medicine(body: Mapping[str, Any], words: str, how: str, day: date) -> Item | None:
    """A MedicationRequest on a day; None where it is not for this day, or only when needed."""
    times: list[str] = []
    dosages: list[Mapping[str, Any]] = body.get("dosageInstruction") or [{}]
    for dosage in dosages:
        if dosage.get("asNeededBoolean") or "asNeededCodeableConcept" in dosage:
            continue
        times += _times(dosage.get("timing") or {}, _began(body, dosage), day)
    unique = tuple(dict.fromkeys(sorted(times)))[:MOST_TIMES]
    return Item(f"MedicationRequest/{body.get('id', '')}", "medicine", words, how, unique) if unique else None


def timed(timing: Mapping[str, Any], day: date, began: date | None = None) -> tuple[str, ...]:
    """The local times of a FHIR Timing on a day: ("",) for some time that day, () for not that day."""
    return tuple(dict.fromkeys(_times(timing, began, day)))


def _times(timing: Mapping[str, Any], began: date | None, day: date) -> Iterator[str]:
    repeat = timing.get("repeat") or {}
    bounds = repeat.get("boundsPeriod") or {}
    first, last = _day(bounds.get("start")), _day(bounds.get("end"))
    if (first and day < first) or (last and day > last) or not _on(repeat, first or began, day):
        return
    named = [str(one)[:5] for one in repeat.get("timeOfDay") or ()]
    named += [_WHEN.get(str(one), "") for one in repeat.get("when") or ()]
    codes = [str(one.get("code", "")) for one in (timing.get("code") or {}).get("coding") or ()]
    often = next((_CODES[one] for one in codes if one in _CODES), 0)
    if repeat.get("periodUnit") == "d" and repeat.get("period") == 1:
        often = int(repeat.get("frequency") or 1)
    elif repeat.get("periodUnit") == "h" and repeat.get("period"):
        often = round(24 / float(repeat["period"]))
    yield from named or _OFTEN.get(often, ("",))


def _on(repeat: Mapping[str, Any], began: date | None, day: date) -> bool:
    """Whether a rhythm falls on a day. One that cannot be told falls on every day: rather once too often."""
    if days := repeat.get("dayOfWeek"):
        return _DAYS[day.weekday()] in days
    unit, period = repeat.get("periodUnit"), repeat.get("period")
    if began is None or not isinstance(period, int | float) or int(period) != period or period < 1:
        return True
    if unit == "d":
        return (day - began).days % int(period) == 0
    if unit == "wk" and int(repeat.get("frequency") or 1) == 1:
        return (day - began).days % (7 * int(period)) == 0
    return True


def _began(body: Mapping[str, Any], dosage: Mapping[str, Any]) -> date | None:
    return _day(body.get("authoredOn"))


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


# ---------------------------------------------------------------- what got in the way


@dataclass(frozen=True, slots=True)
class Telling:
    """When the team is told of a barrier: once it was said `times` times within `days` days."""

    times: int
    days: int


@cache
def tellings() -> Mapping[str, Telling]:
    """The barriers, and when a team is told of each (`barriers.toml`). ValueError for a rule that is none."""
    told = tomllib.loads(files(__package__).joinpath("barriers.toml").read_text("utf-8"))
    found = {name: Telling(**rule) for name, rule in told.items()}
    if any(rule.times < 1 or rule.days < 1 for rule in found.values()):
        raise ValueError("barriers.toml: times and days are 1 or more")
    return found


def to_tell(barrier: str, said: Iterable[date], today: date) -> bool:
    """Whether the team is told now: `said` are the days on which this barrier was named for one thing."""
    rule = tellings()[barrier]
    since = today - timedelta(days=rule.days - 1)
    return sum(since <= day <= today for day in said) >= rule.times
