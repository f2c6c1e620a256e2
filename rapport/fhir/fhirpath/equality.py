"""When are two values equal, equivalent, or one before the other? None where that can't be said."""

from __future__ import annotations

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any, Final

import orjson

from rapport.fhir import units

from . import values
from .nodes import Items, Node, plain
from .values import Moment, PathError, Quantity, is_number

#: Decimals with more digits than this are not rounded for equivalence.
_PLACES: Final = 100


def equal(left: Items, right: Items) -> bool | None:
    """`left = right`: the same values in the same order."""
    if not left or not right:
        return None
    if len(left) != len(right):
        return False
    found = [same(one, other) for one, other in zip(left, right, strict=True)]
    return False if False in found else None if None in found else True


def same(one: Any, other: Any) -> bool | None:
    """Two items."""
    mine, yours = plain(one), plain(other)
    if is_number(mine) and is_number(yours):
        return bool(mine == yours)
    if type(mine) is Moment and type(yours) is Moment:
        if (mine.kind == "Time") != (yours.kind == "Time"):
            return False
        found = values.order(mine, yours)
        return None if found is None else found == 0
    if type(mine) is Quantity and type(yours) is Quantity:
        sizes = values.sizes(mine, yours)
        return (None if mine.calendar or yours.calendar else False) if sizes is None else sizes[0] == sizes[1]
    if type(mine) is Node and type(yours) is Node:
        return bool(mine.value == yours.value and mine.half == yours.half)
    return type(mine) is type(yours) and bool(mine == yours)


def key(item: Any) -> Any:
    """What equal items have in common: for sets. A node is known by its JSON."""
    value = plain(item)
    if value is None or type(value) is Node:
        return "node", _json([item.value, item.half])
    if type(value) is bool or type(value) is str:
        return type(value), value
    if is_number(value):
        return "number", value
    if type(value) is Moment:
        return _moment(value)
    if type(value) is Quantity:
        found = None if value.calendar else units.convert(value.value, value.unit)
        return ("quantity", found[0], found[1].dims) if found else ("quantity", value.value, value.unit)
    return "other", value


def _json(value: Any) -> Any:
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # a number beyond 64 bits, or no JSON at all
        return repr(value)


def _moment(value: Moment) -> Any:
    shifted = values.utc(value) if value.offset and len(value.fields) > 3 else value
    return "time" if value.kind == "Time" else "date", shifted.fields, value.offset is None


def unique(items: Items) -> Items:
    """Each value once, in the order of their first."""
    found: dict[Any, Any] = {}
    for item in items:
        found.setdefault(key(item), item)
    return list(found.values())


def alike(left: Items, right: Items) -> bool:
    """`left ~ right`: the same values in any order, texts and numbers by their meaning."""
    if len(left) != len(right):
        return False
    if len(left) == 1:
        return _alike(left[0], right[0])
    rest = list(right)
    if len(rest) > 1000:
        return Counter(map(key, left)) == Counter(map(key, right))
    for one in left:
        at = next((at for at, other in enumerate(rest) if _alike(one, other)), None)
        if at is None:
            return False
        del rest[at]
    return True


def _alike(one: Any, other: Any) -> bool:
    mine, yours = plain(one), plain(other)
    if type(mine) is str and type(yours) is str:
        return " ".join(mine.casefold().split()) == " ".join(yours.casefold().split())
    if is_number(mine) and is_number(yours):
        return _rounded(Decimal(mine), Decimal(yours))
    if type(mine) is Moment and type(yours) is Moment:
        return bool(same(mine, yours))
    if type(mine) is Quantity and type(yours) is Quantity:
        return _amounts(mine, yours)
    return bool(same(one, other))


def _rounded(one: Decimal, other: Decimal) -> bool:
    """Equal when rounded to the digits of the less precise."""
    if not (one.is_finite() and other.is_finite()):
        return bool(one == other)
    places = min(_digits(one), _digits(other))
    if places > _PLACES or max(one.adjusted(), other.adjusted()) > _PLACES:
        return bool(one == other)
    unit = Decimal(1).scaleb(-places)
    return one.quantize(unit, ROUND_HALF_UP, values.WIDE) == other.quantize(unit, ROUND_HALF_UP, values.WIDE)


def _digits(value: Decimal) -> int:
    """Digits after the point that say something."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _amounts(one: Quantity, other: Quantity) -> bool:
    sizes = values.sizes(one, other)
    if sizes is None:
        return False
    first, second = (_decimal(size) for size in sizes)
    factor = sizes[0] / Fraction(one.value) if one.value else Fraction(1)
    # Both in the unit of the first, so that its digits are those that were written.
    return _rounded(one.value, _decimal(sizes[1] / factor)) if factor else first == second


def _decimal(size: Fraction) -> Decimal:
    return values.WIDE.divide(Decimal(size.numerator), Decimal(size.denominator))


def compare(left: Items, right: Items) -> int | None:
    """-1, 0 or 1 for `left` before, with or after `right`; None when either is empty or it can't be said."""
    if not left or not right:
        return None
    mine, yours = (plain(single(items)) for items in (left, right))
    if mine is None or yours is None:
        return None
    if (is_number(mine) and is_number(yours)) or (type(mine) is str and type(yours) is str):
        return int(mine > yours) - int(mine < yours)
    if type(mine) is Moment and type(yours) is Moment:
        return values.order(mine, yours)
    if type(mine) is Quantity and type(yours) is Quantity:
        sizes = values.sizes(mine, yours)
        return None if sizes is None else (sizes[0] > sizes[1]) - (sizes[0] < sizes[1])
    raise PathError("compares values of different types")


def single(items: Items) -> Any:
    """The one item. Raises PathError when there are more, or none."""
    if len(items) != 1:
        raise PathError("needs one value, and there are " + str(len(items)))
    return items[0]
