"""Goal Attainment Scaling: how far somebody came with all their goals, as one number.

T = 50 + 10 Σ(w·x) / √((1 − ρ) Σw² + ρ (Σw)²), with ρ = 0.3 the correlation that is assumed between goals.
Source: Kiresuk and Sherman, Community Mental Health Journal 1968;4:443; weights as importance × difficulty,
Turner-Stokes, Clinical Rehabilitation 2009;23:362, whose printed formulas were corrected in an erratum.
50 is "all as expected", and 10 is one standard deviation; no smallest difference that matters is agreed on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

#: The correlation between goals that the formula assumes.
RHO = 0.3
#: Attainment: -2 much less than expected … 0 as expected … +2 much more.
LEVELS = range(-2, 3)
#: Importance and difficulty, each.
WEIGHTS = range(4)


@dataclass(frozen=True, slots=True)
class Attained:
    """One goal: its level of `LEVELS`; its weight (importance × difficulty, 0 to 9; 1 when unweighted)."""

    level: int
    weight: int = 1


def weight(importance: int, difficulty: int) -> int:
    """The weight of a goal from two ratings of `WEIGHTS`. ValueError for another rating."""
    if importance not in WEIGHTS or difficulty not in WEIGHTS:
        raise ValueError("importance and difficulty are 0 to 3")
    return importance * difficulty


def t_score(goals: Iterable[Attained]) -> float | None:
    """The T-score, not rounded; None where no goal has a weight: it is undefined then, not 50.

    Goals of weight 0 count for nothing. ValueError for a level that is none, or a weight below 0.
    """
    counted = []
    for goal in goals:
        if goal.level not in LEVELS or goal.weight < 0:
            raise ValueError("a level is -2 to 2, and a weight is not negative")
        if goal.weight:
            counted.append(goal)
    if not counted:
        return None
    total = sum(goal.weight for goal in counted)
    squares = sum(goal.weight**2 for goal in counted)
    moved = sum(goal.weight * goal.level for goal in counted)
    return 50 + 10 * moved / sqrt((1 - RHO) * squares + RHO * total**2)


def change(baseline: Iterable[Attained], achieved: Iterable[Attained]) -> float | None:
    """How much the T-score moved; None where either is undefined."""
    before, after = t_score(baseline), t_score(achieved)
    return None if before is None or after is None else after - before
