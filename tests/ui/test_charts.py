"""Charts: every value stands on the drawing, in order, the larger the higher; a calendar has each day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.ui.charts import AROUND, CELL, HEIGHT, LEFT, WIDTH, calendar, line, within

days = st.dates(date(2000, 1, 1), date(2060, 1, 1))
numbers = st.floats(-1e6, 1e6, allow_nan=False).map(lambda one: round(one, 3))
ends = st.one_of(st.none(), numbers)


@given(st.lists(st.tuples(days, numbers), min_size=1, max_size=30, unique_by=lambda one: one[0]), ends, ends)
def test_every_value_stands_on_the_drawing(
    values: list[tuple[date, float]], low: float | None, high: float | None
) -> None:
    values.sort()
    target = None if low is None and high is None else (low, high)
    chart = line(values, target=target)
    assert [dot.value for dot in chart.dots] == [value for _, value in values]
    for dot in chart.dots:
        assert LEFT <= dot.x <= WIDTH - AROUND and AROUND <= dot.y <= HEIGHT - AROUND
        assert dot.within == within(dot.value, target)
    for one, other in zip(chart.dots, chart.dots[1:], strict=False):
        assert one.x <= other.x
        assert (one.y - other.y) * (other.value - one.value) >= 0
    assert chart.points.count(",") == len(values)


def test_the_ends_of_a_target_are_within() -> None:
    assert within(130, (None, 130)) and not within(130.001, (None, 130))
    assert within(7, (7, 9)) and within(1, None) is None


def test_a_scale_that_is_given_is_the_scale() -> None:
    chart = line([(date(2026, 1, 1), 0.0)], low=-2, high=2, target=(0, None))
    assert [value for _, value in chart.marks] == [2, -2]
    assert chart.band == (AROUND, (HEIGHT - 2 * AROUND) / 2)


def test_nothing_is_no_chart() -> None:
    with pytest.raises(ValueError, match="value"):
        line([])


@given(days, st.integers(0, 200))
def test_a_calendar_has_every_day_once(first: date, count: int) -> None:
    last = first + timedelta(days=count)
    cells = calendar(first, last, [("a", {first}), ("b", {first, last})])
    assert [cell.day for cell in cells] == [first + timedelta(days=n) for n in range(count + 1)]
    assert len({(cell.x, cell.y) for cell in cells}) == count + 1
    assert all(cell.y == cell.day.weekday() * CELL for cell in cells)
    assert cells[0].state == "a" and (count == 0 or cells[-1].state == "b")
