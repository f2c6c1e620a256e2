"""Periods of FHIR as moments: days begin and end where the site is."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

ALWAYS, FOREVER = "-infinity", "infinity"
#: What has no clinical time is stored with the first moment there is; what has one, with this or later.
DATED = datetime(1, 1, 2, tzinfo=UTC)
_FORM = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?)?)?)?")
_zone: list[Callable[[], tzinfo]] = [lambda: UTC]


def use_zone(zone: Callable[[], tzinfo]) -> None:
    """Where to ask for the site's time zone: a day in a period begins and ends there."""
    _zone[0] = zone


def midnight(day: date) -> datetime:
    """The moment at which a day begins where the site is."""
    return datetime.combine(day, time(), _zone[0]())


Bound = datetime | str


def span(period: Any) -> tuple[Bound, Bound] | None:
    """[from, until) of a Period; open where it says nothing, None where it cannot be read (so: no grant)."""
    if period is None:
        return ALWAYS, FOREVER
    if not isinstance(period, dict):
        return None
    try:
        begins = _bound(period["start"], first=True) if "start" in period else ALWAYS
        ends = _bound(period["end"], first=False) if "end" in period else FOREVER
    except (ValueError, TypeError, KeyError, OverflowError):
        return None
    return begins, ends


def _bound(text: str, *, first: bool) -> Bound:
    """The first moment that a FHIR dateTime means, or the first one after it; no end comes after 9999."""
    if not _FORM.fullmatch(text):
        raise ValueError(text)
    if not first and text.startswith("9999"):
        return FOREVER
    if len(text) > 10:
        exact = datetime.fromisoformat(text)
        return exact if exact.tzinfo else exact.replace(tzinfo=UTC)
    parts = [int(part) for part in text.split("-")]
    year, month, day = (*parts, 1, 1)[:3]
    if not first:
        if len(parts) == 3:
            after = date(year, month, day) + timedelta(days=1)
            year, month, day = after.year, after.month, after.day
        elif len(parts) == 2:
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        else:
            year += 1
    return midnight(date(year, month, day))


def latest(one: Bound, other: Bound) -> Bound:
    """The later of two beginnings."""
    if isinstance(one, str) or isinstance(other, str):
        return other if isinstance(one, str) else one
    return max(one, other)


def earliest(one: Bound, other: Bound) -> Bound:
    """The earlier of two ends."""
    if isinstance(one, str) or isinstance(other, str):
        return other if isinstance(one, str) else one
    return min(one, other)
