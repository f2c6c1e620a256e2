"""Reckoning with dates: moments moved by durations, and the first and last moment that a value can mean."""

from __future__ import annotations

import calendar
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Final

from .values import CALENDAR, WIDE, Moment, PathError, Quantity, naive, parts

#: Words and codes -> months, or milliseconds. A UCUM year or month is an average: no date moves by it.
_MONTHS: Final = {"year": 12, "month": 1}
_MILLIS: Final = {
    "week": 604_800_000, "day": 86_400_000, "hour": 3_600_000, "minute": 60_000, "second": 1000,
    "millisecond": 1, "wk": 604_800_000, "d": 86_400_000, "h": 3_600_000, "min": 60_000, "s": 1000, "ms": 1,
}  # fmt: skip
#: Milliseconds in the smallest part that is written, by how many parts are.
_STEPS: Final = {4: 3_600_000, 5: 60_000, 6: 1}
_DAY: Final = 86_400_000
#: Digits a value is given to -> how many of its parts that is.
_DATE_DIGITS: Final = {4: 1, 6: 2, 8: 3, 10: 4, 12: 5, 14: 6, 17: 6}
_TIME_DIGITS: Final = {2: 1, 4: 2, 6: 3, 9: 3}
_PLACES: Final = 31


def move(moment: Moment, by: Quantity, sign: int) -> Moment | None:
    """The moment so much later (or earlier), as precise as before; None beyond the years 1 to 9999."""
    word = by.unit.removesuffix("s") if by.unit in CALENDAR else by.unit
    if abs(by.value.adjusted()) > 20:
        return None
    count = int(by.value) * sign
    try:
        if word in _MONTHS and moment.kind != "Time":
            return _months(moment, count * _MONTHS[word])
        if word in _MILLIS and (by.unit in CALENDAR or word not in CALENDAR):
            return _millis(moment, count * _MILLIS[word])
    except (OverflowError, ValueError):
        return None
    raise PathError(f"can't add {by} to a {moment.kind}")


def _months(moment: Moment, count: int) -> Moment:
    days, clock = parts(moment)
    year, month, *day = days if len(days) > 1 else (days[0], 1)
    total = year * 12 + month - 1 + (count if len(days) > 1 else int(count / 12) * 12)
    year, month = total // 12, total % 12 + 1
    if not 1 <= year <= 9999:
        raise OverflowError
    last = calendar.monthrange(year, month)[1]
    fields = (year, month, *(min(one, last) for one in day))[: max(len(days), 1)]
    return replace(moment, fields=(*fields, *clock))


def _millis(moment: Moment, count: int) -> Moment:
    if moment.kind == "Time":
        step = {1: 3_600_000, 2: 60_000}.get(len(moment.fields), 1)
        return _clocked(moment, naive(moment) + timedelta(milliseconds=int(count / step) * step % _DAY), 0)
    size = len(moment.fields)
    if size == 1:
        return _months(moment, int(count / _DAY / 365) * 12)
    if size == 2:
        return _months(moment, int(count / _DAY / 30))
    step = _STEPS.get(size, _DAY)
    return _clocked(moment, naive(moment) + timedelta(milliseconds=int(count / step) * step), 3)


def _clocked(moment: Moment, at: datetime, days: int) -> Moment:
    """The same kind of moment at another time of the calendar."""
    fields: tuple[Any, ...] = (*(at.year, at.month, at.day)[:days], at.hour, at.minute)
    if len(moment.fields) == days + 3:
        written = moment.fields[-1]
        assert isinstance(written, Decimal)
        second = Decimal(at.second * 1_000_000 + at.microsecond).scaleb(-6)
        exact = second.quantize(written) if written.as_tuple().exponent > -6 else second  # type: ignore[operator]
        fields += (exact if exact == second else second.normalize(),)
    return replace(moment, fields=fields[: len(moment.fields)])


# The ends of what a value can mean ------------------------------------------------------------------------


def boundary(value: Any, digits: int | None, *, high: bool) -> Any:
    """The least or the greatest that a value as precise as this can mean; None when there is none."""
    if type(value) is int or type(value) is Decimal:
        return _decimal(Decimal(value), 8 if digits is None else digits, high)
    if type(value) is Quantity:
        found = _decimal(value.value, 8 if digits is None else digits, high)
        return None if found is None else replace(value, value=found)
    if type(value) is Moment:
        return _moment(value, digits, high)
    return None


def _decimal(value: Decimal, digits: int, high: bool) -> Decimal | None:
    exponent = value.as_tuple().exponent
    if not 0 <= digits <= _PLACES or not isinstance(exponent, int) or abs(value.adjusted()) > _PLACES:
        return None
    half = Decimal(5).scaleb(exponent - 1)
    end = value + half if high else value - half
    return end.quantize(Decimal(1).scaleb(-digits), ROUND_CEILING if high else ROUND_FLOOR, WIDE)


def _moment(value: Moment, digits: int | None, high: bool) -> Moment | None:
    table = _TIME_DIGITS if value.kind == "Time" else _DATE_DIGITS
    wanted = {"Date": 8, "DateTime": 17, "Time": 9}[value.kind] if digits is None else digits
    if wanted not in table:
        return None
    size, exact = table[wanted], wanted in (9, 17)
    fields = list(value.fields)
    if value.kind == "Time":
        fields += [(23, 59, 59)[at] if high else 0 for at in range(len(fields), 3)]
    else:
        while len(fields) < 6:
            fields.append(_part(fields, len(fields), high))
    last = Decimal(fields[-1])
    if exact:
        room = Decimal("0.999") if high and len(value.fields) < len(fields) else Decimal("0.000")
        fields[-1] = (last + room).quantize(Decimal("0.001"), ROUND_FLOOR)
    else:
        fields[-1] = last.quantize(Decimal(1), ROUND_FLOOR)
    offset = value.offset
    if offset is None and value.kind == "DateTime" and size > 3:
        offset = -12 * 60 if high else 14 * 60
    kind = "Date" if value.kind == "DateTime" and size <= 3 else value.kind
    return Moment(kind, tuple(fields[:size]), offset if size > 3 else None)


def _part(fields: list[Any], at: int, high: bool) -> int:
    """The first or last month, day, hour, minute or second."""
    if not high:
        return 1 if at < 3 else 0
    if at == 2:
        return calendar.monthrange(int(fields[0]), int(fields[1]))[1]
    return (0, 12, 31, 23, 59, 59)[at]


def precision(value: Any) -> int | None:
    """How many digits a value is written with."""
    if type(value) is Moment:
        days, clock = parts(value)
        seconds = clock[2] if len(clock) > 2 else Decimal(0)
        more = -Decimal(seconds).as_tuple().exponent if len(clock) > 2 else 0  # type: ignore[operator]
        return (0, 4, 6, 8)[len(days)] + 2 * len(clock) + more
    if type(value) is int or type(value) is Decimal:
        found = Decimal(value).as_tuple()
        return max(-found.exponent, 0) if isinstance(found.exponent, int) else None
    return None
