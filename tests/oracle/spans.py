"""What dates, numbers and amounts stand for, exactly: ranges; and how prefixes compare them (R4, 3.1.1.4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

Json = dict[str, Any]
Moments = tuple[datetime, datetime]
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

UCUM = "http://unitsofmeasure.org"
#: The UCUM codes that the worlds use: what one is in base units.
UNITS: dict[str, tuple[Fraction, str]] = {
    "kg": (Fraction(1000), "mass"),
    "g": (Fraction(1), "mass"),
    "mg": (Fraction(1, 1000), "mass"),
    "m": (Fraction(1), "length"),
    "cm": (Fraction(1, 100), "length"),
    "[in_i]": (Fraction(254, 10000), "length"),
    "s": (Fraction(1), "time"),
    "min": (Fraction(60), "time"),
    "h": (Fraction(3600), "time"),
    "d": (Fraction(86400), "time"),
    "a": (Fraction(31557600), "time"),
    "mg/dL": (Fraction(10), "mass by volume"),
    "g/L": (Fraction(1000), "mass by volume"),
    "1": (Fraction(1), "number"),
    "%": (Fraction(1, 100), "number"),
}


def date(text: str) -> Moments:
    """All that a date or time may mean: `2024-02` is February. Without a zone it is UTC."""
    day, _, clock = text.partition("T")
    numbers = [int(each) for each in day.split("-")]
    if not clock:
        year, month, dom = [*numbers, 0, 0][:3]
        low = datetime(year, month or 1, dom or 1, tzinfo=UTC)
        if dom:
            return low, low + timedelta(days=1)
        later = (year + month // 12, month % 12 + 1) if month else (year + 1, 1)
        return low, datetime(*later, 1, tzinfo=UTC)
    shift = timedelta()
    if clock[-1] == "Z":
        clock = clock[:-1]
    elif clock[-6:-5] in ("+", "-"):
        shift = timedelta(hours=int(clock[-5:-3]), minutes=int(clock[-2:])) * (1 if clock[-6] == "+" else -1)
        clock = clock[:-6]
    hour, minute, second = [*clock.split(":"), ""][:3]
    whole, _, part = second.partition(".")
    low = datetime(*numbers, int(hour), int(minute), min(int(whole or 0), 59), tzinfo=UTC)
    if not second:
        length = timedelta(minutes=1)
    elif not part:
        length = timedelta(seconds=1)
    else:
        low += timedelta(microseconds=int(part[:6].ljust(6, "0")))
        length = timedelta(microseconds=10 ** max(0, 6 - len(part)))
    return low - shift, low - shift + length


def times(kind: str, value: Any) -> Moments | None:
    """The outer limits of a date, Period or Timing."""
    if kind == "Period":
        if not {"start", "end"} & value.keys():
            return None
        start, end = value.get("start"), value.get("end")
        return (date(start)[0] if start else FIRST), (date(end)[1] if end else LAST)
    if kind == "Timing":
        each = [date(one) for one in value.get("event", ())]
        bounds = value.get("repeat", {}).get("boundsPeriod")
        each += [found] if bounds and (found := times("Period", bounds)) else []
        return (min(low for low, _ in each), max(high for _, high in each)) if each else None
    return date(value) if kind in ("date", "dateTime", "instant") else None


def within(prefix: str, have: Moments, want: Moments) -> bool:
    """Whether the range of a resource stands to the range asked for as the prefix says."""
    (low, high), (a, b) = have, want
    inside = a <= low and high <= b
    if prefix == "ap":
        slack = abs(datetime.now(UTC) - a) / 10
        a = a - slack if a - FIRST > slack else FIRST
        b = b + slack if LAST - b > slack else LAST
        return low < b and high > a
    return {
        "eq": inside,
        "ne": not inside,
        "gt": high > b,
        "lt": low < a,
        "ge": high > b or inside,
        "le": low < a or inside,
        "sa": low >= b,
        "eb": high <= a,
    }[prefix]


Numbers = tuple[Fraction | float, Fraction | float]
INFINITE = float("inf")


def number(text: str) -> tuple[Fraction, Fraction, Fraction]:
    """The number written, and the range that its last digit leaves open."""
    exact = Decimal(text)
    half = Decimal(5).scaleb(int(exact.as_tuple().exponent) - 1)
    return Fraction(exact), Fraction(exact - half), Fraction(exact + half)


def compare(prefix: str, have: Numbers, asked: tuple[Fraction, Fraction, Fraction]) -> bool:
    """The same for numbers. Precision counts for eq and ne alone; ap is a tenth to either side."""
    (low, high), (exact, a, b) = have, asked
    if prefix == "ap":
        slack = abs(exact) / 10
        return low <= exact + slack and high >= exact - slack
    inside = a <= low and high < b
    return {
        "eq": inside,
        "ne": not inside,
        "gt": high > exact,
        "lt": low < exact,
        "ge": high >= exact,
        "le": low <= exact,
        "sa": low > exact,
        "eb": high < exact,
    }[prefix]


def ends(value: Json) -> Numbers | None:
    """The range of a quantity: one number, or open to one side by its comparator."""
    if "value" not in value:
        return None
    exact, sign = Fraction(Decimal(repr(value["value"]))), value.get("comparator", "")
    return (-INFINITE if "<" in sign else exact), (INFINITE if ">" in sign else exact)


def amounts(kind: str, value: Json, unit: tuple[str, str] | None) -> list[Numbers]:
    """The range of an amount, if it is measured in that unit: (system, code), or ("", code or name)."""
    if kind == "Money":
        value = {**value, "system": "urn:iso:std:iso:4217", "code": value.get("currency")}
    if kind == "Range":
        sides = [value.get(name) for name in ("low", "high")]
        found = [_measured(side, unit) for side in sides if side]
        if not found or None in found:
            return []
        low = found[0][0] if sides[0] else -INFINITE  # type: ignore[index]
        high = found[-1][1] if sides[1] else INFINITE  # type: ignore[index]
        return [(low, high)]
    if kind == "SampledData":
        origin = value.get("origin", {})
        if {"lowerLimit", "upperLimit"} <= value.keys():
            low, high = ({**origin, "value": value[name]} for name in ("lowerLimit", "upperLimit"))
            return amounts("Range", {"low": low, "high": high}, unit)
        value = origin
    measured = _measured(value, unit)
    return [measured] if measured else []


def _measured(value: Json, unit: tuple[str, str] | None) -> Numbers | None:
    found = ends(value)
    if found is None or unit is None:
        return found
    system, code = unit
    if not system:
        return found if code in (value.get("code"), value.get("unit")) else None
    if value.get("system") != system:
        return None
    if system == UCUM:
        mine, asked = UNITS[value["code"]], UNITS[code]
        return (found[0] * mine[0], found[1] * mine[0]) if mine[1] == asked[1] else None
    return found if value.get("code") == code else None
