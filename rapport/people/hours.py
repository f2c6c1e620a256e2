"""Working time: when we are open, and when so many open hours have passed. Pure; time is passed in.

All sums are done on UTC instants, so a day with 23 or 25 hours counts as it really was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

#: One opening of a day, local time: from, to. A `to` of 00:00 means the end of the day.
Span = tuple[time, time]

#: Longest run of closed days that a sum walks through before it says so.
LONGEST_CLOSURE = timedelta(days=366)


def never(_day: date) -> bool:
    """No day is closed."""
    return False


@dataclass(frozen=True, slots=True)
class Calendar:
    """Opening hours of a site.

    zone    the site's time zone
    week    weekday (Monday is 0) -> openings of that day, in order, not overlapping
    closed  says of a day whether it is closed all day (holidays, closure days)
    """

    zone: ZoneInfo
    week: Mapping[int, Sequence[Span]]
    closed: Callable[[date], bool] = field(default=never)

    def openings(self, day: date) -> list[tuple[datetime, datetime]]:
        """The openings of a local day as UTC instants, in order, apart.

        A time that the clock skips is moved on with it, and what that would count twice is counted once.
        """
        if self.closed(day):
            return []
        found: list[tuple[datetime, datetime]] = []
        for opens, closes in self.week.get(day.weekday(), ()):
            low, high = self._instant(day, opens), self._end(day, closes)
            if found:
                low = max(low, found[-1][1])
            if low < high:
                found.append((low, high))
        return found

    def is_open(self, at: datetime) -> bool:
        """Whether we are open at an instant (aware)."""
        return any(low <= at < high for low, high in self.openings(self._day(at)))

    def next_open(self, at: datetime) -> datetime:
        """`at` itself when we are open, else the next opening. UTC. ValueError: none for a year."""
        low, _high = next(self._from(at))
        return low

    def add_working(self, start: datetime, hours: float) -> datetime:
        """The instant when `hours` of open time have passed since `start`. UTC.

        0 hours is `next_open(start)`. ValueError for negative hours or if we never open.
        """
        if hours < 0:
            raise ValueError("hours must not be negative")
        left = timedelta(hours=hours)
        for low, high in self._from(start):
            if low + left <= high:
                return low + left
            left -= high - low
        raise AssertionError("unreachable: _from never ends")

    def working_between(self, start: datetime, end: datetime) -> timedelta:
        """The open time between two instants; zero when `end` is not after `start`."""
        total = timedelta()
        day, last = self._day(start), self._day(end)
        while day <= last:
            for low, high in self.openings(day):
                total += max(min(high, end) - max(low, start), timedelta())
            day += timedelta(days=1)
        return total

    def _from(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Openings that end after `at`, the first one cut to begin no earlier than `at`."""
        at = at.astimezone(UTC)
        day, latest = self._day(at), self._day(at) + LONGEST_CLOSURE
        while day <= latest:
            for low, high in self.openings(day):
                if high > at:
                    latest = day + LONGEST_CLOSURE
                    yield max(low, at), high
            day += timedelta(days=1)
        raise ValueError("no opening hours within a year")

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def _instant(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.zone).astimezone(UTC)

    def _end(self, day: date, clock: time) -> datetime:
        return self._instant(day + timedelta(days=clock == time(0)), clock)
