"""History of one resource, of a type, of everything; newest first."""

from __future__ import annotations

from datetime import datetime

import orjson

from rapport.fhir.outcomes import Refused
from rapport.fhir.text import instant
from rapport.gate.door import Record, Window
from rapport.gate.permissions import READ, SEARCH

from . import parameters, searches
from .http import Answer, etag
from .visit import Visit

PAGE, LARGEST = 50, 1000
_KNOWN = {"_since", "_at", "_count", "_cursor", "_format", "_pretty"}


def of_one(visit: Visit) -> Answer:
    """GET [type]/[id]/_history"""
    rtype, rid = visit.rtype(), visit.rid()
    visit.within_scope(READ, rtype)
    window = _window(visit)
    versions = visit.door.history(rtype, rid, window)
    plain = window == Window(window.count)
    total = visit.door.versions(rtype, rid) if plain and len(versions) == window.count else None
    return _answer(visit, f"{rtype}/{rid}/_history", window, versions, total)


def of_type(visit: Visit) -> Answer:
    """GET [type]/_history"""
    rtype, window = visit.rtype(), _window(visit)
    visit.within_scope(SEARCH, rtype)
    return _answer(visit, f"{rtype}/_history", window, visit.door.changes(rtype, window))


def of_all(visit: Visit) -> Answer:
    """GET _history"""
    window = _window(visit)
    return _answer(visit, "_history", window, visit.door.changes(None, window))


def _answer(
    visit: Visit, where: str, window: Window, versions: list[Record], total: int | None = None
) -> Answer:
    asked = [pair for pair in visit.request.query if pair[0] in _KNOWN and pair[0] != "_format"]
    base = visit.request.base
    links = [searches.link("self", base, where, asked)]
    if window.count and len(versions) == window.count:
        last = versions[-1]
        kept = [pair for pair in asked if pair[0] != "_cursor"]
        kept.append(("_cursor", f"{last.updated.isoformat()}~{last.seq}"))
        links.append(searches.link("next", base, where, kept))
    elif window.count and window.until is None:
        total = len(versions)
    head = b'{"resourceType":"Bundle","type":"history"' + (b"" if total is None else b',"total":%d' % total)
    head += b',"link":[' + b",".join(links) + b"]"
    entries = b",".join(_entry(base, record) for record in versions)
    return Answer(200, head + (b',"entry":[' + entries + b"]}" if entries else b"}"))


def _window(visit: Visit) -> Window:
    """`_since`, `_at`, `_count` and where an earlier page ended."""
    query = dict(visit.request.query)
    unknown = sorted(set(query) - _KNOWN)
    if unknown and visit.request.prefer("handling") != "lenient":
        raise Refused("invalid", f"A history has no parameter {unknown[0]}.", "Use _since, _at and _count.")
    since = parameters.span(query, "_since")
    return Window(
        parameters.number(query, "_count", PAGE, LARGEST),
        since[0] if since else None,
        _behind(query.get("_cursor", "")),
        parameters.span(query, "_at"),
    )


def _behind(cursor: str) -> tuple[datetime, int] | None:
    if not cursor:
        return None
    at, _, seq = cursor.partition("~")
    try:
        place = datetime.fromisoformat(at.replace(" ", "+")), int(seq)
        if place[0].tzinfo is None or not 0 <= place[1] < 1 << 62:
            raise ValueError(cursor)
    except (ValueError, OverflowError):
        raise Refused("invalid", "This page does not belong here.", "Ask again from the start.") from None
    return place


def _entry(base: str, record: Record) -> bytes:
    method = "DELETE" if record.deleted else "POST" if record.vid == 1 else "PUT"
    status = "204" if record.deleted else "201" if record.vid == 1 else "200"
    told = {
        "request": {"method": method, "url": record.rtype if method == "POST" else record.ref},
        "response": {"status": status, "etag": etag(record.vid), "lastModified": instant(record.updated)},
    }
    body = b"" if record.deleted else b'"resource":' + record.body + b","
    return b'{"fullUrl":"%b/%b",' % (base.encode(), record.ref.encode()) + body + orjson.dumps(told)[1:]
