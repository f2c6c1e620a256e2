"""Verbs of hard news."""

from rapport.pillars.hard_news.actions.bereavement import family_done, record_death, take_family, undo_death
from rapport.pillars.hard_news.actions.telling import (
    answer,
    check_in_done,
    not_needed,
    plan_check_in,
    take_call,
    take_check_in,
    tell_done,
    unwish,
    wish,
)

__all__ = [
    "answer",
    "check_in_done",
    "family_done",
    "not_needed",
    "plan_check_in",
    "record_death",
    "take_call",
    "take_check_in",
    "take_family",
    "tell_done",
    "undo_death",
    "unwish",
    "wish",
]
