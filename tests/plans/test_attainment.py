"""Goal Attainment Scaling: worked examples, and what must hold of any goals."""

from __future__ import annotations

from math import isclose, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.pillars.plans.rules.attainment import Attained, change, t_score, weight

goals = st.lists(st.builds(Attained, st.integers(-2, 2), st.integers(0, 9)), max_size=12)


def score(*levels: int) -> float | None:
    return t_score(Attained(level) for level in levels)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ((0,), 50),
        ((-1,), 40),
        ((2,), 70),
        ((0, 0, 0), 50),
        ((-1, -1, -1), 50 - 30 / sqrt(0.7 * 3 + 0.3 * 9)),
        ((1, -1), 50),
        ((2, 2), 50 + 40 / sqrt(0.7 * 2 + 0.3 * 4)),
    ],
)
def test_worked(levels: tuple[int, ...], expected: float) -> None:
    found = score(*levels)
    assert found is not None and isclose(found, expected, abs_tol=1e-9)


def test_three_goals_at_minus_one_are_36_31() -> None:
    found = score(-1, -1, -1)
    assert found is not None and round(found, 2) == 36.31


def test_weights() -> None:
    """Importance 3 and difficulty 2 against 1 and 1: 6·1 + 1·(-2) = 4 over √(0.7·37 + 0.3·49)."""
    found = t_score([Attained(1, weight(3, 2)), Attained(-2, weight(1, 1))])
    assert found is not None and isclose(found, 50 + 40 / sqrt(0.7 * 37 + 0.3 * 49))


def test_undefined_stays_undefined() -> None:
    assert t_score([]) is None and t_score([Attained(2, 0)]) is None
    assert change([], [Attained(1)]) is None and change([Attained(1)], []) is None


@pytest.mark.parametrize("wrong", [Attained(3), Attained(-3), Attained(0, -1)])
def test_what_is_no_level_or_weight_is_refused(wrong: Attained) -> None:
    with pytest.raises(ValueError):
        t_score([wrong])
    with pytest.raises(ValueError):
        weight(4, 1)


@given(goals)
def test_as_expected_is_fifty_and_sides_mirror(some: list[Attained]) -> None:
    found = t_score(some)
    mirrored = t_score(Attained(-goal.level, goal.weight) for goal in some)
    if found is None or mirrored is None:
        assert found == mirrored
        return
    assert isclose(found - 50, 50 - mirrored, abs_tol=1e-9)
    assert t_score(Attained(0, goal.weight) for goal in some) == 50


@given(goals, st.integers(1, 5))
def test_only_the_ratio_of_weights_counts(some: list[Attained], factor: int) -> None:
    found, scaled = t_score(some), t_score(Attained(goal.level, goal.weight * factor) for goal in some)
    assert found == scaled is None or (found is not None and scaled is not None and isclose(found, scaled))


@given(goals.filter(bool), st.data())
def test_one_goal_better_is_never_worse(some: list[Attained], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(some) - 1))
    better = list(some)
    better[place] = Attained(min(2, some[place].level + 1), some[place].weight)
    before, after = t_score(some), t_score(better)
    assert before == after or (before is not None and after is not None and after > before)
