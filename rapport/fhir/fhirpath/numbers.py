"""Functions on numbers, and on how exactly values are written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from typing import Any

from . import reckoning, values
from .arithmetic import EXACT, number, whole
from .nodes import Items
from .registry import function, one, some
from .registry import whole as whole_of
from .values import PathError, Quantity, is_number

_MOST_DIGITS = 28


def _number(items: Items) -> Any:
    value = one(items)
    if value is not None and not is_number(value):
        raise PathError("needs a number")
    return value


def _towards(rounding: str) -> Callable[[Items], Items]:
    def act(items: Items) -> Items:
        value = _number(items)
        if type(value) is Decimal:
            whole(value)
            return [int(value.to_integral_value(rounding))]
        return some(value)

    return act


function("ceiling")(_towards(ROUND_CEILING))
function("floor")(_towards(ROUND_FLOOR))


@function("truncate")
def truncate(items: Items) -> Items:
    """What stands before the point."""
    value = _number(items)
    return [] if value is None else [whole(Decimal(value))]


@function("round", 0, 1)
def round_(items: Items, digits: Items | None = None) -> Items:
    """To the nearest, with so many digits after the point."""
    value = _number(items)
    places = 0 if digits is None else whole_of(digits)
    if value is None or places is None:
        return []
    if not 0 <= places <= _MOST_DIGITS:
        raise PathError("rounds to an impossible number of digits")
    whole(Decimal(value))
    return [Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, Context(prec=60))]


@function("abs")
def abs_(items: Items) -> Items:
    """Without its sign."""
    value = one(items)
    if type(value) is Quantity:
        return [replace(value, value=abs(value.value))]
    return some(None if value is None else abs(_number(items)))


def _worked(act: Callable[..., Decimal]) -> Callable[..., Items]:
    """Give decimals; nothing where there is no result."""

    def call(items: Items, *args: Items) -> Items:
        given = [_number(items), *map(_number, args)]
        if None in given:
            return []
        try:
            found = act(*map(Decimal, given))
        except (ArithmeticError, ValueError):
            return []
        return [found] if found.is_finite() else []

    return call


def _log(value: Decimal, base: Decimal) -> Decimal:
    found = EXACT.divide(EXACT.ln(value), EXACT.ln(base))
    near = found.quantize(Decimal("1e-20"), context=EXACT) if found.adjusted() < 6 else found
    return near.normalize()


def _ln(value: Decimal) -> Decimal:
    return EXACT.ln(value)


function("sqrt")(_worked(lambda value: EXACT.sqrt(value)))
function("exp")(_worked(lambda value: EXACT.exp(value)))
function("ln")(_worked(_ln))
function("log", 1)(_worked(_log))


@function("power", 1)
def power(items: Items, exponent: Items) -> Items:
    """So many times itself."""
    value, times = _number(items), _number(exponent)
    if value is None or times is None:
        return []
    if type(value) is int and type(times) is int and 0 <= times < 64 and abs(value) < 2**32:
        return [number(value**times)]
    return _worked(lambda base, by: EXACT.power(base, by))(items, exponent)


@function("lowBoundary", 0, 1)
def low_boundary(items: Items, digits: Items | None = None) -> Items:
    """The least that a value as exact as this can mean."""
    return some(reckoning.boundary(one(items), None if digits is None else whole_of(digits), high=False))


@function("highBoundary", 0, 1)
def high_boundary(items: Items, digits: Items | None = None) -> Items:
    """The greatest that a value as exact as this can mean."""
    return some(reckoning.boundary(one(items), None if digits is None else whole_of(digits), high=True))


@function("precision")
def precision(items: Items) -> Items:
    """How many digits it is written with."""
    return some(reckoning.precision(one(items)))


@function("comparable", 1)
def comparable(items: Items, other: Items) -> Items:
    """Two quantities measure the same kind of thing."""
    mine, yours = one(items), one(other)
    if type(mine) is not Quantity or type(yours) is not Quantity:
        return []
    return [values.sizes(mine, yours) is not None]
