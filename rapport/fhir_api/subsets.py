"""`_elements` and `_summary`: parts of a resource, cut out of its text so that numbers keep their digits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import orjson

from rapport.fhir.text import members

_ALWAYS = frozenset({"resourceType", "id", "meta"})
_SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}


def shaped(body: bytes, query: Mapping[str, str]) -> bytes:
    """The body as `_elements` or `_summary` of a query asks for it."""
    return shape(body, tuple(filter(None, query.get("_elements", "").split(","))), query.get("_summary", ""))


def shape(body: bytes, elements: Iterable[str], summary: str) -> bytes:
    """The body with these top elements only, or without its text (`_summary=data`)."""
    wanted = {name.rpartition(".")[2] for name in elements}
    if not wanted and summary != "data":
        return body
    parts = members(body)
    kept = {
        name: bytes(raw)
        for name, raw in parts.items()
        if (name.lstrip("_") in wanted or name in _ALWAYS if wanted else name != "text")
    }
    meta = orjson.loads(kept.get("meta", b"{}"))
    meta["tag"] = [*meta.get("tag", ()), _SUBSETTED]
    kept["meta"] = orjson.dumps(meta)
    return b"{" + b",".join(orjson.dumps(name) + b":" + raw for name, raw in kept.items()) + b"}"
