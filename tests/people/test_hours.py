"""Working time: what must hold for every calendar, and some days that clocks get wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rapport.people.hours import Calendar, Span

OFFICE = {day: [(time(8), time(12)), (time(13), time(18))] for day in range(5)}
ZONES = [
    "Europe/London",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "UTC",
]


def calendar(zone: str = "Europe/London", closed: frozenset[date] = frozenset()) -> Calendar:
    return Calendar(ZoneInfo(zone), OFFICE, closed.__contains__)


@st.composite
def weeks(draw: st.DrawFn) -> dict[int, list[Span]]:
    week: dict[int, list[Span]] = {}
    for day in range(7):
        marks = sorted(draw(st.sets(st.integers(0, 95), max_size=4)))
        clocks = [time(mark // 4, mark % 4 * 15) for mark in marks]
        week[day] = list(zip(clocks[::2], clocks[1::2], strict=False))
        if len(clocks) % 2:
            week[day].append((clocks[-1], time(0)))
    if not any(week.values()):
        week[draw(st.integers(0, 6))] = [(time(0), time(0))]
    return week


instants = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
calendars = st.builds(Calendar, st.sampled_from(ZONES).map(ZoneInfo), weeks())
amounts = st.integers(0, 60 * 60).map(lambda minutes: minutes / 60)


@settings(max_examples=120, deadline=None)
@given(calendars, instants, amounts)
def test_adding_hours_takes_just_that_many_open_hours(at: Calendar, start: datetime, hours: float) -> None:
    end = at.add_working(start, hours)
    assert end >= start
    assert abs(at.working_between(start, end) - timedelta(hours=hours)) < timedelta(milliseconds=1)


@settings(max_examples=80, deadline=None)
@given(calendars, instants, amounts, amounts)
def test_adding_in_two_steps_is_adding_at_once(at: Calendar, start: datetime, one: float, two: float) -> None:
    both, apart = at.add_working(start, one + two), at.add_working(at.add_working(start, one), two)
    assert abs(at.working_between(min(both, apart), max(both, apart))) < timedelta(milliseconds=1)


@settings(max_examples=80, deadline=None)
@given(calendars, instants)
def test_the_next_opening_is_open_and_nothing_is_open_before_it(at: Calendar, start: datetime) -> None:
    opening = at.next_open(start)
    assert at.is_open(opening)
    assert at.working_between(start, opening) == timedelta()


@settings(max_examples=60, deadline=None)
@given(calendars, st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_openings_are_in_order_and_apart(at: Calendar, day: date) -> None:
    edges = [edge for span in at.openings(day) + at.openings(day + timedelta(days=1)) for edge in span]
    assert edges == sorted(edges)


def test_four_hours_from_friday_evening_end_on_monday() -> None:
    friday = datetime(2026, 3, 13, 17, tzinfo=UTC)
    assert calendar().add_working(friday, 4) == datetime(2026, 3, 16, 11, tzinfo=UTC)


def test_a_closure_day_is_skipped() -> None:
    friday = datetime(2026, 3, 13, 17, tzinfo=UTC)
    monday = calendar(closed=frozenset({date(2026, 3, 16)}))
    assert monday.add_working(friday, 4) == datetime(2026, 3, 17, 11, tzinfo=UTC)


def test_the_short_day_in_spring_has_an_hour_less() -> None:
    """London, 29 March 2026: the clock goes from 1 am to 2 am."""
    always = Calendar(ZoneInfo("Europe/London"), {day: [(time(0), time(0))] for day in range(7)})
    day = date(2026, 3, 29)
    assert sum(((b - a) for a, b in always.openings(day)), timedelta()) == timedelta(hours=23)
    assert always.add_working(datetime(2026, 3, 29, 0, tzinfo=UTC), 23) == datetime(
        2026, 3, 29, 23, tzinfo=UTC
    )


def test_an_opening_that_the_clock_skips_counts_once() -> None:
    night = Calendar(ZoneInfo("Europe/London"), {6: [(time(0), time(1, 30)), (time(2), time(4))]})
    openings = night.openings(date(2026, 3, 29))
    assert sum(((b - a) for a, b in openings), timedelta()) == timedelta(hours=3)


def test_five_pm_stays_five_pm_when_summer_time_begins() -> None:
    thursday = datetime(2026, 3, 26, 17, tzinfo=UTC)  # 5 pm in London, still winter time
    end = calendar().add_working(thursday, 18)
    assert end.astimezone(ZoneInfo("Europe/London")).strftime("%a %H:%M") == "Mon 17:00"


def test_a_place_that_never_opens_says_so() -> None:
    with pytest.raises(ValueError, match="no opening"):
        Calendar(ZoneInfo("UTC"), {}).add_working(datetime(2026, 1, 1, tzinfo=UTC), 1)
    with pytest.raises(ValueError, match="negative"):
        calendar().add_working(datetime(2026, 1, 1, tzinfo=UTC), -1)
