"""Goals and plans of a person, read through a door."""

from rapport.pillars.plans.reading.goals import attained, goals
from rapport.pillars.plans.reading.plans import need_template, plans, templates

__all__ = ["attained", "goals", "need_template", "plans", "templates"]
