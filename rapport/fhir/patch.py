"""JSON Patch (RFC 6902) on bytes: what an operation does not touch keeps its text, digit for digit.

    apply(raw, b'[{"op": "replace", "path": "/status", "value": "completed"}]')

Only the objects and lists on the way to a target are opened, and their other members pass as raw text.
A patch that can't be read is refused as `invalid`; one that does not fit the resource as `rule`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import msgspec
import orjson

from rapport.fhir import text
from rapport.fhir.outcomes import Refused

#: Copies can double a document; a result is bounded, and so is the number of operations.
LARGEST: Final = 16 * 1024 * 1024
MOST: Final = 1000
#: Each operation copies the document; so many bytes may be copied in all, about a second's work.
MOST_COPIED: Final = 64 * LARGEST
DEEPEST: Final = 100

_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)
_FIX: Final = "Send a JSON Patch (RFC 6902): a list of operations."

Node = dict[str, msgspec.Raw] | list[msgspec.Raw]
#: Does something at a key of an object or list that has been opened.
Act = Callable[[Node, str], None]


def apply(raw: bytes, patch: bytes) -> bytes:
    """The document after all operations, or Refused and nothing done."""
    copied = 0
    for operation in _operations(patch):
        name, path = operation.get("op"), _pointer(operation, "path")
        if name in ("add", "replace", "test"):
            if "value" not in operation:
                raise Refused("invalid", f"The operation {name} needs a value.", _FIX)
            value = operation["value"]
        elif name in ("move", "copy"):
            start = _pointer(operation, "from")
            if name == "move" and path[: len(start)] == start != path:
                raise Refused("rule", "A value can't be moved into itself.")
            value = _get(raw, start)
            raw = _change(raw, start, _remove) if name == "move" else raw
        elif name != "remove":
            raise Refused("invalid", f"There is no operation {str(name)[:40]!r}.", _FIX)
        if name == "test":
            _test(raw, path, value)
        elif name == "remove":
            raw = _change(raw, path, _remove)
        else:
            raw = _put(raw, path, value, _replace if name == "replace" else _add)
        copied += len(raw)
        if len(raw) > LARGEST or copied > MOST_COPIED:
            raise Refused(
                "too-large", "The patched resource, or the work of patching it, would be too large."
            )
    return raw


def _operations(patch: bytes) -> list[dict[str, Any]]:
    """Operations with `value` as raw text, the other members as they are."""
    try:
        plain = text.loads(patch)
        if (
            not isinstance(plain, list)
            or not all(isinstance(one, dict) for one in plain)
            or len(plain) > MOST
        ):
            raise Refused("invalid", f"This is not a list of at most {MOST} operations.", _FIX)
        values = [_OBJECT.decode(one) for one in _LIST.decode(patch)]
    except (orjson.JSONDecodeError, msgspec.DecodeError, RecursionError) as broken:
        raise Refused("invalid", f"This patch is not JSON that can be read ({broken}).", _FIX) from broken
    return [
        {**one, "value": bytes(value["value"])} if "value" in value else one
        for one, value in zip(plain, values, strict=True)
    ]


def _pointer(operation: dict[str, Any], name: str) -> list[str]:
    """The keys of a JSON pointer."""
    pointer = operation.get(name)
    if not isinstance(pointer, str) or (pointer and pointer[0] != "/") or re.search("~(?![01])", pointer):
        raise Refused("invalid", f"The {name} of an operation must be a JSON pointer such as /name/0.", _FIX)
    keys = [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]
    if len(keys) > DEEPEST:
        raise Refused("invalid", f"The {name} of an operation is too deep.", _FIX)
    return keys


def _missing(keys: list[str]) -> Refused:
    shown = "/" + "/".join(keys)
    return Refused(
        "rule", f"There is nothing at {shown[:120]}.", "Read the resource again and make a new patch."
    )


def _open(raw: bytes, key: str) -> Node:
    head = raw.lstrip()[:1]
    if head == b"{":
        return _OBJECT.decode(raw)
    if head == b"[":
        return _LIST.decode(raw)
    raise _missing([key])


def _item(node: Node, key: str) -> msgspec.Raw:
    if isinstance(node, dict):
        if key not in node:
            raise _missing([key])
        return node[key]
    return node[_place(node, key, len(node) - 1)]


def _place(node: list[msgspec.Raw], key: str, last: int) -> int:
    if not _INDEX.fullmatch(key) or int(key) > last:
        raise _missing([key])
    return int(key)


def _get(raw: bytes, keys: list[str]) -> bytes:
    for key in keys:
        raw = bytes(_item(_open(raw, key), key))
    return raw


def _change(raw: bytes, keys: list[str], act: Act) -> bytes:
    if not keys:
        raise Refused("rule", "The whole resource can't be removed by a patch.", "Delete it instead.")
    node = _open(raw, keys[0])
    if len(keys) == 1:
        act(node, keys[0])
    else:
        changed = msgspec.Raw(_change(bytes(_item(node, keys[0])), keys[1:], act))
        if isinstance(node, dict):
            node[keys[0]] = changed
        else:
            node[int(keys[0])] = changed
    return msgspec.json.encode(node)


def _put(raw: bytes, keys: list[str], value: bytes, act: Callable[[Node, str, bytes], None]) -> bytes:
    return _change(raw, keys, lambda node, key: act(node, key, value)) if keys else value


def _remove(node: Node, key: str) -> None:
    _item(node, key)
    if isinstance(node, dict):
        del node[key]
    else:
        del node[int(key)]


def _add(node: Node, key: str, value: bytes) -> None:
    if isinstance(node, dict):
        node[key] = msgspec.Raw(value)
    else:
        node.insert(len(node) if key == "-" else _place(node, key, len(node)), msgspec.Raw(value))


def _replace(node: Node, key: str, value: bytes) -> None:
    _item(node, key)
    if isinstance(node, dict):
        node[key] = msgspec.Raw(value)
    else:
        node[int(key)] = msgspec.Raw(value)


def _test(raw: bytes, keys: list[str], value: bytes) -> None:
    try:
        there, wanted = (_plain(one) for one in (_get(raw, keys), value))
        same = _same(there, wanted)
    except RecursionError as deep:
        raise Refused("invalid", "A value of this patch is nested too deeply.", _FIX) from deep
    if not same:
        shown = "/" + "/".join(keys)
        raise Refused("rule", f"What is at {shown[:120]} is not what the patch expects.", "Read it again.")


def _plain(raw: bytes) -> Any:
    """JSON with exact numbers."""
    return json.loads(raw, parse_float=Decimal, parse_int=Decimal)


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: 1 and 1.0 are, true and 1 are not."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)
