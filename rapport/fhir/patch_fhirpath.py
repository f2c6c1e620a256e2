"""FHIRPath Patch on bytes: operations in a Parameters resource; what they do not touch keeps its text.

    apply(raw, b'{"resourceType": "Parameters", "parameter": [{"name": "operation", "part": [...]}]}')

Types: add, insert, delete, replace, move. Values of primitives and their other halves (`_birthDate`) stay
together, and what becomes empty is left out. A patch that can't be read is refused as `invalid`; one that
does not fit the resource as `rule`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

import msgspec
import orjson

from rapport.fhir import fhirpath
from rapport.fhir.fhirpath import Node, PathError
from rapport.fhir.outcomes import Refused
from rapport.fhir.patch import LARGEST
from rapport.fhir.patch_values import Operation, Value, operations, spot
from rapport.fhir.table import Element

#: What a path may use: enough to name an element, nothing that could cost much.
ALLOWED: Final = frozenset(
    """where first last tail single skip take exists empty not all count is as ofType extension hasValue
    startsWith endsWith contains lower upper resolve""".split()  # noqa: SIM905 - a list of words reads better
)
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
_NULL: Final = msgspec.Raw(b"null")
_NAME: Final = re.compile(r"[A-Za-z]\w*", re.ASCII)
_AGAIN: Final = "Read the resource again and make a new patch."

Owner = dict[str, msgspec.Raw]
#: A value and its other half, as JSON; None for nothing.
Pair = tuple[bytes | None, bytes | None]


@dataclass(frozen=True, slots=True)
class Place:
    """What an operation is about: a property of an object.

    steps  JSON properties from the root to the object, each with an index when it is a list
    key    the property; `many` when it is a list
    """

    steps: tuple[tuple[str, int | None], ...]
    key: str
    many: bool


def apply(raw: bytes, patch: bytes) -> bytes:
    """The resource after all operations, or Refused and nothing done."""
    for operation in operations(patch):
        raw = _ACTS[operation.type](raw, operation)
        if len(raw) > LARGEST:
            raise Refused("too-large", "The patched resource would be too large.")
    return raw


# Operations -------------------------------------------------------------------------------------------


def _add(raw: bytes, operation: Operation) -> bytes:
    owner = _one(raw, operation.path)
    element, key = spot(owner.kind, operation.name, operation.value)
    place = Place(_steps(owner), key, element.max != 1)

    def act(pairs: list[Pair], here: Owner) -> None:
        if not place.many and any(one in here or "_" + one in here for one in _keys(element)):
            raise Refused("rule", f"{owner.kind} has {element.name} already.", "Replace it instead.")
        pairs.append(_pair(element, key, operation.value))

    return _edit(raw, place, act)


def _insert(raw: bytes, operation: Operation) -> bytes:
    element, place = _list(raw, operation.path)

    def act(pairs: list[Pair], here: Owner) -> None:
        _bound(operation.index, len(pairs))
        pairs.insert(operation.index, _pair(element, place.key, operation.value))

    return _edit(raw, place, act)


def _delete(raw: bytes, operation: Operation) -> bytes:
    found = _find(raw, operation.path)
    if not found:
        return raw
    node = _one(raw, operation.path)
    return _edit(raw, _at(node), lambda pairs, here: pairs.__delitem__(node.index or 0))


def _replace(raw: bytes, operation: Operation) -> bytes:
    node = _one(raw, operation.path)
    old = _at(node)
    assert node.parent is not None
    element, key = spot(node.parent.kind, node.key, operation.value)
    pair = _pair(element, key, operation.value)
    if key != old.key:
        raw = _edit(raw, old, lambda pairs, here: pairs.clear(), prune=False)
        return _edit(raw, Place(old.steps, key, old.many), lambda pairs, here: pairs.append(pair))
    return _edit(raw, old, lambda pairs, here: pairs.__setitem__(node.index or 0, pair))


def _move(raw: bytes, operation: Operation) -> bytes:
    _, place = _list(raw, operation.path)

    def act(pairs: list[Pair], here: Owner) -> None:
        _bound(max(operation.source, operation.destination), len(pairs) - 1)
        pairs.insert(operation.destination, pairs.pop(operation.source))

    return _edit(raw, place, act)


_ACTS: Final[dict[str, Callable[[bytes, Operation], bytes]]] = {
    "add": _add, "insert": _insert, "delete": _delete, "replace": _replace, "move": _move,
}  # fmt: skip


# Places -----------------------------------------------------------------------------------------------


def _find(raw: bytes, path: str) -> list[Node]:
    try:
        found = fhirpath.read(path, allowed=ALLOWED).on(orjson.loads(raw))
    except PathError as error:
        raise Refused("invalid", f"The path {path[:120]!r} {error}.", "Correct the path.") from error
    if not all(type(item) is Node for item in found):
        raise Refused("rule", f"The path {path[:120]!r} does not lead to elements of the resource.")
    return found


def _one(raw: bytes, path: str) -> Node:
    found = _find(raw, path)
    if len(found) != 1:
        count = f"{len(found)} elements" if found else "nothing"
        raise Refused("rule", f"There is {count} at {path[:120]!r}, and there must be one.", _AGAIN)
    return found[0]


def _steps(node: Node) -> tuple[tuple[str, int | None], ...]:
    """The way to the object that holds a node's children."""
    found: list[tuple[str, int | None]] = []
    for word in node.place(inside=True):
        if isinstance(word, int):
            found[-1] = found[-1][0], word
        else:
            found.append((word, None))
    return tuple(found)


def _at(node: Node) -> Place:
    if node.parent is None:
        raise Refused("rule", "The whole resource can't be changed by a patch.", "Use PUT or DELETE instead.")
    return Place(_steps(node.parent), node.key, node.index is not None)


def _list(raw: bytes, path: str) -> tuple[Element, Place]:
    """The list that a path names; it may be empty yet."""
    nodes = _find(raw, path)
    if nodes:
        owner, places = nodes[0].parent, set(map(_at, nodes))
        if owner is not None and len(places) == 1:
            place = places.pop()
            if place.many:
                return spot(owner.kind, place.key, Value())[0], place
    else:
        before, _, name = path.strip().rpartition(".")
        if _NAME.fullmatch(name):
            owner = _one(raw, before or "$this")
            element, key = spot(owner.kind, name, Value())
            if element.max != 1:
                return element, Place(_steps(owner), key, True)
    raise Refused("rule", f"The path {path[:120]!r} does not name one list.", "Correct the path.")


def _keys(element: Element) -> list[str]:
    return [element.key(kind) for kind in element.kinds]


def _pair(element: Element, key: str, value: Value) -> Pair:
    return value.pair(next(kind.name for kind in element.kinds if element.key(kind) == key))


def _bound(index: int, most: int) -> None:
    if index > most:
        raise Refused("rule", f"The list has no place {index}.", _AGAIN)


# Raw JSON ---------------------------------------------------------------------------------------------


def _edit(raw: bytes, place: Place, act: Callable[[list[Pair], Owner], None], *, prune: bool = True) -> bytes:
    """Let `act` change the values at a place. What became empty on the way goes, unless `prune` is False."""
    root = _OBJECT.decode(raw)
    _open(root, place.steps, lambda owner: _change(owner, place, act), prune)
    return msgspec.json.encode(root)


def _open(
    owner: Owner, steps: tuple[tuple[str, int | None], ...], act: Callable[[Owner], None], prune: bool
) -> None:
    """Go down to an object and let `act` change it."""
    if not steps:
        act(owner)
        return
    (key, index), rest = steps[0], steps[1:]
    items = _LIST.decode(owner.get(key, b"[]")) if index is not None else [owner.get(key, _NULL)]
    at = index or 0
    items += [_NULL] * (at + 1 - len(items))
    child = _OBJECT.decode(items[at]) if bytes(items[at]) != b"null" else {}
    _open(child, rest, act, prune)
    if child or not prune:
        items[at] = msgspec.Raw(msgspec.json.encode(child))
    elif key[0] == "_":
        items[at] = _NULL  # the other half of this value is gone, those of the others keep their places
    else:
        del items[at]
    if all(bytes(item) == b"null" for item in items):
        owner.pop(key, None)
    else:
        owner[key] = items[0] if index is None else msgspec.Raw(msgspec.json.encode(items))


def _change(owner: Owner, place: Place, act: Callable[[list[Pair], Owner], None]) -> None:
    names = (place.key, "_" + place.key)
    values, halves = ([_some(one) for one in _items(owner, name, place.many)] for name in names)
    pairs: list[Pair] = list(zip_longest(values, halves))
    act(pairs, owner)
    for name, column in zip(names, (0, 1), strict=True):
        found = [pair[column] for pair in pairs]
        if not any(found):
            owner.pop(name, None)
        elif place.many:
            written = [_NULL if one is None else msgspec.Raw(one) for one in found]
            owner[name] = msgspec.Raw(msgspec.json.encode(written))
        else:
            owner[name] = msgspec.Raw(found[0] or b"null")


def _items(owner: Owner, name: str, many: bool) -> list[msgspec.Raw]:
    if name not in owner:
        return []
    return _LIST.decode(owner[name]) if many else [owner[name]]


def _some(raw: msgspec.Raw) -> bytes | None:
    return None if bytes(raw) == b"null" else bytes(raw)
