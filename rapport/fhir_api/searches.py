"""Search: GET and POST _search, of a type or of a patient's compartment.

The Bundle is made by joining stored bytes; nothing in it is parsed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import orjson

from rapport.fhir import search as grammar
from rapport.fhir.definitions import search_param
from rapport.fhir.outcomes import Issue, Refused
from rapport.fhir.queries import written
from rapport.gate.door import Found, Record
from rapport.gate.permissions import SEARCH

from . import subsets
from .http import Answer
from .subsets import Cut
from .visit import Visit

Pairs = Sequence[tuple[str, str]]


def by_get(visit: Visit) -> Answer:
    """GET [type]?… and GET Patient/[id]/[type]?…"""
    return _answer(visit, visit.request.query)


def by_post(visit: Visit) -> Answer:
    """POST [type]/_search and POST Patient/[id]/[type]/_search"""
    return _answer(visit, [*visit.request.query, *visit.request.form()])


def _answer(visit: Visit, pairs: Pairs) -> Answer:
    path = visit.request.path
    within = f"Patient/{visit.rid()}" if len(path) > 2 else ""
    rtype = visit.rtype(2 if within else 0)
    visit.within_scope(SEARCH, rtype)
    cut = subsets.asked(pairs)
    _mixed(cut, pairs)
    lenient = is_lenient(visit)
    pairs = _local(visit.request.base, rtype, pairs)
    found = visit.door.search(rtype, pairs, lenient=lenient, within=within, alone=True)
    ignored = grammar.parse(rtype, pairs, lenient=True).ignored if lenient else ()
    used = [pair for pair in pairs if pair[0] not in ignored]
    where = f"{within}/{rtype}" if within else rtype
    return Answer(200, bundle(visit.request.base, where, used, found, cut, ignored))


def is_lenient(visit: Visit) -> bool:
    """Whether unknown parameters shall be left out (`Prefer: handling=lenient`) in place of a refusal."""
    handling = visit.request.prefer("handling")
    if handling not in ("", "strict", "lenient"):
        raise Refused("invalid", f"There is no handling={handling}.", "Prefer strict or lenient.")
    return handling == "lenient"


def _local(base: str, rtype: str, pairs: Pairs) -> Pairs:
    """References by their whole address here are the same as `Type/id`."""
    head = f"{base}/"
    if not any(head in value for _, value in pairs):
        return pairs
    return [
        (name, value.replace(head, ""))
        if head in value
        and (param := search_param(rtype, name.partition(":")[0]))
        and param.type == "reference"
        else (name, value)
        for name, value in pairs
    ]


def _mixed(cut: Cut, pairs: Pairs) -> None:
    including = any(name.partition(":")[0] in ("_include", "_revinclude") for name, _ in pairs)
    if cut.summary == "text" and including:
        raise Refused("invalid", "_summary=text can't be mixed with _include.", "Leave one of them out.")


def bundle(base: str, where: str, pairs: Pairs, found: Found, cut: Cut, ignored: Sequence[str] = ()) -> bytes:
    """The searchset of what was found. `ignored`: parameters that were left out, as was asked for."""
    links = [link("self", base, where, [pair for pair in pairs if pair[0] != "_format"])]
    if found.next:
        links.append(link("next", base, where, [*_onwards(pairs), ("_cursor", found.next)]))
    if cut.summary == "count":
        return joined(links, (), found.total)
    entries = [entry(base, record, "match", cut) for record in found.matches]
    entries += [entry(base, record, "include", cut) for record in found.included]
    if ignored:
        entries.append(_left_out(ignored))
    return joined(links, entries, found.total)


def _onwards(pairs: Pairs) -> list[tuple[str, str]]:
    return [pair for pair in pairs if pair[0] not in ("_cursor", "_format")]


def joined(links: Iterable[bytes], entries: Sequence[bytes], total: int | None = None) -> bytes:
    """A searchset of links and entries that are text already."""
    head = b'{"resourceType":"Bundle","type":"searchset"' + (b"" if total is None else b',"total":%d' % total)
    head += b',"link":[' + b",".join(links) + b"]"
    return head + (b',"entry":[' + b",".join(entries) + b"]}" if entries else b"}")


def entry(base: str, record: Record, mode: str, cut: Cut) -> bytes:
    """One entry of a searchset."""
    body = cut.of(record.rtype, record.body) if cut else record.body
    return b'{"fullUrl":"%b","resource":%b,"search":{"mode":"%b"}}' % (
        f"{base}/{record.rtype}/{record.rid}".encode(),
        body,
        mode.encode(),
    )


def link(relation: str, base: str, where: str, pairs: Pairs) -> bytes:
    """One link of a bundle."""
    query = written(pairs)
    url = f"{base}/{where}" if where else base
    return orjson.dumps({"relation": relation, "url": f"{url}?{query}" if query else url})


def _left_out(ignored: Sequence[str]) -> bytes:
    """The entry that says which parameters were not understood."""
    issues = [
        Issue(f"There is no search parameter {name} here. It was left out.", "", "not-supported", "warning")
        for name in ignored
    ]
    outcome = {"resourceType": "OperationOutcome", "issue": [issue.json() for issue in issues]}
    return orjson.dumps({"resource": outcome, "search": {"mode": "outcome"}})
