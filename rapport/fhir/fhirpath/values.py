"""The values of FHIRPath that Python has not: dates as precise as they are written, and quantities.

Numbers are int and Decimal, texts str, truths bool.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any, Final

from rapport.fhir import units


class PathError(ValueError):
    """An expression that can't be read, or can't be worked out on what it was given."""


#: Words for durations -> the UCUM code that means the same, '' where none does (a month has no fixed length).
CALENDAR: Final = {
    "year": "", "years": "", "month": "", "months": "", "week": "wk", "weeks": "wk", "day": "d", "days": "d",
    "hour": "h", "hours": "h", "minute": "min", "minutes": "min", "second": "s", "seconds": "s",
    "millisecond": "ms", "milliseconds": "ms",
}  # fmt: skip
#: For what must not lose digits on the way.
WIDE: Final = Context(prec=60)
#: Farthest that two clocks can be apart.
_APART: Final = timedelta(hours=26)

_FORM: Final = re.compile(
    r"(?:(\d{4})(?:-(\d\d)(?:-(\d\d))?)?)?(T)?(?:(\d\d)(?::(\d\d)(?::(\d\d(?:\.\d+)?))?)?(Z|[+-]\d\d:\d\d)?)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A Date, DateTime or Time.

    fields  year, month, day, hour, minute, second (of a Time from the hour), as far as they are written;
            seconds are a Decimal with the digits they were written with
    offset  minutes east of UTC; None for none
    """

    kind: str
    fields: tuple[int | Decimal, ...]
    offset: int | None = None

    @staticmethod
    def literal(text: str) -> Moment:
        """What stands after @ in an expression."""
        kind = "Time" if text[0] == "T" else "DateTime" if "T" in text else "Date"
        found = Moment.read(text.removeprefix("T") if kind == "Time" else text, kind)
        if found is None:
            raise PathError(f"has a date or time that does not exist: {text}")
        return found

    @staticmethod
    def read(text: str, kind: str) -> Moment | None:
        """A value of this kind; None when the text is none."""
        match = _FORM.fullmatch(text)
        if match is None or len(text) > 64:
            return None
        *days, sign, hour, minute, second, zone = match.groups()
        fields: list[int | Decimal] = [int(one) for one in (*days, hour, minute) if one]
        if second:
            fields.append(Decimal(second))
        if kind == "Time":
            good = not days[0] and not sign and hour and not zone
        else:
            good = days[0] and (bool(sign) or not hour) and (kind == "DateTime" or not sign)
            good = good and (not hour or days[2])
        found = Moment(kind, tuple(fields), _offset(zone))
        return found if good and _exists(found) else None

    def __str__(self) -> str:
        return write(self)


def _offset(zone: str | None) -> int | None:
    if zone is None:
        return None
    return 0 if zone == "Z" else (1 if zone[0] == "+" else -1) * (int(zone[1:3]) * 60 + int(zone[4:6]))


def _exists(moment: Moment) -> bool:
    """Whether the calendar and the clock have it."""
    days, clock = parts(moment)
    try:
        if days:
            date(*(*days, 1, 1)[:3])
    except ValueError:
        return False
    limits = (24, 60, 61)
    return all(value < limit for value, limit in zip(clock, limits, strict=False)) and (
        moment.offset is None or abs(moment.offset) <= 14 * 60
    )


def parts(moment: Moment) -> tuple[tuple[int, ...], tuple[int | Decimal, ...]]:
    """Year to day, and hour to second."""
    if moment.kind == "Time":
        return (), moment.fields
    return tuple(int(one) for one in moment.fields[:3]), moment.fields[3:]


def write(moment: Moment) -> str:
    """As FHIRPath writes it, without @."""
    days, clock = parts(moment)
    text = "-".join(f"{one:04}" if at == 0 else f"{one:02}" for at, one in enumerate(days))
    times = [f"{one:02}" if isinstance(one, int) else _seconds(one) for one in clock]
    if times:
        text += ("" if moment.kind == "Time" else "T") + ":".join(times)
    if moment.offset is None or not times:
        return text
    if moment.offset == 0:
        return text + "Z"
    hours, minutes = divmod(abs(moment.offset), 60)
    return f"{text}{'-' if moment.offset < 0 else '+'}{hours:02}:{minutes:02}"


def _seconds(value: Decimal) -> str:
    text = f"{value:f}"
    return text if value >= 10 else "0" + text


def naive(moment: Moment) -> datetime:
    """Its first moment on its own clock."""
    days, clock = parts(moment)
    year, month, day = (*(days or (1970,)), 1, 1)[:3]
    start = datetime(year, month, day)  # noqa: DTZ001 - a clock without a zone
    hour, minute, second = (*clock, 0, 0, 0)[:3]
    return start + timedelta(hours=int(hour), minutes=int(minute), microseconds=int(second * 1_000_000))


def order(one: Moment, other: Moment) -> int | None:
    """-1, 0 or 1; None when their precision does not say. Dates and times can't be compared."""
    if (one.kind == "Time") != (other.kind == "Time"):
        raise PathError("can't compare a date with a time")
    timed = len(one.fields) > 3 and len(other.fields) > 3 and one.kind != "Time"
    if timed and (one.offset is None) != (other.offset is None):
        apart = naive(one) - naive(other)
        return None if abs(apart) <= _APART else (-1 if apart < timedelta() else 1)
    if timed and one.offset != other.offset:
        one, other = utc(one), utc(other)
    for mine, yours in zip(one.fields, other.fields, strict=False):
        if mine != yours:
            return -1 if mine < yours else 1
    return 0 if len(one.fields) == len(other.fields) else None


def utc(moment: Moment) -> Moment:
    """The same moment on the clock of UTC, as precise as before."""
    try:
        at = naive(moment) - timedelta(minutes=moment.offset or 0)
    except OverflowError:
        return moment
    fields: tuple[int | Decimal, ...] = (at.year, at.month, at.day, at.hour, at.minute)
    return replace(moment, fields=(*fields, *moment.fields[5:])[: len(moment.fields)], offset=0)


def now() -> Moment:
    """This moment, to the millisecond, in UTC."""
    at = datetime.now(UTC)
    second = Decimal(at.second * 1000 + at.microsecond // 1000).scaleb(-3)
    return Moment("DateTime", (at.year, at.month, at.day, at.hour, at.minute, second), 0)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value and its unit: a UCUM code, or with `calendar` a word such as `days`."""

    value: Decimal
    unit: str = "1"
    calendar: bool = False

    def __str__(self) -> str:
        return f"{self.value:f} {self.unit}" if self.calendar else f"{self.value:f} '{self.unit}'"


#: Numbers larger or smaller by more than this measure nothing, and would cost much to compare exactly.
_DIGITS: Final = 400
_MONTHS: Final = {"year": 12, "month": 1}


def sizes(one: Quantity, other: Quantity) -> tuple[Fraction, Fraction] | None:
    """Both values in the same unit, exactly; None when that can't be."""
    if max(abs(one.value.adjusted()), abs(other.value.adjusted())) > _DIGITS:
        return None
    if one.calendar or other.calendar:
        mine, yours = _months(one), _months(other)
        if mine is not None and yours is not None:
            return mine, yours
        if mine is not None or yours is not None:
            return None
    first, second = _code(one), _code(other)
    if first == second:
        return Fraction(one.value), Fraction(other.value)
    here, there = units.convert(one.value, first), units.convert(other.value, second)
    if here is None or there is None or here[1].dims != there[1].dims:
        return None
    return here[0], there[0]


def _months(quantity: Quantity) -> Fraction | None:
    count = _MONTHS.get(quantity.unit.removesuffix("s")) if quantity.calendar else None
    return None if count is None else Fraction(quantity.value) * count


def _code(quantity: Quantity) -> str:
    return CALENDAR.get(quantity.unit, "") if quantity.calendar else quantity.unit


def is_number(value: Any) -> bool:
    """True for an integer or a decimal."""
    return type(value) is int or type(value) is Decimal
