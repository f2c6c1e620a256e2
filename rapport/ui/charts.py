"""Charts as places on a drawing: numbers in, coordinates out. Templates draw them, a table beside each. Pure.

All places are in the units of the drawing's viewBox. Time goes from left to right.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

#: The drawing, the room around it for words, and how far apart days of a calendar stand.
WIDTH, HEIGHT, LEFT, AROUND, CELL = 320, 160, 44, 14, 16


@dataclass(frozen=True, slots=True)
class Dot:
    """One value: where it stands, its day, what it is, whether it is within its target (None: none)."""

    x: float
    y: float
    day: date
    value: float
    within: bool | None = None


@dataclass(frozen=True, slots=True)
class LineChart:
    """Values over time: dots, the points of the line through them, the scale, the band of the target."""

    width: int
    height: int
    left: int
    dots: tuple[Dot, ...]
    points: str
    marks: tuple[tuple[float, float], ...]
    band: tuple[float, float] | None

    @property
    def right(self) -> int:
        """Where the drawing ends."""
        return self.width - AROUND

    @property
    def across(self) -> int:
        """How wide the drawing is."""
        return self.right - self.left

    @property
    def words_end(self) -> int:
        """Where the words of the scale end."""
        return self.left - 6


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of a calendar: where it stands, and what it is, a word of the caller's."""

    x: int
    y: int
    day: date
    state: str


def line(
    values: Sequence[tuple[date, float]],
    *,
    low: float | None = None,
    high: float | None = None,
    target: tuple[float | None, float | None] | None = None,
) -> LineChart:
    """A line through values, the earliest first; ValueError for none.

    low, high  the ends of the scale, at least; without them the values and the target say
    target     from and to, either of them open
    """
    if not values:
        raise ValueError("a chart needs a value")
    known = [value for _, value in values] + [one for one in target or () if one is not None]
    least, most = _ends([*known, *(one for one in (low, high) if one is not None)], low is not None)
    first, last = values[0][0], values[-1][0]
    across, down = WIDTH - LEFT - AROUND, HEIGHT - 2 * AROUND

    def height(value: float) -> float:
        return round(AROUND + down * (most - value) / (most - least), 1)

    def place(day: date) -> float:
        days = (last - first).days
        return round(LEFT + across * ((day - first).days / days if days else 0.5), 1)

    dots = tuple(Dot(place(day), height(value), day, value, within(value, target)) for day, value in values)
    band = None
    if target is not None:
        bottom, top = (least if target[0] is None else target[0]), (most if target[1] is None else target[1])
        band = (height(top), round(height(bottom) - height(top), 1))
    points = " ".join(f"{dot.x},{dot.y}" for dot in dots)
    marks = ((height(most), most), (height(least), least))
    return LineChart(WIDTH, HEIGHT, LEFT, dots, points, marks, band)


def _ends(known: Sequence[float], fixed: bool) -> tuple[float, float]:
    """The ends of a scale around some values, never one and the same."""
    least, most = min(known), max(known)
    if fixed and most > least:
        return least, most
    room = (most - least) * 0.1 or abs(most) * 0.1 or 1
    return least - room, most + room


def within(value: float, target: tuple[float | None, float | None] | None) -> bool | None:
    """Whether a value is within a target, its ends included; None without one."""
    if target is None:
        return None
    low, high = target
    return (low is None or value >= low) and (high is None or value <= high)


def calendar(first: date, last: date, states: Sequence[tuple[str, Collection[date]]]) -> tuple[Cell, ...]:
    """A cell for every day from `first` to `last`: a column a week, Monday on top.

    states  words and their days; the first that has the day says what it is, "" for none
    """
    monday = first - timedelta(days=first.weekday())
    found = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        week, weekday = divmod((day - monday).days, 7)
        state = next((word for word, days in states if day in days), "")
        found.append(Cell(week * CELL, weekday * CELL, day, state))
    return tuple(found)
