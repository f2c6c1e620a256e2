"""All of a patient: `Patient/[id]/$everything`, and `Patient/[id]/*` for the members of the compartment."""

from __future__ import annotations

from collections.abc import Mapping

from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.fhir.outcomes import Refused
from rapport.gate.door import Extent

from . import parameters, searches, subsets
from .http import Answer
from .visit import Visit

PAGE, LARGEST = 100, 1000
_SHARED = {"_count", "_cursor", "_type", "_since", "_summary", "_elements", "_format", "_pretty"}


def everything(visit: Visit) -> Answer:
    """GET or POST Patient/[id]/$everything"""
    return _page(visit, visit.rid(), "$everything", True, _SHARED | {"start", "end"})


def of_mine(visit: Visit) -> Answer:
    """GET or POST Patient/$everything: of the one patient that somebody acts for."""
    patients = visit.door.actor.patients
    if len(patients) != 1:
        raise Refused("rule", "It is not clear whose record is meant.", "Ask for Patient/[id]/$everything.")
    return _page(visit, patients[0].partition("/")[2], "$everything", True, _SHARED | {"start", "end"})


def whole(visit: Visit) -> Answer:
    """GET Patient/[id]/*"""
    return _page(visit, visit.rid(), "*", False, _SHARED)


def _page(visit: Visit, rid: str, name: str, related: bool, known: set[str]) -> Answer:
    pairs = parameters.simple(visit.request)
    query = dict(pairs)
    unknown = sorted(set(query) - known)
    if unknown and visit.request.prefer("handling") != "lenient":
        raise Refused("invalid", f"{name} has no parameter {unknown[0]}.", "See metadata.")
    cut = subsets.asked(pairs)
    count = parameters.number(query, "_count", PAGE, LARGEST)
    if cut.summary == "count" or not count:
        raise Refused("invalid", f"{name} can't be counted.", "Ask for a page of it.")
    behind = _place(query.get("_cursor"))
    extent = _extent(query, _types(pairs), related)
    records, more = visit.door.everything(rid, extent, count=count, behind=behind)
    base, where = visit.request.base, f"Patient/{rid}/{name}"
    kept = [pair for pair in pairs if pair[0] in known - {"_cursor", "_format"}]
    links = [searches.link("self", base, where, [pair for pair in pairs if pair[0] in known])]
    if more is not None:
        links.append(searches.link("next", base, where, [*kept, ("_cursor", str(more))]))
    return Answer(200, searches.joined(links, [searches.entry(base, each, "match", cut) for each in records]))


def _place(written: str | None) -> int | None:
    """Where the page before ended: a signed number of 64 bits."""
    if written is None:
        return None
    digits = written.removeprefix("-")
    if digits.isdecimal() and digits.isascii() and len(digits) < 20:
        place = int(written)
        if -(1 << 63) <= place < 1 << 63:
            return place
    raise Refused("invalid", "This page does not belong here.", "Ask again from the start.")


def _extent(query: Mapping[str, str], types: tuple[str, ...], related: bool) -> Extent:
    """`start` and `end` are days of care, `_since` is a moment; each is taken as wide as it is written."""
    since, start, end = (parameters.span(query, name) for name in ("_since", "start", "end"))
    return Extent(types, since and since[0], start and start[0], end and end[1], related)


def _types(pairs: list[tuple[str, str]]) -> tuple[str, ...]:
    """`_type`, a list; every type when it is absent."""
    names = [name for key, value in pairs if key == "_type" for name in value.split(",") if name]
    unknown = [name for name in names if name not in TYPE_NUMBERS]
    if unknown:
        raise Refused("invalid", f"FHIR R4 has no resource type {unknown[0][:80]}.", "Mend _type.")
    return tuple(names) or tuple(TYPE_NUMBERS)
