"""What an answer to a check-in is, and when one may be planned. Pure; time is passed in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from rapport.fhir.outcomes import Refused
from rapport.pillars.hard_news.shapes import HOW, PRIVATE, is_answer, read_answer

#: Not before a day has passed, not after three.
SOONEST, LATEST = timedelta(hours=24), timedelta(hours=72)
LONGEST = 4000
#: The day was chosen a moment before it is kept.
SLACK = timedelta(minutes=5)


def judge(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> None:
    """Refused for what no writer may make of an answer: it is given once, and kept from the circle."""
    if before is not None or after is None:
        raise Refused("rule", "What was answered stays as it was.", "Write a message to say more.")
    _check, said = read_answer(after)
    labels = {(one.get("system"), one.get("code")) for one in (after.get("meta") or {}).get("security") or ()}
    if not is_answer(after) or said.how not in HOW or len(said.words) > LONGEST or said.at is None:
        raise Refused("rule", "It does not say how it is.", "Choose one of the answers.")
    if PRIVATE not in labels:
        raise Refused("rule", "An answer like this is kept from the circle.", "Leave its label on it.")


def fits(told: datetime, again: datetime) -> bool:
    """Whether a check-in comes 24 to 72 hours after hard news."""
    return SOONEST - SLACK <= again - told <= LATEST
