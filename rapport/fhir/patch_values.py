"""What a FHIRPath Patch asks for: its operations, read from Parameters, with values as raw text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec
import orjson

from rapport.fhir import text
from rapport.fhir.outcomes import Refused
from rapport.fhir.table import PRIMITIVES, Element, part

#: Operations that one patch may hold.
MOST: Final = 200
DEEPEST: Final = 20

Parts = list[dict[str, msgspec.Raw]]
_PARAMETERS: Final = msgspec.json.Decoder(Parts)
_FIX: Final = "Send a Parameters resource with operations, as FHIRPath Patch describes it."
#: Type of an operation -> the parts that it needs.
NEEDS: Final = {
    "add": ("name", "value"),
    "insert": ("index", "value"),
    "delete": (),
    "replace": ("value",),
    "move": ("source", "destination"),
}
_TEXTS: Final = ("type", "path", "name")
_NUMBERS: Final = ("index", "source", "destination")


@dataclass(frozen=True, slots=True)
class Value:
    """A value to put somewhere.

    kind   how a choice writes its type in JSON: `Quantity`, `String`; '' for parts and resources
    raw    the value, and `half` its other half, as JSON
    parts  of a value without a type of its own: its elements by name
    """

    kind: str = ""
    raw: bytes | None = None
    half: bytes | None = None
    parts: tuple[tuple[str, Value], ...] = ()

    def pair(self, kind: str) -> tuple[bytes | None, bytes | None]:
        """The value and its other half as an element of this type or part."""
        if not self.parts:
            return self.raw, self.half
        found: dict[str, Any] = {}
        for name, value in self.parts:
            element, key = spot(kind, name, value)
            one, half = value.pair(next(way.name for way in element.kinds if element.key(way) == key))
            for here, new in ((key, one), ("_" + key, half)):
                if new is not None and element.max == 1:
                    found[here] = msgspec.Raw(new)
                elif new is not None:
                    found.setdefault(here, []).append(msgspec.Raw(new))
        return msgspec.json.encode(found), None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its type, the path of what it is about, and what it needs besides."""

    type: str
    path: str
    name: str
    value: Value
    index: int
    source: int
    destination: int


def spot(kind: str, name: str, value: Value) -> tuple[Element, str]:
    """The element of a name in a part, and the JSON property for a value of this type."""
    elements = part("Extension" if kind in PRIMITIVES else kind)
    by_key = (one for one in elements.values() if name in [one.key(way) for way in one.kinds])
    element = elements.get(name) or next(by_key, None)
    if element is None:
        raise Refused("rule", f"{kind} has no element {name[:60]!r}.", "Correct the name.")
    if not element.choice:
        return element, element.name
    key = element.name + value.kind if value.kind else name
    if key not in [element.key(way) for way in element.kinds]:
        raise Refused("rule", f"{kind}.{element.name} can't be a {value.kind or 'group of parts'}.")
    return element, key


def operations(patch: bytes) -> list[Operation]:
    """All operations of a patch. Raises Refused when it can't be read."""
    try:
        plain = text.loads(patch)
        if not isinstance(plain, dict) or plain.get("resourceType") != "Parameters":
            raise Refused("invalid", "This is not a Parameters resource.", _FIX)
        raw = text.members(patch).get("parameter", msgspec.Raw(b"[]"))
        found = [_operation(one) for one in _PARAMETERS.decode(raw)]
    except (orjson.JSONDecodeError, msgspec.DecodeError, ValueError, RecursionError) as broken:
        raise Refused("invalid", f"This patch can't be read ({broken}).", _FIX) from broken
    if len(found) > MOST:
        raise Refused("invalid", f"A patch may hold {MOST} operations at most.", "Send several patches.")
    return found


def _operation(raw: dict[str, msgspec.Raw]) -> Operation:
    if _name(raw) != "operation":
        raise Refused("invalid", f"A patch has no parameter {_name(raw)[:40]!r}.", _FIX)
    parts = {}
    for one in _PARAMETERS.decode(raw.get("part", msgspec.Raw(b"[]"))):
        if _name(one) in parts:
            raise Refused("invalid", f"An operation has {_name(one)[:40]!r} twice.", _FIX)
        parts[_name(one)] = _value(one, 0)
    given: dict[str, Any] = {key: _plain(parts, key, str, "") for key in _TEXTS}
    given |= {key: _plain(parts, key, int, -1) for key in _NUMBERS}
    kind = given["type"]
    if kind not in NEEDS:
        raise Refused("invalid", f"There is no operation {kind[:40]!r}.", _FIX)
    for key in ("path", *NEEDS[kind]):
        if key not in parts:
            raise Refused("invalid", f"The operation {kind} needs {key}.", _FIX)
    if min((given[key] for key in _NUMBERS if key in NEEDS[kind]), default=0) < 0:
        raise Refused("invalid", "Places in a list are counted from 0.", _FIX)
    return Operation(value=parts.get("value", Value()), **given)


def _name(raw: dict[str, msgspec.Raw]) -> str:
    found = orjson.loads(bytes(raw.get("name", b"null")))
    if not isinstance(found, str):
        raise Refused("invalid", "A part of this patch has no name.", _FIX)
    return found


def _value(raw: dict[str, msgspec.Raw], depth: int) -> Value:
    """The value of a part: of a type, a resource, or further parts."""
    if depth > DEEPEST:
        raise Refused("invalid", "A value of this patch is nested too deeply.", _FIX)
    if "part" in raw:
        parts = _PARAMETERS.decode(raw["part"])
        return Value(parts=tuple((_name(one), _value(one, depth + 1)) for one in parts))
    keys = {key.removeprefix("_") for key in raw if key.removeprefix("_").startswith("value")}
    if "resource" in raw and not keys:
        return Value(raw=bytes(raw["resource"]))
    if len(keys) != 1:
        raise Refused("invalid", "Each part of an operation has one value.", _FIX)
    key = keys.pop()
    one, half = raw.get(key), raw.get("_" + key)
    return Value(key.removeprefix("value"), one and bytes(one), half and bytes(half))


def _plain(parts: dict[str, Value], key: str, kind: type, none: Any) -> Any:
    if key not in parts:
        return none
    found = orjson.loads(parts[key].raw or b"null")
    if type(found) is not kind:
        raise Refused("invalid", f"The {key} of an operation can't be read.", _FIX)
    return found
