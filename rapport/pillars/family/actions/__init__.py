"""Verbs of family and team together. One verb is one transaction through the door, keyword-only."""

from rapport.pillars.family.actions.helping import ask, give_back, take, withdraw

__all__ = ["ask", "give_back", "take", "withdraw"]
