"""Sums: + - * / div mod & on numbers, texts, dates and quantities. None for what has no result (1 / 0)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Context, Decimal, InvalidOperation, Overflow
from fractions import Fraction
from typing import Any, Final

from . import reckoning
from .values import Moment, PathError, Quantity, is_number, sizes

#: Results never grow beyond these.
LONGEST_TEXT: Final = 1024 * 1024
_LARGEST: Final = 2**63
#: As exact as R4 asks, and bounded.
EXACT: Final = Context(prec=28, Emax=999_999, Emin=-999_999, traps=[InvalidOperation, Overflow])


def add(one: Any, other: Any) -> Any:
    """`one + other`"""
    if type(one) is str and type(other) is str:
        return join(one, other)
    return _sum(one, other, 1)


def subtract(one: Any, other: Any) -> Any:
    """`one - other`"""
    return _sum(one, other, -1)


def _sum(one: Any, other: Any, sign: int) -> Any:
    if is_number(one) and is_number(other):
        if _whole(one, other):
            return number(one + other * sign)
        return EXACT.add(Decimal(one), Decimal(other) * sign)
    if type(one) is Moment and type(other) is Quantity:
        return reckoning.move(one, other, sign)
    if type(one) is Quantity and type(other) is Quantity:
        if one.unit == other.unit:
            return replace(one, value=EXACT.add(one.value, other.value * sign))
        both = sizes(one, other)
        if both is None or not one.value:
            return None
        factor = both[0] / Fraction(one.value)
        more = both[1] / factor
        return replace(one, value=EXACT.add(one.value, decimal(more) * sign))
    raise PathError("can't add or subtract values of these types")


def decimal(size: Fraction) -> Decimal:
    """A fraction as a decimal."""
    return EXACT.divide(Decimal(size.numerator), Decimal(size.denominator))


def _whole(one: Any, other: Any) -> bool:
    return type(one) is int and type(other) is int


def number(value: Any) -> Any:
    """A whole number that is not too large."""
    if type(value) is int and abs(value) >= _LARGEST:
        raise PathError("makes a number that is too large")
    return value


def multiply(one: Any, other: Any) -> Any:
    """`one * other`"""
    if is_number(one) and is_number(other):
        return number(one * other) if _whole(one, other) else EXACT.multiply(Decimal(one), Decimal(other))
    mine, yours = _quantities(one, other)
    return Quantity(EXACT.multiply(mine.value, yours.value), _unit(mine.unit, yours.unit, "."))


def divide(one: Any, other: Any) -> Any:
    """`one / other`, always a decimal"""
    if is_number(one) and is_number(other):
        return EXACT.divide(Decimal(one), Decimal(other)) if other else None
    mine, yours = _quantities(one, other)
    if not yours.value:
        return None
    return Quantity(EXACT.divide(mine.value, yours.value), _unit(mine.unit, yours.unit, "/"))


def _quantities(one: Any, other: Any) -> tuple[Quantity, Quantity]:
    found = [Quantity(Decimal(side)) if is_number(side) else side for side in (one, other)]
    if not all(type(side) is Quantity for side in found):
        raise PathError("can't multiply or divide values of these types")
    return found[0], found[1]


def _unit(one: str, other: str, sign: str) -> str:
    if other == "1":
        return one
    if one == "1" and sign == ".":
        return other
    if one == other and sign == "/":
        return "1"
    return f"({one}){sign}({other})"


def whole_divide(one: Any, other: Any) -> Any:
    """`one div other`, without a remainder, towards zero"""
    _numbers(one, other)
    if not other:
        return None
    if _whole(one, other):
        return abs(one) // abs(other) * (1 if (one < 0) == (other < 0) else -1)
    return whole(EXACT.divide(Decimal(one), Decimal(other)))


def remainder(one: Any, other: Any) -> Any:
    """`one mod other`, with the sign of `one`"""
    _numbers(one, other)
    if not other:
        return None
    if _whole(one, other):
        return one - other * whole_divide(one, other)
    try:
        return EXACT.remainder(Decimal(one), Decimal(other))
    except InvalidOperation:
        return None


def _numbers(one: Any, other: Any) -> None:
    if not (is_number(one) and is_number(other)):
        raise PathError("needs numbers")


def whole(value: Decimal) -> int:
    """A decimal without what stands behind its point."""
    if value.adjusted() > 18:
        raise PathError("makes a number that is too large")
    return int(value)


def join(one: str, other: str) -> str:
    """Two texts as one."""
    if len(one) + len(other) > LONGEST_TEXT:
        raise PathError("makes a text that is too long")
    return one + other


SUMS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": add, "-": subtract, "*": multiply, "/": divide, "div": whole_divide, "mod": remainder,
}  # fmt: skip
