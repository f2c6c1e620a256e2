"""The goals of a person, read through a door."""

from __future__ import annotations

from rapport.gate.door import Door
from rapport.gate.together import Asks, inquiry
from rapport.pillars.plans.rules.attainment import Attained, t_score
from rapport.pillars.plans.shapes.goals import GOAL, KIND, GoalFacts, read_goal

#: Most goals of one person that are read.
MOST = 100
_ORDER = ("proposed", "active", "reached", "declined", "ended", "")


@inquiry
def goals(_door: Door, patient: str) -> Asks[tuple[GoalFacts, ...]]:
    """All goals: what waits for a word first, then what goes on, then what is over; the newest first."""
    query = [("patient", patient), ("category", f"{KIND}|{GOAL}"), ("_count", str(MOST))]
    found = yield "Goal", query
    told = (read_goal(record.json) for record in found.matches)
    return tuple(sorted(told, key=lambda one: _ORDER.index(one.state)))


def attained(found: tuple[GoalFacts, ...]) -> float | None:
    """The T-score of the goals of which somebody said how far they came; None where there is none."""
    return t_score(
        Attained(one.level) for one in found if one.level is not None and one.state in ("active", "reached")
    )
