"""Orders of lists. Pure."""

from __future__ import annotations

from datetime import datetime

from rapport.pillars.conversations.shapes.concerns import ConcernTask

#: States in which the team has to act.
WITH_TEAM = ("raised", "accepted", "reopened")


def is_late(concern: ConcernTask, at: datetime) -> bool:
    """Whether the team's clock is past."""
    return concern.state in WITH_TEAM and concern.due is not None and concern.due <= at


def pressing(concern: ConcernTask, at: datetime) -> tuple[int, datetime, str]:
    """The inbox order, smallest first: red flags, late ones, the rest, then what waits for the patient.

    Within each, by arrival; the id decides between equals, so that the order is total.
    """
    band = 0 if concern.stat else 1 if is_late(concern, at) else 2
    return band if concern.state in WITH_TEAM else 3, concern.raised, concern.rid


def by_due(concern: ConcernTask) -> tuple[int, datetime, str]:
    """The other order that one may choose: by due time; what waits for the patient comes last."""
    return int(concern.state not in WITH_TEAM), concern.due or concern.raised, concern.rid


def for_patient(concern: ConcernTask) -> tuple[int, datetime, str]:
    """Within a conversation: what waits for the patient, what is open, what has ended; by arrival."""
    band = 0 if concern.state == "answered" else 1 if concern.is_open else 2
    return band, concern.raised, concern.rid
