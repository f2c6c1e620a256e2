"""Quantities and their like as numbers to compare: (low, high, key of the unit), once for each way to ask.

A unit is asked for with its system, or by its code or printed name alone. A UCUM unit that is known counts in
base units, so that 4 g and 4000 mg are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, TypeGuard

from rapport.fhir.keys import hash64
from rapport.fhir.units import UCUM, based

Json = dict[str, Any]

CURRENCIES: Final = "urn:iso:std:iso:4217"
_INF: Final = float("inf")
#: (low, high, unit, whether it is in base units); unit 0 where there is none.
Amounts = set[tuple[float, float, int, bool]]


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether a JSON value is a number (true is none)."""
    return type(value) in (int, float)


def _amount(value: Json) -> Amounts:
    number, sign = value.get("value"), value.get("comparator")
    if not is_number(number):
        return set()

    def row(at: float, unit: int, based: bool = False) -> tuple[float, float, int, bool]:
        return (-_INF if sign in ("<", "<=") else at), (_INF if sign in (">", ">=") else at), unit, based

    system, code, unit = value.get("system"), value.get("code"), value.get("unit")
    found = {row(float(number), hash64("", word)) for word in (code, unit) if type(word) is str and word}
    if type(system) is str and type(code) is str and system and code:
        known = based(Decimal(repr(number)), code) if system == UCUM else None
        if known:
            found.add(row(known[0], hash64(system, known[1]), True))
        else:
            found.add(row(float(number), hash64(system, code)))
    return found or {row(float(number), 0)}


def _money(value: Json) -> Amounts:
    return _amount({**value, "system": CURRENCIES, "code": value.get("currency")})


def _range(value: Json) -> Amounts:
    """From the low end to the high end, in each unit that both name."""
    lows, highs = (
        {row[2:]: row for row in _amount(end)} if type(end) is dict else {}
        for end in (value.get("low"), value.get("high"))
    )
    if not lows or not highs:
        ends = {(low, _INF, *unit) for unit, (low, *_) in lows.items()}
        return ends | {(-_INF, high, *unit) for unit, (_, high, *_) in highs.items()}
    both = {(lows[unit][0], highs[unit][1], *unit) for unit in lows.keys() & highs.keys()}
    plain = [min(row[at] for row in found.values() if not row[3]) for at, found in ((0, lows), (1, highs))]
    return both or {(plain[0], plain[1], 0, False)}


def _sampled(value: Json) -> Amounts:
    origin = value.get("origin")
    if type(origin) is not dict:
        return set()
    ends = [value.get(name) for name in ("lowerLimit", "upperLimit")]
    if all(map(is_number, ends)):
        low, high = ({**origin, "value": end} for end in ends)
        return _range({"low": low, "high": high})
    return _amount(origin)


AMOUNTS: Final[dict[str, Callable[[Json], Amounts]]] = {
    **dict.fromkeys(("Quantity", "Age", "Duration", "Count", "Distance"), _amount),
    "Money": _money,
    "Range": _range,
    "SampledData": _sampled,
}
