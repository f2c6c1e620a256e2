"""Goals, plans and days of a person, read through a door."""

from rapport.pillars.plans.reading.days import of_day, reports, told
from rapport.pillars.plans.reading.goals import attained, goals
from rapport.pillars.plans.reading.plans import need_template, plans, templates

__all__ = ["attained", "goals", "need_template", "of_day", "plans", "reports", "templates", "told"]
