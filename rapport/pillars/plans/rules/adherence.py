"""How many days a person had their medicine at hand, from what was dispensed. Dispensing is not taking.

PDC, the proportion of days covered, after the Pharmacy Quality Alliance: the days from the first fill to the
end of the period on which some medicine of the class was at hand. Of one drug, what overlaps is carried
forward; different drugs are a union and carry nothing for each other. Days in hospital leave the denominator,
and what was at hand then is used after the stay (CMS Part D star ratings, technical notes).
MPR, the medication possession ratio, is the supply over the days; it may pass 1 and overstates.
Ratios are exact fractions: a threshold is compared un-rounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

#: From here on, adherence counts as good in the measures (0.9 for antiretrovirals).
THRESHOLD = Fraction(8, 10)
#: The first fill lies at least so many days before the end, or there is no measure.
SHORTEST = 91
#: And there are fills on so many days.
FEWEST = 2

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Fill:
    """What was handed out: of which drug (its ingredient), on which day, for how many days."""

    drug: str
    day: date
    supply: int


@dataclass(frozen=True, slots=True)
class Stay:
    """Days in hospital, the first and the last included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Coverage:
    """`covered` of `days` had a medicine at hand; `supplied` is the supply in days, overlap and all."""

    covered: int
    days: int
    supplied: int

    @property
    def pdc(self) -> Fraction:
        """Proportion of days covered, 0 to 1."""
        return Fraction(self.covered, self.days)

    @property
    def mpr(self) -> Fraction:
        """Medication possession ratio, 0 or more."""
        return Fraction(self.supplied, self.days)


def coverage(fills: Iterable[Fill], end: date, stays: Sequence[Stay] = ()) -> Coverage | None:
    """Coverage from the first fill to `end`, that day included; None where it is undefined.

    Undefined: no fill, fills on one day only, a first fill less than 91 days before the end, or nothing but
    days in hospital. ValueError for a fill of no day's supply.
    """
    known = sorted((fill for fill in fills if fill.day <= end), key=lambda fill: fill.day)
    if any(fill.supply < 1 for fill in known):
        raise ValueError("a fill is for one day or more")
    if len({fill.day for fill in known}) < FEWEST or (end - known[0].day).days < SHORTEST:
        return None
    at_hand, away = hands(known, end, stays)
    counted = set(_days(known[0].day, end)) - away
    if not counted:
        return None
    return Coverage(len(at_hand & counted), len(counted), sum(fill.supply for fill in known))


def hands(fills: Iterable[Fill], end: date, stays: Sequence[Stay] = ()) -> tuple[set[date], set[date]]:
    """The days up to `end` on which a medicine was at hand, and the days in hospital since the first fill."""
    known = sorted((fill for fill in fills if fill.day <= end), key=lambda fill: fill.day)
    if not known:
        return set(), set()
    away = {day for stay in stays for day in _days(max(stay.first, known[0].day), min(stay.last, end))}
    at_hand: set[date] = set()
    for drug in {fill.drug for fill in known}:
        at_hand |= _at_hand([fill for fill in known if fill.drug == drug], away, end)
    return at_hand, away


def _at_hand(fills: Iterable[Fill], away: set[date], end: date) -> set[date]:
    """The days up to `end` on which one drug was there: each day's supply goes to the first free day."""
    found: set[date] = set()
    free = date.min
    for fill in fills:
        day = max(free, fill.day)
        left = fill.supply
        while left and day <= end:
            if day not in away:
                found.add(day)
                left -= 1
            day += _DAY
        free = day
    return found


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + number * _DAY
