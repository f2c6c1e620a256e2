"""Goals, plans and days of a person, read through a door."""

from rapport.pillars.plans.reading.days import circle, of_day, of_day_later, reports, told
from rapport.pillars.plans.reading.goals import attained, goals
from rapport.pillars.plans.reading.plans import need_template, plans, templates
from rapport.pillars.plans.reading.supplies import medicines, progress, series

__all__ = [
    "attained",
    "circle",
    "goals",
    "medicines",
    "need_template",
    "of_day",
    "of_day_later",
    "plans",
    "progress",
    "reports",
    "series",
    "templates",
    "told",
]
