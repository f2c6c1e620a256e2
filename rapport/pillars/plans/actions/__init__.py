"""Verbs of goals and plans. Each is one transaction through the door."""

from rapport.pillars.plans.actions.goals import level, move, say, steps
from rapport.pillars.plans.actions.plans import answer, apply

__all__ = ["answer", "apply", "level", "move", "say", "steps"]
