"""Bulk export (Bulk Data Access 2): kick-off, status, files, deletion."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from email.utils import format_datetime

import orjson

from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.fhir.outcomes import Issue, Refused, not_found
from rapport.fhir.text import instant
from rapport.gate import exporting
from rapport.gate.exporting import Export, Wanted
from rapport.gate.permissions import SEARCH
from rapport.gate.scopes import scopes_of

from . import export_files, parameters
from .http import NDJSON, Answer
from .visit import Visit

PLACE = "_export"
_KNOWN = {"_since", "_type", "_typeFilter", "_outputFormat", "_format", "_pretty"}
#: Several filters in one parameter are parted by commas; so are the values within a filter.
_NEXT_FILTER = re.compile(r",(?=[A-Z][A-Za-z]+\?)")
_AGAIN = 5  # seconds


def of_system(visit: Visit) -> Answer:
    """GET or POST $export"""
    return _begin(visit, "$export", "system")


def of_patients(visit: Visit) -> Answer:
    """GET or POST Patient/$export"""
    return _begin(visit, "Patient/$export", "patients")


def of_group(visit: Visit) -> Answer:
    """GET or POST Group/[id]/$export: of the patients who are members"""
    return _begin(visit, f"Group/{visit.rid()}/$export", "group")


def _members(visit: Visit) -> tuple[str, ...]:
    """The patients of a group that this program may read."""
    group = visit.door.read("Group", visit.rid()).json
    found = [
        str(member.get("entity", {}).get("reference", ""))
        for member in group.get("member", ())
        if member.get("inactive") is not True
    ]
    return tuple(ref for ref in found if ref.startswith("Patient/"))


def _begin(visit: Visit, name: str, of: str) -> Answer:
    request, door = visit.request, visit.door
    if not request.prefers("respond-async"):
        raise Refused(
            "invalid", "An export is made while you do other things.", "Send Prefer: respond-async."
        )
    pairs = parameters.simple(request)
    wanted = _wanted(visit, pairs, of)
    scopes = " ".join(map(str, door.actor.scopes or ()))
    shown = str(request.environ.get("QUERY_STRING", ""))
    asked = f"{request.base}/{name}" + (f"?{shown}" if shown else "")
    export = exporting.begin(door, wanted, scopes, asked)
    return Answer(202, headers=(("Content-Location", f"{request.base}/{PLACE}/{export}"),))


def _wanted(visit: Visit, pairs: list[tuple[str, str]], of: str) -> Wanted:
    """What is asked for, as far as it can be."""
    unknown = sorted({key for key, _ in pairs} - _KNOWN)
    if unknown and visit.request.prefer("handling") != "lenient":
        raise Refused("invalid", f"$export has no parameter {unknown[0][:80]}.", "See metadata.")
    query = dict(pairs)
    if query.get("_outputFormat", "ndjson").replace(" ", "+") not in NDJSON:
        raise Refused("invalid", "Only NDJSON is given.", "Leave _outputFormat out.")
    since = parameters.span(query, "_since")
    types, filters = _types(pairs, of != "system"), _filters(pairs)
    strange = [rtype for rtype, _ in filters if types and rtype not in types]
    if strange:
        raise Refused("invalid", f"{strange[0]} is not among the types of this export.", "Mend _typeFilter.")
    if not types:
        every = exporting.types_of(of != "system")
        types = tuple(rtype for rtype in every if not visit.door.where(SEARCH, rtype).nothing)
    if not types:
        raise Refused("forbidden", "This client has no scope for anything that is exported.", "Ask for one.")
    patients = _members(visit) if of == "group" else ()
    return Wanted(types, of, patients, since[0].isoformat() if since else "", filters)


def _types(pairs: Iterable[tuple[str, str]], patients: bool) -> tuple[str, ...]:
    names = [name for key, value in pairs if key == "_type" for name in value.split(",") if name]
    possible = exporting.types_of(patients)
    for name in names:
        if name not in TYPE_NUMBERS:
            raise Refused("invalid", f"FHIR R4 has no resource type {name[:80]}.", "Mend _type.")
        if name not in possible:
            raise Refused("invalid", f"{name} is nothing that belongs to patients.", "Use $export for it.")
    return tuple(dict.fromkeys(names))


def _filters(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    found = []
    for key, value in pairs:
        for part in _NEXT_FILTER.split(value) if key == "_typeFilter" else ():
            rtype, mark, query = part.partition("?")
            if not mark or not query or rtype not in TYPE_NUMBERS:
                raise Refused("invalid", f"{part[:200]!r} is no filter.", "Write Observation?status=final.")
            found.append((rtype, query))
    return tuple(found)


def status(visit: Visit) -> Answer:
    """GET _export/[id]"""
    export = _mine(visit)
    if export.state == "running":
        done = sum(count for _, count in export.files.values())
        said = f"{done} resources, now {export.place.rtype}"
        return Answer(202, headers=(("X-Progress", said), ("Retry-After", str(_AGAIN))))
    if export.state == "failed":
        issue = Issue("This export could not be made. Delete it and ask again.", "", "exception")
        outcome = {"resourceType": "OperationOutcome", "issue": [issue.json()]}
        return Answer(500, orjson.dumps(outcome))
    where = f"{visit.request.base}/{PLACE}/{export.id}"
    manifest = {
        "transactionTime": instant(export.at),
        "request": export.request,
        "requiresAccessToken": True,
        "output": [
            {"type": rtype, "url": f"{where}/{rtype}.ndjson", "count": count}
            for rtype, (_, count) in sorted(export.files.items())
        ],
        "error": [],
    }
    expires = format_datetime(export.ends_at.replace(microsecond=0), usegmt=True)
    return Answer(200, orjson.dumps(manifest), (("Expires", expires),), "application/json")


def file(visit: Visit) -> Answer:
    """GET _export/[id]/[type].ndjson"""
    export, name = _mine(visit), visit.request.path[2]
    rtype = name.removesuffix(".ndjson")
    there = export.state == "done" and rtype in export.files and name.endswith(".ndjson")
    path = export_files.path_of(export.id, rtype) if there else None
    if path is None or not path.is_file() or not _allowed(visit, rtype, export):
        raise not_found()
    exporting.fetched(visit.door, "/".join(visit.request.path))
    return Answer(200, media=NDJSON[0], file=path, size=export.files[rtype][0])


def cancel(visit: Visit) -> Answer:
    """DELETE _export/[id]"""
    export = _mine(visit)
    exporting.remove(visit.door.conn, export.id)
    export_files.remove(export.id)
    return Answer(202)


def _mine(visit: Visit) -> Export:
    conn, (_, name, *_rest), program = visit.door.conn, visit.request.path, visit.door.actor.ref
    found = exporting.find(conn, name, program)
    if exporting.overtaken(conn, found):
        export_files.remove(found.id)
        found = replace(found, state="failed")
    return found


def _allowed(visit: Visit, rtype: str, export: Export) -> bool:
    """Whether this token reaches what the file holds: one of the same program with fewer scopes may not."""
    now = {scope.query for scope in visit.door.actor.scopes or () if scope.covers(rtype, SEARCH)}
    then = {scope.query for scope in scopes_of(export.scopes) if scope.covers(rtype, SEARCH)}
    return "" in now or (bool(now) and then <= now)
