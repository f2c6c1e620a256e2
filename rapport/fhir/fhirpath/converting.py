"""Functions that make one kind of value out of another: `toInteger()`, `convertsToInteger()` and so on."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from .nodes import Items, Node
from .registry import FUNCTIONS, function, one, some
from .values import CALENDAR, Moment, Quantity

_WHOLE: Final = re.compile(r"[+-]?\d{1,10}", re.ASCII)
_DECIMAL: Final = re.compile(r"[+-]?\d{1,100}(?:\.\d{1,100})?", re.ASCII)
_QUANTITY: Final = re.compile(r"([+-]?\d{1,100}(?:\.\d{1,100})?)\s*(?:'([^']+)'|([a-z]+))?", re.ASCII)
_TRUTHS: Final = {
    **dict.fromkeys(("true", "t", "yes", "y", "1", "1.0"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0", "0.0"), False),
}


def to_boolean(value: Any) -> Any:
    """A truth."""
    if type(value) is bool:
        return value
    if type(value) is str:
        return _TRUTHS.get(value.lower())
    return {0: False, 1: True}.get(value) if type(value) in (int, Decimal) else None


def to_integer(value: Any) -> Any:
    """A whole number."""
    if type(value) in (bool, int):
        return int(value)
    if type(value) is str and _WHOLE.fullmatch(value):
        return int(value) if abs(int(value)) < 2**31 else None
    return None


def to_decimal(value: Any) -> Any:
    """A decimal."""
    if type(value) in (bool, int, Decimal):
        return Decimal(value)
    return Decimal(value) if type(value) is str and _DECIMAL.fullmatch(value) else None


def to_quantity(value: Any) -> Any:
    """A quantity."""
    if type(value) is Quantity:
        return value
    if type(value) is not str:
        number = to_decimal(value)
        return None if number is None else Quantity(number)
    match = _QUANTITY.fullmatch(value)
    if match is None or (match[3] and match[3] not in CALENDAR):
        return None
    number = Decimal(match[1])
    return Quantity(number, match[3], calendar=True) if match[3] else Quantity(number, match[2] or "1")


def to_string(value: Any) -> Any:
    """A text."""
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is Decimal:
        return f"{value:f}" if abs(value.adjusted()) < 100 else str(value)
    return str(value) if type(value) in (str, int, Moment, Quantity) else None


def _to_moment(kind: str) -> Callable[[Any], Any]:
    def act(value: Any) -> Any:
        if type(value) is str:
            return Moment.read(value, kind)
        if type(value) is not Moment:
            return None
        if value.kind == kind:
            return value
        if kind == "DateTime" and value.kind == "Date":
            return Moment(kind, value.fields)
        return Moment(kind, value.fields[:3]) if kind == "Date" and value.kind == "DateTime" else None

    return act


_MAKERS: Final[dict[str, Callable[[Any], Any]]] = {
    "Boolean": to_boolean,
    "Integer": to_integer,
    "Decimal": to_decimal,
    "Quantity": to_quantity,
    "String": to_string,
    "Date": _to_moment("Date"),
    "DateTime": _to_moment("DateTime"),
    "Time": _to_moment("Time"),
}


def _add(name: str, make: Callable[[Any], Any], units: int) -> None:
    def made(items: Items, *unit: Items) -> Any:
        value = one(items)
        return None if value is None or type(value) is Node else make(value)

    def convert(items: Items, *unit: Items) -> Items:
        return some(made(items))

    def converts(items: Items, *unit: Items) -> Items:
        return [made(items) is not None] if items else []

    function(f"to{name}", 0, units)(convert)
    function(f"convertsTo{name}", 0, units)(converts)


for _name, _make in _MAKERS.items():
    _add(_name, _make, 0)

assert "toInteger" in FUNCTIONS
