"""Codes that a search only points to: those of a value set (`:in`), those above or below one (`:above`).

Value sets of R4 are at hand; others, and code systems with their hierarchy, are looked for in the record, as
far as they may be seen. What is not known is refused: an answer without it would be wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from rapport.fhir import search as grammar
from rapport.fhir import search_tree, valuesets
from rapport.fhir import search_values as values
from rapport.fhir.outcomes import Refused
from rapport.fhir.search_tree import Clause, Condition, Search

Json = dict[str, Any]
#: Finds the definitions (ValueSet, CodeSystem) that a search matches.
Find = Callable[[Search], list[Json]]

#: Codes that all conditions of a search may come to, and definitions that may be looked for.
MOST, LOOKS = 5000, 20


def looked_up(query: Search, find: Find) -> Search:
    """The search with the codes themselves in place of what points to them. Refused("invalid") if unknown."""
    if not any(map(_points, query.conditions)):
        return query
    known = _Known(find)
    return replace(query, conditions=tuple(known.with_codes(one) for one in query.conditions))


def _points(condition: Condition) -> bool:
    if isinstance(condition, Clause):
        return condition.pointing
    inner = condition.each if isinstance(condition, search_tree.Any) else (condition.inner,)
    return any(map(_points, inner))


class _Known:
    """What has been looked up for one search, each definition once."""

    def __init__(self, find: Find) -> None:
        self.find = find
        self.definitions: dict[tuple[str, str], Json | None] = {}
        self.codes = 0

    def with_codes(self, condition: Condition) -> Condition:
        """The condition with codes in it."""
        if not _points(condition):
            return condition
        if isinstance(condition, search_tree.Any):
            return replace(condition, each=tuple(map(self.with_codes, condition.each)))
        if not isinstance(condition, Clause):
            return replace(condition, inner=self.with_codes(condition.inner))
        found = dict.fromkeys(code for value in condition.values for code in self._codes(condition, value))
        self.codes += len(found)
        if self.codes > MOST:
            raise Refused("invalid", f"{condition.param.code}:{condition.modifier} comes to too many codes.")
        modifier = "not" if condition.modifier == "not-in" else ""
        return replace(condition, values=tuple(found), modifier=modifier)

    def _codes(self, clause: Clause, value: values.Value) -> Iterator[values.Token]:
        if isinstance(value, values.Text):
            return self._of_set(value.text)
        assert isinstance(value, values.Token)
        return self._around(value, clause.modifier == "below")

    def _of_set(self, address: str) -> Iterator[values.Token]:
        known = valuesets.carried(address)
        if known is None:
            stored = self._definition("ValueSet", address)
            known = valuesets.listed(stored) if stored else None
        if known is None:
            raise Refused(
                "invalid",
                f"The codes of the value set {address[:200]} are not known here.",
                "Store a ValueSet that lists them.",
            )
        for one in known.concepts:
            yield values.Token(one.system, one.code)

    def _around(self, place: values.Token, below: bool) -> Iterator[values.Token]:
        """The code itself and all below it, or all above it."""
        stored = self._definition("CodeSystem", place.system or "")
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

    def _definition(self, rtype: str, address: str) -> Json | None:
        """The newest of those with this canonical address (`url` or `url|version`), or `Type/id`."""
        place = (rtype, address)
        if place not in self.definitions:
            if len(self.definitions) == LOOKS:
                raise Refused(
                    "invalid", f"More than {LOOKS} value sets are too many.", "Ask in several searches."
                )
            kind, _, rid = address.partition("/")
            url, _, version = address.partition("|")
            pairs = (
                [("_id", rid)]
                if kind == rtype
                else [("url", url), *([("version", version)] if version else [])]
            )
            pairs = [(name, value.replace("\\", "\\\\").replace(",", "\\,")) for name, value in pairs]
            found = self.find(grammar.parse(rtype, [*pairs, ("_sort", "-_lastUpdated"), ("_count", "1")]))
            self.definitions[place] = found[0] if found else None
        return self.definitions[place]


def _ways(concepts: Any, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Each concept as the codes that lead to it, from the top."""
    for one in concepts:
        way = (*above, one.get("code", ""))
        yield way
        yield from _ways(one.get("concept", ()), way)
