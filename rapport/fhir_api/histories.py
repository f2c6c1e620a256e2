"""History of one resource, of a type, of everything; newest first."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

import orjson

from rapport.fhir.outcomes import Refused
from rapport.fhir.text import instant
from rapport.gate.door import Record

from .http import Answer, etag
from .visit import Visit

_LARGEST = 1000


def of_one(visit: Visit) -> Answer:
    """GET [type]/[id]/_history"""
    rtype, rid = visit.rtype(), visit.rid()
    since, count, _ = _window(visit)
    versions = [
        record for record in visit.door.history(rtype, rid) if since is None or record.updated >= since
    ]
    shown = [] if count == 0 else versions
    return Answer(200, _bundle(visit, f"{rtype}/{rid}/_history", shown, len(versions), ""))


def of_type(visit: Visit) -> Answer:
    """GET [type]/_history"""
    rtype = visit.rtype()
    return _page(visit, f"{rtype}/_history", rtype)


def of_all(visit: Visit) -> Answer:
    """GET _history"""
    return _page(visit, "_history", None)


def _page(visit: Visit, where: str, rtype: str | None) -> Answer:
    since, count, cursor = _window(visit)
    versions = visit.door.changes(rtype, since=since, until=cursor, count=count)
    more = ""
    if count and len(versions) == count:
        last = versions[-1]
        kept = [pair for pair in visit.request.query if pair[0] not in ("_cursor", "_format")]
        more = urlencode([*kept, ("_cursor", f"{last.updated.isoformat()}~{last.seq}")])
    return Answer(200, _bundle(visit, where, versions, None, more))


def _window(visit: Visit) -> tuple[datetime | None, int, tuple[datetime, int] | None]:
    """`_since`, `_count` and where an earlier page ended."""
    query = dict(visit.request.query)
    unknown = set(query) - {"_since", "_count", "_cursor", "_format", "_pretty"}
    if unknown:
        raise Refused(
            "invalid", f"A history has no parameter {sorted(unknown)[0]}.", "Use _since and _count."
        )
    try:
        since = _moment(query["_since"]) if "_since" in query else None
        count = min(int(query.get("_count", "50")), _LARGEST)
        at, _, seq = query.get("_cursor", "").partition("~")
        cursor = (_moment(at), int(seq)) if at else None
    except (ValueError, OverflowError) as broken:
        raise Refused(
            "invalid", "_since, _count or _cursor cannot be read.", "Give an instant and a number."
        ) from broken
    if count < 0 or (cursor is not None and not 0 <= cursor[1] < 1 << 62):
        raise Refused("invalid", "_count or _cursor cannot be read.", "Give a whole number.")
    return since, count, cursor


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text.replace(" ", "+"))
    if at.tzinfo is None:
        raise ValueError("no time zone")
    return at


def _bundle(visit: Visit, where: str, versions: list[Record], total: int | None, more: str) -> bytes:
    base = visit.request.base
    links = [orjson.dumps({"relation": "self", "url": f"{base}/{where}"})]
    if more:
        links.append(orjson.dumps({"relation": "next", "url": f"{base}/{where}?{more}"}))
    head = b'{"resourceType":"Bundle","type":"history"' + (b"" if total is None else b',"total":%d' % total)
    head += b',"link":[' + b",".join(links) + b"]"
    entries = b",".join(_entry(base, record) for record in versions)
    return head + (b',"entry":[' + entries + b"]}" if entries else b"}")


def _entry(base: str, record: Record) -> bytes:
    method = "DELETE" if record.deleted else "POST" if record.vid == 1 else "PUT"
    status = "204" if record.deleted else "201" if record.vid == 1 else "200"
    told = {
        "request": {"method": method, "url": record.rtype if method == "POST" else record.ref},
        "response": {"status": status, "etag": etag(record.vid), "lastModified": instant(record.updated)},
    }
    body = b"" if record.deleted else b'"resource":' + record.body + b","
    return b'{"fullUrl":"%b/%b",' % (base.encode(), record.ref.encode()) + body + orjson.dumps(told)[1:]
