"""A patient's documents: `DocumentReference/$docref` of US Core 6.1."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rapport.fhir.outcomes import Refused
from rapport.gate.door import Record

from . import parameters, searches, subsets
from .http import Answer
from .visit import Visit

Json = dict[str, Any]

_KNOWN = {"patient", "start", "end", "type", "on-demand", "profile", "_format", "_pretty"}
_MOST = 1000


def docref(visit: Visit) -> Answer:
    """GET or POST DocumentReference/$docref

    With `start` or `end`, the documents about care at that time; with neither, the newest of each type. Only
    what is stored is found: no document is made because somebody asks.
    """
    asked = parameters.values(visit.request)
    unknown = sorted(set(asked) - _KNOWN)
    if unknown:
        raise Refused("invalid", f"$docref has no parameter {unknown[0][:80]}.", "See metadata.")
    dated = "start" in asked or "end" in asked
    query = [("patient", _patient(asked)), *_times(asked), *_type(asked.get("type"))]
    query += [("_sort", "-date"), ("_count", str(_MOST))]
    found = visit.door.search("DocumentReference", query)
    if found.next:
        raise Refused("too-large", f"There are more than {_MOST} documents.", "Ask for a shorter time.")
    records = list(found.matches) if dated else _newest(found.matches)
    base = visit.request.base
    links = [searches.link("self", base, "DocumentReference/$docref", visit.request.query)]
    entries = [searches.entry(base, each, "match", subsets.asked([])) for each in records]
    return Answer(200, searches.joined(links, entries, len(records)))


def _patient(asked: Json) -> str:
    """The id that is asked for, `Patient/[id]` too."""
    patient = asked.get("patient")
    if isinstance(patient, dict):
        patient = patient.get("reference")
    if not isinstance(patient, str) or not patient:
        raise Refused("invalid", "It is not said whose documents are meant.", "Give the patient's id.")
    return patient


def _times(asked: Json) -> Iterable[tuple[str, str]]:
    """What was going on between `start` and `end`, the whole of both days included."""
    given = {name: str(value) for name, value in asked.items() if name in ("start", "end")}
    if start := parameters.span(given, "start"):
        yield "period", f"ge{start[0].isoformat()}"
    if end := parameters.span(given, "end"):
        yield "period", f"lt{end[1].isoformat()}"


def _type(asked: Any) -> Iterable[tuple[str, str]]:
    """`type` as a token, a Coding or a CodeableConcept: any of its codings."""
    if asked is None:
        return
    codings = asked.get("coding", [asked]) if isinstance(asked, dict) else asked
    if isinstance(codings, str) and codings:
        yield "type", codings
    elif isinstance(codings, list) and codings and all(isinstance(each, dict) for each in codings):
        yield "type", ",".join(f"{each.get('system', '')}|{each.get('code', '')}" for each in codings)
    else:
        raise Refused("invalid", "The type of document can't be read.", "Give a system and a code.")


def _newest(records: Iterable[Record]) -> list[Record]:
    """The first of each type; they come with the newest first."""
    first: dict[str, Record] = {}
    for record in records:
        coding = record.json.get("type", {}).get("coding") or [{}]
        first.setdefault(f"{coding[0].get('system', '')}|{coding[0].get('code', '')}", record)
    return list(first.values())
