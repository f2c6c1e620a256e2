"""The functions of FHIRPath by name, and how they are called.

A plain function gets the items before it and those of its arguments. A lazy one gets the scope and its
arguments as expressions, to work out on each item.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from .nodes import Items, plain
from .values import PathError

#: Known to the specification of FHIR or FHIRPath, and not offered: they ask a terminology server, other
#: resources, or more than belongs in an expression.
REFUSED: Final = frozenset(
    """memberOf subsumes subsumedBy validateVS translate expand lookup weight ordinal checkModifiers slice
    elementDefinition defineVariable coalesce toLong convertsToLong lastIndexOf comparator""".split()  # noqa: SIM905 - a list of words reads better
)


Made = TypeVar("Made", bound=Callable[..., Items])


@dataclass(frozen=True, slots=True)
class Function:
    """One function: what it does, and how many arguments it takes."""

    act: Callable[..., Items]
    least: int
    most: int
    lazy: bool


FUNCTIONS: Final[dict[str, Function]] = {}


def function(
    name: str, least: int = 0, most: int | None = None, *, lazy: bool = False
) -> Callable[[Made], Made]:
    """Add a function under its name, with the least and the most arguments it takes."""

    def add(act: Made) -> Made:
        FUNCTIONS[name] = Function(act, least, least if most is None else most, lazy)
        return act

    return add


def find(name: str, count: int) -> Function:
    """The function of a name for so many arguments. Raises PathError where there is none."""
    found = FUNCTIONS.get(name)
    if found is None:
        why = "is not offered here" if name in REFUSED else "is not known"
        raise PathError(f"uses the function {name[:40]}(), which {why}")
    if not found.least <= count <= found.most:
        raise PathError(f"gives {name}() {count} arguments")
    return found


# What functions ask of their items ------------------------------------------------------------------------


def one(items: Items) -> Any:
    """The value of the one item; None when there is none. Raises PathError when there are more."""
    if len(items) > 1:
        raise PathError(f"needs one value, and there are {len(items)}")
    return plain(items[0]) if items else None


def text(items: Items) -> str | None:
    """The one text; None when there is none."""
    value = one(items)
    if value is not None and type(value) is not str:
        raise PathError("needs a text")
    return value


def whole(items: Items) -> int | None:
    """The one whole number; None when there is none."""
    value = one(items)
    if value is not None and type(value) is not int:
        raise PathError("needs a whole number")
    return value


def truth(items: Items) -> bool | None:
    """The one truth; None when there is none. One value that is no boolean is true: it is there."""
    value = one(items)
    if value is None:
        return True if items else None
    return value if type(value) is bool else True


def there(items: Items) -> bool | None:
    """As `truth`, and several items are true as well: they are there."""
    return True if len(items) > 1 else truth(items)


def some(value: Any) -> Items:
    """Nothing for None, otherwise the value."""
    return [] if value is None else [value]
