"""A FHIR resource as FHIRPath sees it: nodes with a type, over plain JSON values.

A primitive and its other half (`birthDate`, `_birthDate`) are one node. A node knows its parent, so that
the resource around it and its place in the JSON can be told.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any, Final

from rapport.fhir.table import PRIMITIVES, is_resource, part

from .values import Moment, PathError, Quantity

Items = list[Any]

#: Primitive types -> the primitive type that each is a special case of.
ABOVE: Final = {
    "code": "string", "id": "string", "markdown": "string", "url": "uri", "canonical": "uri", "uuid": "uri",
    "oid": "uri", "unsignedInt": "integer", "positiveInt": "integer",
}  # fmt: skip
#: Quantities by other names.
AMOUNTS: Final = frozenset({"Quantity", "Age", "Count", "Distance", "Duration"})
_UCUM: Final = "http://unitsofmeasure.org"


class Node:
    """One element of a resource.

    value   the JSON value; None when a primitive has only its other half
    kind    its type or part: `HumanName`, `code`, `Patient.contact`, `Patient`
    half    of a primitive: the JSON object with its id and extensions, or None
    key     the JSON property it stands under in its parent, and `index` its place when that is a list
    """

    __slots__ = ("half", "index", "key", "kind", "parent", "value")

    def __init__(
        self,
        value: Any,
        kind: str,
        parent: Node | None = None,
        key: str = "",
        index: int | None = None,
        half: Any = None,
    ) -> None:
        self.value = value
        self.kind = kind
        self.parent = parent
        self.key = key
        self.index = index
        self.half = half

    def place(self, *, inside: bool = False) -> list[str | int]:
        """Keys and indexes from the root down to here, or to the object that holds its children."""
        found: list[str | int] = []
        here: Node | None = self
        while here is not None and here.parent is not None:
            if here.index is not None:
                found.append(here.index)
            found.append("_" + here.key if inside and here.kind in PRIMITIVES else here.key)
            here, inside = here.parent, True
        return found[::-1]

    def resource(self) -> Node:
        """The nearest resource around it, or itself."""
        here = self
        while here.parent is not None and not is_resource(here.kind):
            here = here.parent
        return here


def node_of(resource: Any) -> Node:
    """A whole resource as a node."""
    kind = resource.get("resourceType") if type(resource) is dict else None
    if not isinstance(kind, str) or not is_resource(kind):
        raise PathError("is not on a resource")
    return Node(resource, kind)


@cache
def ways(kind: str) -> dict[str, tuple[tuple[str, str, bool], ...]]:
    """Element of a part -> JSON properties it may stand under, their types, and whether each is primitive."""
    owner = part("Extension" if kind in PRIMITIVES else kind)
    names = ("id", "extension") if kind in PRIMITIVES else tuple(owner)
    return {
        name: tuple((owner[name].key(one), one.name, one.name in PRIMITIVES) for one in owner[name].kinds)
        for name in names
    }


@cache
def properties(kind: str) -> dict[str, tuple[str, bool]]:
    """JSON property of a part -> its type, and whether it is primitive."""
    return {key: (found, plain) for keys in ways(kind).values() for key, found, plain in keys}


def inside(node: Node) -> Any:
    """The JSON object that holds a node's children."""
    return node.half if node.kind in PRIMITIVES else node.value


def down(node: Node, name: str, found: Items) -> bool:
    """Add the children of a name; False when the type has no such element."""
    keys = ways(node.kind).get(name)
    if keys is None:
        return False
    holder = inside(node)
    if type(holder) is dict:
        for key, kind, primitive in keys:
            _add(node, holder, key, kind, primitive, found)
    return True


def children(node: Node) -> Items:
    """All children, in the order they are written."""
    found: Items = []
    holder = inside(node)
    known = properties(node.kind)
    for key in holder if type(holder) is dict else ():
        way = known.get(key)
        if way is not None:
            _add(node, holder, key, way[0], way[1], found)
        elif key[:1] == "_" and key[1:] not in holder and key[1:] in known:
            _add(node, holder, key[1:], *known[key[1:]], found)
    return found


def _add(node: Node, holder: dict[str, Any], key: str, kind: str, primitive: bool, found: Items) -> None:
    value = holder.get(key)
    half = holder.get("_" + key) if primitive else None
    if value is None and half is None:
        return
    if type(value) is list or type(half) is list:
        values = value if type(value) is list else []
        halves = half if type(half) is list else []
        for index in range(max(len(values), len(halves))):
            one = values[index] if index < len(values) else None
            other = halves[index] if index < len(halves) else None
            if one is not None or other is not None:
                found.append(Node(one, _kind(one, kind), node, key, index, other))
    else:
        found.append(Node(value, _kind(value, kind), node, key, None, half))


def _kind(value: Any, kind: str) -> str:
    if kind == "Resource" and type(value) is dict:
        rtype = value.get("resourceType")
        return rtype if isinstance(rtype, str) and is_resource(rtype) else kind
    return kind


def below(nodes: Items) -> Iterator[Node]:
    """All descendants, parents before children."""
    left = [node for node in reversed(nodes) if type(node) is Node]
    while left:
        found = [node for node in children(left.pop()) if type(node) is Node]
        yield from found
        left.extend(reversed(found))


# Values ----------------------------------------------------------------------------------------------


def plain(item: Any) -> Any:
    """The value of FHIRPath that a node stands for; a node without one stays, a primitive without is None."""
    if type(item) is not Node:
        return item
    kind, value = item.kind, item.value
    if kind in PRIMITIVES:
        if type(value) is str:
            reader = _MOMENTS.get(kind)
            return Moment.read(value, reader) if reader else value
        if type(value) is float:
            return Decimal(str(value))
        if type(value) is int and kind == "decimal":
            return Decimal(value)
        return value
    return quantity(item) if kind in AMOUNTS else item


_MOMENTS: Final = {"date": "Date", "dateTime": "DateTime", "instant": "DateTime", "time": "Time"}


def quantity(node: Node) -> Any:
    """A FHIR quantity as one of FHIRPath; the node itself when it has no plain value or has a comparator."""
    body = node.value if type(node.value) is dict else {}
    value, unit = body.get("value"), body.get("unit", "1")
    if type(value) not in (int, float, Decimal) or "comparator" in body:
        return node
    if body.get("system") == _UCUM and isinstance(body.get("code"), str):
        unit = body["code"]
    return Quantity(value if type(value) is Decimal else Decimal(str(value)), str(unit))
