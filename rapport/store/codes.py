"""Codes that a search only points to: those of a value set (`:in`), those above or below one (`:above`).

Value sets of R4 are at hand; others, and code systems with their hierarchy, are looked for in the record, as
far as they may be seen. What is not known is refused: an answer without it would be wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from rapport.fhir import search as grammar
from rapport.fhir import search_values as values
from rapport.fhir import valuesets
from rapport.fhir.outcomes import Refused
from rapport.fhir.search import LOOKED_UP, Clause, Condition, Search

Json = dict[str, Any]
#: Finds the definitions (ValueSet, CodeSystem) that a search matches.
Find = Callable[[Search], list[Json]]

#: Codes that one condition may come to.
MOST = 5000


def looked_up(query: Search, find: Find) -> Search:
    """The search with the codes themselves in place of what points to them. Refused("invalid") if unknown."""
    if not any(map(_points, query.conditions)):
        return query
    return replace(query, conditions=tuple(_with_codes(one, find) for one in query.conditions))


def _points(condition: Condition) -> bool:
    if isinstance(condition, Clause):
        return condition.modifier in LOOKED_UP and condition.param.type == "token"
    inner = condition.each if isinstance(condition, grammar.Any) else (condition.inner,)
    return any(map(_points, inner))


def _with_codes(condition: Condition, find: Find) -> Condition:
    if not _points(condition):
        return condition
    if isinstance(condition, grammar.Any):
        return replace(condition, each=tuple(_with_codes(one, find) for one in condition.each))
    if not isinstance(condition, Clause):
        return replace(condition, inner=_with_codes(condition.inner, find))
    modifier = condition.modifier
    found: dict[values.Token, None] = {}
    for value in condition.values:
        if isinstance(value, values.Text):
            found.update(dict.fromkeys(_of_set(value.text, find)))
        elif isinstance(value, values.Token):
            found.update(dict.fromkeys(_around(value, modifier == "below", find)))
    if len(found) > MOST:
        raise Refused("invalid", f"{condition.param.code}:{modifier} comes to more than {MOST} codes.")
    return replace(condition, values=tuple(found), modifier="not" if modifier == "not-in" else "")


def _of_set(address: str, find: Find) -> Iterator[values.Token]:
    known = valuesets.carried(address)
    if known is None:
        stored = _definition("ValueSet", address, find)
        known = valuesets.listed(stored) if stored else None
    if known is None:
        raise Refused(
            "invalid",
            f"The codes of the value set {address[:200]} are not known here.",
            "Store a ValueSet that lists them.",
        )
    for one in known.concepts:
        yield values.Token(one.system, one.code)


def _around(place: values.Token, below: bool, find: Find) -> Iterator[values.Token]:
    """The code itself and all below it, or all above it."""
    stored = _definition("CodeSystem", place.system or "", find)
    if stored is None or stored.get("content") != "complete":
        raise Refused(
            "invalid",
            f"The hierarchy of the code system {(place.system or '')[:200]} is not known here.",
            "Store its complete CodeSystem, or name the codes themselves.",
        )
    for way in _ways(stored.get("concept", ()), ()):
        if way[-1] == place.code and not below:
            yield from (values.Token(place.system, code) for code in way)
        elif place.code in way and below:
            yield values.Token(place.system, way[-1])


def _ways(concepts: Any, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Each concept as the codes that lead to it, from the top."""
    for one in concepts:
        way = (*above, one.get("code", ""))
        yield way
        yield from _ways(one.get("concept", ()), way)


def _definition(rtype: str, address: str, find: Find) -> Json | None:
    """The newest of those with this canonical address (`url` or `url|version`), or `Type/id`."""
    kind, _, rid = address.partition("/")
    url, _, version = address.partition("|")
    pairs = [("_id", rid)] if kind == rtype else [("url", url), *([("version", version)] if version else [])]
    pairs = [(name, value.replace("\\", "\\\\").replace(",", "\\,")) for name, value in pairs]
    found = find(grammar.parse(rtype, [*pairs, ("_sort", "-_lastUpdated"), ("_count", "1")]))
    return found[0] if found else None
