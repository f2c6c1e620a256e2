"""Verbs of family and team together. One verb is one transaction through the door, keyword-only."""

from rapport.pillars.family.actions.helping import ask, give_back, take, withdraw
from rapport.pillars.family.actions.news import report, take_back
from rapport.pillars.family.actions.todos import drop, plan, tick

__all__ = ["ask", "drop", "give_back", "plan", "report", "take", "take_back", "tick", "withdraw"]
