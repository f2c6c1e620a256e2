"""Verbs of goals, plans and days. Each is one transaction through the door."""

from rapport.pillars.plans.actions.days import choose, report, settle, take, tick_for
from rapport.pillars.plans.actions.goals import level, move, say, steps
from rapport.pillars.plans.actions.plans import answer, apply, settle_counter

__all__ = [
    "answer",
    "apply",
    "choose",
    "level",
    "move",
    "report",
    "say",
    "settle",
    "settle_counter",
    "steps",
    "take",
    "tick_for",
]
