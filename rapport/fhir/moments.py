"""FHIR dates as half-open spans of time in UTC: `2024-05` is [1 May, 1 June).

A time without an offset counts as UTC. Open ends are EARLIEST and LATEST.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

Span = tuple[datetime, datetime]

EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
LATEST: Final = datetime.max.replace(tzinfo=UTC)

_FORM: Final = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII
)


@lru_cache(maxsize=8192)
def _span(text: str) -> Span | None:
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        # A leap second is kept as the last second of its minute.
        low = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0),
            min(int(second or 0), 59), int((fraction or "0")[:6].ljust(6, "0")), UTC,
        )  # fmt: skip
        high = _next(low, month, day, hour, second, fraction)
        if zone and zone != "Z":
            shift = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6])) * (-1 if zone[0] == "-" else 1)
            low, high = low - shift, high - shift
    except ValueError:
        return None
    except OverflowError:
        return (EARLIEST, EARLIEST) if year == "0001" else (LATEST, LATEST)
    return low, high


def _next(
    low: datetime,
    month: str | None,
    day: str | None,
    hour: str | None,
    second: str | None,
    fraction: str | None,
) -> datetime:
    """The moment after all that the written precision covers."""
    if month is None or day is None:
        year, number = (low.year + 1, 1) if month is None or low.month == 12 else (low.year, low.month + 1)
        return LATEST if year > 9999 else low.replace(year=year, month=number)
    if fraction is not None:
        return low + timedelta(microseconds=10 ** max(0, 6 - len(fraction)))
    step = (
        timedelta(days=1)
        if hour is None
        else timedelta(minutes=1)
        if second is None
        else timedelta(seconds=1)
    )
    return LATEST if LATEST - low < step else low + step


def span(value: Any) -> Span | None:
    """The span of a date, dateTime or instant; None when it is not one."""
    return _span(value) if type(value) is str else None


def period(value: Any) -> Span | None:
    """The span of a Period; a missing end is open, a Period without both covers nothing."""
    if type(value) is not dict:
        return None
    start, end = span(value.get("start")), span(value.get("end"))
    if start is None and end is None:
        return None
    return start[0] if start else EARLIEST, end[1] if end else LATEST


def timing(value: Any) -> Span | None:
    """From the first to the last moment that a Timing names; None when it names none."""
    if type(value) is not dict:
        return None
    events = value.get("event")
    found = [one for one in map(span, events) if one] if type(events) is list else []
    repeat = value.get("repeat")
    bounds = period(repeat.get("boundsPeriod")) if type(repeat) is dict else None
    if bounds:
        found.append(bounds)
    return (min(low for low, _ in found), max(high for _, high in found)) if found else None
