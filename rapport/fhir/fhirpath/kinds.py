"""Types: which there are, and which is a special case of which."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Final

from rapport.fhir.table import PRIMITIVES, is_resource, part

from .nodes import ABOVE, AMOUNTS, Node
from .values import Moment, PathError, Quantity

SYSTEM: Final = frozenset({"Boolean", "String", "Integer", "Decimal", "Date", "DateTime", "Time", "Quantity"})
#: Types that have no part of their own.
_ABSTRACT: Final = frozenset({"Resource", "DomainResource", "Element", "BackboneElement"})
#: FHIR's primitive types -> the type of FHIRPath that says the same.
_SAME: Final = {
    "boolean": "Boolean", "integer": "Integer", "decimal": "Decimal", "date": "Date", "dateTime": "DateTime",
    "instant": "DateTime", "time": "Time",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Type:
    """What `type()` tells, and what a type's name in an expression means."""

    namespace: str
    name: str


def named(words: tuple[str, ...]) -> tuple[Type, ...]:
    """The types that a name may mean. Raises PathError when there is none."""
    name = words[-1]
    spaces = words[:-1] or ("FHIR", "System")
    found = []
    for space in spaces:
        if space == "System" and (name in SYSTEM or words[:-1]):
            found.append(Type(space, name))
        if space == "FHIR" and (name in PRIMITIVES or name in _ABSTRACT or part(name)):
            found.append(Type(space, name))
    if not found or len(words) > 2:
        raise PathError(f"names a type that is not known: {'.'.join(words)}")
    return tuple(found)


def type_of(item: Any) -> Type:
    """The type of an item."""
    if type(item) is Node:
        return Type("FHIR", item.kind if "." not in item.kind else _backbone(item.kind))
    if type(item) is bool:
        return Type("System", "Boolean")
    if type(item) is str:
        return Type("System", "String")
    if type(item) is Moment:
        return Type("System", item.kind)
    if type(item) is Quantity:
        return Type("System", "Quantity")
    return Type("System", "Decimal" if type(item) is Decimal else "Integer")


def _backbone(kind: str) -> str:
    return "BackboneElement" if "modifierExtension" in part(kind) else "Element"


@cache
def lines(kind: str) -> tuple[str, ...]:
    """A FHIR type and all that it is a special case of."""
    if kind in PRIMITIVES:
        return (kind, *((ABOVE[kind],) if kind in ABOVE else ()), "Element")
    if is_resource(kind):
        return (kind, *(("DomainResource",) if "text" in part(kind) else ()), "Resource")
    above = ("Quantity",) if kind in AMOUNTS else ()
    below = ("BackboneElement",) if "modifierExtension" in part(kind) else ()
    return (kind, *above, *below, "Element")


def is_a(item: Any, wanted: tuple[Type, ...], *, loose: bool = False) -> bool:
    """`item is T`. With `loose`, FHIR's own boolean is a Boolean too, as R4's invariants mean it."""
    if type(item) is not Node:
        return type_of(item) in wanted
    above = lines(item.kind)
    for one in wanted:
        if one.namespace == "FHIR":
            if one.name in above:
                return True
        elif loose and any(_SAME.get(kind, "String") == one.name for kind in above if kind in PRIMITIVES):
            return True
    return False


def only(item: Any, wanted: tuple[Type, ...], *, loose: bool = False) -> bool:
    """`item as T`: as `is`, but a primitive must be of that very type."""
    if type(item) is Node and item.kind in PRIMITIVES and not loose:
        return Type("FHIR", item.kind) in wanted
    return is_a(item, wanted, loose=loose)
