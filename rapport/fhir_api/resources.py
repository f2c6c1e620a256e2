"""Interactions with one resource: read, vread, create, update, patch, delete, and the conditional ones."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlencode

import orjson

from rapport.fhir.outcomes import Refused
from rapport.gate.door import Door, Record
from rapport.gate.permissions import READ
from rapport.gate.writing import ABSENT, parsed

from . import files, patching, subsets
from .http import Answer, Request, etag, http_date
from .visit import Visit

Header = tuple[str, str]
T = TypeVar("T")

#: How often a change that names no version is made again when somebody else was faster, and after how long
#: at most (seconds, more with each try, by chance, so that many who met do not meet again).
_TRIES, _APART = 25, 0.004
#: Parameters that are about the answer and no condition. (What stands behind a file's address is its name.)
_LAYOUT = ("_format", "_pretty")


def read(visit: Visit) -> Answer:
    """GET [type]/[id]"""
    visit.within_scope(READ, visit.rtype())
    return _shown(visit, visit.door.read(visit.rtype(), visit.rid()))


def vread(visit: Visit) -> Answer:
    """GET [type]/[id]/_history/[vid]"""
    visit.within_scope(READ, visit.rtype())
    return _shown(visit, visit.door.read(visit.rtype(), visit.rid(), visit.vid()))


def create(visit: Visit) -> Answer:
    """POST [type], with If-None-Exist the conditional create

    Some clients write its condition behind the address. To leave that out would store everything twice.
    """
    request, rtype = visit.request, visit.rtype()
    raw, body = parsed(files.taken(request) if files.is_file(request, rtype) else _json(request))
    _same_type(rtype, body.get("resourceType"))
    behind = [] if rtype == "Binary" else [pair for pair in request.query if pair[0] not in _LAYOUT]
    condition = request.header("If-None-Exist") or urlencode(behind) or None
    record, made = visit.strictly().create_or_find(raw, if_none_exist=_query(condition))
    return written(visit, record, 201 if made else 200)


def update(visit: Visit) -> Answer:
    """PUT [type]/[id]"""
    request, rtype, rid = visit.request, visit.rtype(), visit.rid()
    raw, body = parsed(_json(request))
    _same_type(rtype, body.get("resourceType"))
    if body.get("id") != rid:
        raise Refused(
            "invalid", "The id of the resource is not that of the address.", "Give the same id in both."
        )
    version = ABSENT if request.header("If-None-Match").strip() == "*" else request.version()
    record, made = settled(visit.door, version, lambda: visit.strictly().put(raw, body, if_match=version))
    return written(visit, record, 201 if made else 200)


def update_where(visit: Visit) -> Answer:
    """PUT [type]?search: the conditional update"""
    raw, body = parsed(_json(visit.request))
    _same_type(visit.rtype(), body.get("resourceType"))
    condition = urlencode(visit.request.query)
    record, made = visit.strictly().put_where(raw, body, condition, if_match=visit.request.version())
    return written(visit, record, 201 if made else 200)


def patch(visit: Visit) -> Answer:
    """PATCH [type]/[id]"""
    rtype, rid = visit.rtype(), visit.rid()
    change, version = patching.asked(visit.request), visit.request.version()
    record = settled(
        visit.door, version, lambda: visit.strictly().patch(rtype, rid, change, if_match=version)
    )
    return written(visit, record, 200)


def patch_where(visit: Visit) -> Answer:
    """PATCH [type]?search: the conditional patch, of the one resource that the search means"""
    rtype, condition = visit.rtype(), urlencode(visit.request.query)
    change, version = patching.asked(visit.request), visit.request.version()
    record = settled(
        visit.door, version, lambda: visit.strictly().patch_where(rtype, condition, change, if_match=version)
    )
    return written(visit, record, 200)


def delete(visit: Visit) -> Answer:
    """DELETE [type]/[id]"""
    gone = visit.door.delete(visit.rtype(), visit.rid(), if_match=visit.request.version())
    return Answer(204, headers=(("ETag", etag(gone.vid)),) if gone else ())


def delete_where(visit: Visit) -> Answer:
    """DELETE [type]?search, of one resource at most"""
    visit.door.delete_where(visit.rtype(), urlencode(visit.request.query))
    return Answer(204)


# ---------------------------------------------------------------- answers


def headers_of(record: Record) -> tuple[Header, ...]:
    """ETag and Last-Modified of a version."""
    return (("ETag", etag(record.vid)), ("Last-Modified", http_date(record.updated)))


def _shown(visit: Visit, record: Record) -> Answer:
    request = visit.request
    if request.unchanged(record.vid, record.updated):
        return Answer(304, headers=headers_of(record))
    if record.rtype == "Binary" and not request.wants_json():
        return files.given(record, headers_of(record))
    cut = subsets.asked(request.query) if request.query else None
    return Answer(200, cut.of(record.rtype, record.body) if cut else record.body, headers_of(record))


def settled(door: Door, version: int | None, change: Callable[[], T]) -> T:
    """A change; without If-Match the last one to come wins, so it is made again on what is there by then.

    Of the tries the last alone is written down.
    """
    passing = {"stale", "conflict"}
    for number in range(1, _TRIES if version is None else 1):
        door.passing = passing
        try:
            return change()
        except Refused as refused:
            if refused.code not in passing:
                raise
            if refused.code == "conflict":  # made by somebody else just now, or a rule's: the next try tells
                passing = {"stale"}
        finally:
            door.passing = ()
        time.sleep(number * _APART * random.random())  # noqa: S311 - nothing secret hangs on it
    return change()


def written(visit: Visit, record: Record, status: int) -> Answer:
    """The answer to a write, as the Prefer header asks for it."""
    request = visit.request
    where = f"{request.base}/{record.ref}/_history/{record.vid}"
    headers: tuple[Header, ...] = (*headers_of(record), ("Location", where))
    wanted = request.prefer("return")
    if wanted == "minimal":
        return Answer(status, headers=headers)
    if wanted == "OperationOutcome":
        issue = {
            "severity": "information",
            "code": "informational",
            "diagnostics": f"Stored as {record.ref}.",
        }
        outcome = {"resourceType": "OperationOutcome", "issue": [issue]}
        return Answer(status, orjson.dumps(outcome), headers)
    return Answer(status, record.body, headers)


def _same_type(wanted: str, given: object) -> None:
    if wanted != given:
        raise Refused(
            "invalid", f"The resource is not of the type {wanted}.", "Send it to the address of its own type."
        )


def _query(condition: str | None) -> str | None:
    """If-None-Exist is a search without its type; some clients write the question mark."""
    return None if condition is None else condition.rpartition("?")[2]


def _json(request: Request) -> bytes:
    request.check_content()
    return request.resource()
