"""Verbs of family and team together. One verb is one transaction through the door, keyword-only."""

from rapport.pillars.family.actions.helping import ask, give_back, take, withdraw
from rapport.pillars.family.actions.meetings import Todo, bring, call, call_off, sum_up
from rapport.pillars.family.actions.news import report, take_back
from rapport.pillars.family.actions.todos import drop, plan, tick

__all__ = [
    "Todo",
    "ask",
    "bring",
    "call",
    "call_off",
    "drop",
    "give_back",
    "plan",
    "report",
    "sum_up",
    "take",
    "take_back",
    "tick",
    "withdraw",
]
