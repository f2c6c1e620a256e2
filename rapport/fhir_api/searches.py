"""Search: GET and POST _search. The Bundle is made by joining stored bytes; nothing in it is parsed."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, urlencode

import orjson

from rapport.fhir.outcomes import Refused
from rapport.gate.door import Found, Record

from . import subsets
from .http import Answer
from .visit import Visit

Pairs = Sequence[tuple[str, str]]


def by_get(visit: Visit) -> Answer:
    """GET [type]?…"""
    return _answer(visit, visit.request.query)


def by_post(visit: Visit) -> Answer:
    """POST [type]/_search"""
    return _answer(visit, [*visit.request.query, *visit.request.form()])


def _answer(visit: Visit, pairs: Pairs) -> Answer:
    rtype = visit.rtype()
    handling = visit.request.prefer("handling")
    found = visit.door.search(rtype, pairs, lenient=handling == "lenient")
    return Answer(200, bundle(visit.request.base, rtype, pairs, found))


def bundle(base: str, rtype: str, pairs: Pairs, found: Found) -> bytes:
    """The searchset of what was found."""
    query = dict(pairs)
    elements = tuple(filter(None, query.get("_elements", "").split(",")))
    summary = query.get("_summary", "")
    links = [_link("self", base, rtype, [pair for pair in pairs if pair[0] != "_format"])]
    if found.next:
        more = [pair for pair in pairs if pair[0] not in ("_cursor", "_format")]
        links.append(_link("next", base, rtype, [*more, ("_cursor", found.next)]))
    total = b"" if found.total is None else b',"total":%d' % found.total
    head = b'{"resourceType":"Bundle","type":"searchset"' + total + b',"link":[' + b",".join(links) + b"]"
    if summary == "count":
        return head + b"}"
    plain = not elements and summary != "data"
    root = base.encode()
    entries = [_entry(root, record, b"match", plain, elements, summary) for record in found.matches]
    entries += [_entry(root, record, b"include", plain, elements, summary) for record in found.included]
    return head + (b',"entry":[' + b",".join(entries) + b"]}" if entries else b"}")


def _entry(
    root: bytes, record: Record, mode: bytes, plain: bool, elements: tuple[str, ...], summary: str
) -> bytes:
    body = record.body if plain else subsets.shape(record.body, elements, summary)
    return b'{"fullUrl":"%b/%b","resource":%b,"search":{"mode":"%b"}}' % (
        root,
        record.ref.encode(),
        body,
        mode,
    )


def _link(relation: str, base: str, rtype: str, pairs: Pairs) -> bytes:
    query = urlencode(pairs, quote_via=quote, safe=":/,|")
    return orjson.dumps(
        {"relation": relation, "url": f"{base}/{rtype}?{query}" if query else f"{base}/{rtype}"}
    )


def whole_system(visit: Visit) -> Answer:
    """Searching all types at once is not offered."""
    raise Refused("not-allowed", "One type is searched at a time.", "Name the type: GET [type]?…")
