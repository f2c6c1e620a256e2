"""`_elements` and `_summary`: parts of a resource, cut out of its text so that numbers keep their digits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import msgspec

from rapport.fhir.outcomes import Refused
from rapport.fhir.table import SUMMARIES, Element, part
from rapport.fhir.text import members

Pairs = Sequence[tuple[str, str]]

#: What is never cut away: who it is, and what changes the meaning of the rest.
_ALWAYS = frozenset({"resourceType", "id", "meta", "implicitRules", "modifierExtension"})
_SUBSETTED = msgspec.Raw(
    b'{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}'
)
_FORMS = ("true", "text", "data", "count", "false")
_LIST = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Cut:
    """What is asked for: some elements (`name` or `Type.name`), or a form of summary, or all ("")."""

    elements: tuple[str, ...] = ()
    summary: str = ""

    def __bool__(self) -> bool:
        return bool(self.elements) or self.summary not in ("", "false")

    def of(self, rtype: str, body: bytes) -> bytes:
        """The resource as it is asked for, marked as a part of itself."""
        wanted = _named(self.elements, rtype)
        if wanted:
            return _kept(body, rtype, wanted | _mandatory(rtype))
        if self.summary == "true":
            return _marked(_summarised(members(body), rtype))
        if self.summary == "text":
            return _kept(body, rtype, _mandatory(rtype) | {"text"})
        if self.summary == "data":
            return _marked({name: raw for name, raw in members(body).items() if name != "text"})
        return body


def asked(pairs: Pairs) -> Cut:
    """What a query asks for. Refused("invalid") for a form of summary that there is not."""
    query = dict(pairs)
    summary = query.get("_summary", "")
    if summary and summary not in _FORMS:
        raise Refused("invalid", f"There is no _summary={summary}.", "Use one of " + ", ".join(_FORMS) + ".")
    written = ",".join(value for name, value in pairs if name == "_elements")
    return Cut(tuple(filter(None, written.split(","))), summary)


def _named(elements: Sequence[str], rtype: str) -> set[str]:
    """The elements that mean this type."""
    found = set()
    for written in elements:
        owner, _, name = written.rpartition(".")
        if owner in ("", rtype):
            found.add(name)
    return found


@cache
def _elements(owner: str) -> dict[str, Element]:
    """The elements of a part by each JSON property that they may have."""
    return {element.key(kind): element for element in part(owner).values() for kind in element.kinds}


@cache
def _mandatory(rtype: str) -> frozenset[str]:
    return frozenset(element.name for element in part(rtype).values() if element.min)


def _name(owner: str, key: str) -> str:
    """The element that a JSON property belongs to."""
    plain = key.removeprefix("_")
    element = _elements(owner).get(plain)
    return element.name if element else plain


def _kept(body: bytes, rtype: str, wanted: set[str] | frozenset[str]) -> bytes:
    found = members(body).items()
    return _marked(
        {
            key: raw
            for key, raw in found
            if key in _ALWAYS or key.removeprefix("_") in wanted or _name(rtype, key) in wanted
        }
    )


def _summarised(found: dict[str, msgspec.Raw], owner: str) -> dict[str, msgspec.Raw]:
    shown = SUMMARIES.get(owner, ())
    kept = {}
    for key, raw in found.items():
        name = _name(owner, key)
        if key in _ALWAYS or name in shown:
            element = _elements(owner).get(key)
            inner = element.kinds[0].name if element else ""
            cut = _within(bytes(raw), inner) if inner in SUMMARIES else bytes(raw)
            if cut not in (b"{}", b"[]"):
                kept[key] = msgspec.Raw(cut)
    return kept


def _within(raw: bytes, owner: str) -> bytes:
    """The same for a part of a resource, or a list of such parts."""
    if raw.lstrip()[:1] == b"[":
        cuts = [_within(bytes(one), owner) for one in _LIST.decode(raw)]
        return msgspec.json.encode([msgspec.Raw(cut) for cut in cuts if cut != b"{}"])
    return msgspec.json.encode(_summarised(members(raw), owner)) if raw.lstrip()[:1] == b"{" else raw


def _marked(found: dict[str, msgspec.Raw]) -> bytes:
    """The text of what was kept, with the tag that says it is not all."""
    meta = members(bytes(found.get("meta", b"{}")))
    tags = [*_LIST.decode(bytes(meta.get("tag", b"[]"))), _SUBSETTED]
    meta["tag"] = msgspec.Raw(msgspec.json.encode(tags))
    found["meta"] = msgspec.Raw(msgspec.json.encode(meta))
    return msgspec.json.encode(found)
