"""The invariants of Bundle: which entries a type of bundle may hold, and how they are named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qs

Json = dict[str, Any]

REQUESTS: Final = frozenset({"batch", "transaction", "history"})
RESPONSES: Final = frozenset({"batch-response", "transaction-response", "history"})
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S")


def whole(value: Json) -> Iterator[str]:
    """A whole bundle."""
    kind, entries = value.get("type"), value.get("entry", [])
    if "total" in value and kind not in ("searchset", "history"):
        yield "must not have a total unless it answers a search or a history (bdl-1)"
    for number, one in enumerate(entries):
        yield from (f"must have entry[{number}] {text}" for text in _parts(kind, one))
    relations = [link.get("relation") for link in value.get("link", ())]
    for name in ("self", "first", "previous", "next", "last"):
        if relations.count(name) > 1:
            yield f"must not have two links {name}"
    yield from _names(kind, entries)
    yield from _heads(kind, value, entries)
    if kind == "searchset":
        yield from _matches(value, entries)


def entry(value: Json) -> Iterator[str]:
    """One entry."""
    full = value.get("fullUrl")
    if full is None:
        return
    if not _ABSOLUTE.match(full):
        yield f"must have an absolute fullUrl, not {full[:60]!r}"
    if "/_history/" in full:
        yield "must not have a version in its fullUrl (bdl-8)"


def _parts(kind: Any, value: Json) -> Iterator[str]:
    if "search" in value and kind != "searchset":
        yield "without search (bdl-2)"
    for key, name, kinds in (("bdl-3", "request", REQUESTS), ("bdl-4", "response", RESPONSES)):
        if (name in value) != (kind in kinds):
            yield f"{'with' if kind in kinds else 'without'} a {name} ({key})"


def _names(kind: Any, entries: list[Json]) -> Iterator[str]:
    if kind == "history":
        return
    seen: set[tuple[str, Any]] = set()
    for one in entries:
        if "fullUrl" in one:
            name = one["fullUrl"], one.get("resource", {}).get("meta", {}).get("versionId")
            if name in seen:
                yield f"must not use the fullUrl {name[0][:80]!r} twice (bdl-7)"
            seen.add(name)


def _heads(kind: Any, value: Json, entries: list[Json]) -> Iterator[str]:
    first = entries[0].get("resource", {}).get("resourceType") if entries else None
    if kind == "message" and first != "MessageHeader":
        yield "must begin with a MessageHeader, being a message (bdl-12)"
    if kind != "document":
        return
    identifier = value.get("identifier", {})
    if "system" not in identifier or "value" not in identifier:
        yield "must have an identifier with system and value, being a document (bdl-9)"
    if "timestamp" not in value:
        yield "must have a timestamp, being a document (bdl-10)"
    if first != "Composition":
        yield "must begin with a Composition, being a document (bdl-11)"


def _matches(value: Json, entries: list[Json]) -> Iterator[str]:
    """Of a search: what was found has an id and is of the searched type; outcomes are outcomes."""
    wanted = _searched(value)
    for number, one in enumerate(entries):
        resource = one.get("resource", {})
        rtype, mode = resource.get("resourceType"), one.get("search", {}).get("mode")
        if "id" not in resource and rtype not in ("OperationOutcome", None):
            yield f"must have an id in entry[{number}].resource, being found by a search"
        if mode == "outcome" and rtype != "OperationOutcome":
            yield f"must have an OperationOutcome in entry[{number}], being an outcome"
        if mode == "match" and wanted and rtype not in wanted:
            yield f"must have {' or '.join(sorted(wanted))} in entry[{number}], as was searched for"


def _searched(value: Json) -> set[str]:
    """The types that the self link asks for; empty when it does not say."""
    for link in value.get("link", ()):
        if link.get("relation") == "self":
            path, _, query = str(link.get("url", "")).partition("?")
            types = parse_qs(query).get("_type")
            last = path.rstrip("/").rsplit("/", 1)[-1]
            return set(types[0].split(",")) if types else {last} if last[:1].isupper() else set()
    return set()
