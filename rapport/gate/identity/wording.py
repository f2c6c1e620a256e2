"""The text of a resource as it becomes another person's, and as it becomes the first one's again. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import orjson

from rapport.fhir.labels import PARTS
from rapport.fhir.text import members, references

Body = dict[str, Any]
_SYSTEM = PARTS[0][0]


def label_of(part: int) -> tuple[str, str]:
    """The label of a part of a joined record, counted from 1."""
    return PARTS[part - 1]


def moved(raw: bytes, source: str, target: str, part: int) -> bytes:
    """The same, about `target` wherever it was about `source`, with the label of the part (0: none)."""
    raw = references(raw, lambda said: target if said.partition("/_history/")[0] == source else None)
    return _labelled(raw, part) if part else raw


def back(raw: bytes, before: bytes, source: str, target: str, part: int) -> bytes:
    """What was changed since it was moved, about `source` again.

    before  its text as it was moved, empty for what was written since: what named `target` then still does
    """
    theirs = {place for place, said in _places(orjson.loads(before)) if said == target} if before else set()
    order = iter([place for place, _ in _places(orjson.loads(raw))])

    def put_back(said: str) -> str | None:
        place = next(order, ())
        return source if said.partition("/_history/")[0] == target and place not in theirs else None

    raw = references(raw, put_back)
    return unlabelled(raw, part) if part else raw


def _places(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every reference with its place, in the order of the text."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "reference" and isinstance(value, str):
                yield path, value
            else:
                yield from _places(value, (*path, name))
    elif isinstance(node, list):
        for place, item in enumerate(node):
            yield from _places(item, (*path, place))


def _labelled(raw: bytes, part: int) -> bytes:
    return _with_labels(raw, lambda kept: [*kept, _coding(part)] if _coding(part) not in kept else kept)


def unlabelled(raw: bytes, part: int) -> bytes:
    """The same without the label of that part."""
    return _with_labels(raw, lambda kept: [label for label in kept if label != _coding(part)])


def _coding(part: int) -> Body:
    system, code = label_of(part)
    return {"system": system, "code": code}


def _with_labels(raw: bytes, change: Any) -> bytes:
    found = members(raw)
    meta: Body = orjson.loads(bytes(found["meta"])) if "meta" in found else {}
    labels = change(meta.pop("security", None) or [])
    if labels:
        meta["security"] = labels
    return msgspec.json.encode({**found, "meta": msgspec.Raw(orjson.dumps(meta))})


def without_family(raw: bytes) -> bytes:
    """A Communication that is not written to anybody's family."""
    found = members(raw)
    if "recipient" not in found or b"RelatedPerson/" not in bytes(found["recipient"]):
        return raw
    to = orjson.loads(bytes(found.pop("recipient")))
    kept = [one for one in to if not str(one.get("reference", "")).startswith("RelatedPerson/")]
    return msgspec.json.encode({**found, **({"recipient": msgspec.Raw(orjson.dumps(kept))} if kept else {})})


def linked(raw: bytes, kind: str, other: str, *, active: bool | None = None) -> bytes:
    """A Patient with a link of that kind to another, and active or not where that is said."""
    found = members(raw)
    links = orjson.loads(bytes(found["link"])) if "link" in found else []
    links.append({"other": {"reference": other}, "type": kind})
    more: Body = {"link": msgspec.Raw(orjson.dumps(links))}
    if active is not None:
        more["active"] = active
    return msgspec.json.encode({**found, **more})


def unlinked(raw: bytes, kind: str, other: str, before: bytes) -> bytes:
    """A Patient that was changed since without that link, as active as it was `before`."""
    found = members(raw)
    links = [one for one in orjson.loads(bytes(found.pop("link", b"[]"))) if not _links(one, kind, other)]
    if links:
        found["link"] = msgspec.Raw(orjson.dumps(links))
    if kind == "replaced-by":
        found.pop("active", None)
        was = members(before).get("active")
        if was is not None:
            found["active"] = was
    return msgspec.json.encode(found)


def _links(one: Any, kind: str, other: str) -> bool:
    return (
        isinstance(one, dict)
        and one.get("type") == kind
        and (one.get("other") or {}).get("reference") == other
    )
