"""Days covered: worked examples from the definition, and what must hold of any fills."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.pillars.plans.rules.adherence import THRESHOLD, Coverage, Fill, Stay, coverage

FIRST = date(2026, 1, 1)


def on(day: int) -> date:
    """The day of that number; 1 is the first."""
    return FIRST + timedelta(days=day - 1)


def covered(fills: list[tuple[str, int, int]], end: int, *stays: tuple[int, int]) -> Coverage | None:
    return coverage(
        [Fill(drug, on(day), supply) for drug, day, supply in fills],
        on(end),
        [Stay(on(first), on(last)) for first, last in stays],
    )


@pytest.mark.parametrize(
    ("fills", "end", "stays", "expected"),
    [
        # no gap; a gap of ten days; overlap carried forward; supply after the end cut
        ([("a", 1, 60), ("a", 61, 60)], 120, (), Fraction(1)),
        ([("a", 1, 50), ("a", 61, 60)], 120, (), Fraction(110, 120)),
        ([("a", 1, 60), ("a", 51, 60)], 120, (), Fraction(1)),
        ([("a", 1, 30), ("a", 91, 90)], 120, (), Fraction(60, 120)),
        # two drugs: a union, and nothing carried from one to the other
        ([("a", 1, 60), ("b", 31, 60)], 120, (), Fraction(90, 120)),
        ([("a", 1, 60), ("b", 1, 60), ("a", 100, 1)], 120, (), Fraction(61, 120)),
        # ten days in hospital: out of the days, and their supply used afterwards
        ([("a", 1, 60), ("a", 91, 30)], 120, ((11, 20),), Fraction(90, 110)),
        ([("a", 1, 30), ("a", 15, 30)], 120, ((21, 120),), Fraction(1)),
    ],
)
def test_worked(
    fills: list[tuple[str, int, int]], end: int, stays: tuple[tuple[int, int], ...], expected: Fraction
) -> None:
    found = covered(fills, end, *stays)
    assert found is not None and found.pdc == expected


def test_possession_overstates() -> None:
    found = covered([("a", 1, 90), ("a", 2, 90)], 120)
    assert found is not None and (found.pdc, found.mpr) == (Fraction(1), Fraction(180, 120))


def test_eighty_percent_is_compared_unrounded() -> None:
    just, below = covered([("a", 1, 79), ("a", 80, 1)], 100), covered([("a", 1, 798), ("a", 2, 1)], 1000)
    assert just is not None and below is not None
    assert just.pdc >= THRESHOLD > below.pdc and round(float(below.pdc), 2) == 0.8


@pytest.mark.parametrize(
    ("fills", "end", "stays"),
    [
        ([], 120, ()),
        ([("a", 1, 90)], 120, ()),
        ([("a", 1, 30), ("b", 1, 30)], 120, ()),
        ([("a", 1, 30), ("a", 31, 30)], 91, ()),
        ([("a", 1, 30), ("a", 200, 30)], 120, ()),
        ([("a", 1, 30), ("a", 31, 30)], 120, ((1, 120),)),
    ],
)
def test_undefined_stays_undefined(
    fills: list[tuple[str, int, int]], end: int, stays: tuple[tuple[int, int], ...]
) -> None:
    assert covered(fills, end, *stays) is None


def test_ninety_one_days_are_enough() -> None:
    assert covered([("a", 1, 30), ("a", 31, 30)], 92) is not None


def test_no_supply_is_refused() -> None:
    with pytest.raises(ValueError):
        covered([("a", 1, 0), ("a", 2, 5)], 120)


fills = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(1, 200), st.integers(1, 120)), min_size=2, max_size=12
)
stays = st.lists(st.tuples(st.integers(1, 200), st.integers(0, 20)), max_size=3)


@given(fills, stays)
def test_it_is_a_part_of_the_days(some: list[tuple[str, int, int]], away: list[tuple[int, int]]) -> None:
    found = covered(some, 220, *((first, first + length) for first, length in away))
    if found is not None:
        assert 0 < found.covered <= found.days <= 220
        assert len({drug for drug, _, _ in some}) > 1 or found.covered <= found.supplied


@given(fills, st.tuples(st.sampled_from("abc"), st.integers(1, 200), st.integers(1, 120)))
def test_one_more_fill_never_lowers_it(some: list[tuple[str, int, int]], more: tuple[str, int, int]) -> None:
    first = min(day for _, day, _ in some)
    before, after = covered(some, 220), covered([*some, (more[0], max(first, more[1]), more[2])], 220)
    if before is not None:
        assert after is not None and after.pdc >= before.pdc and after.mpr > before.mpr
