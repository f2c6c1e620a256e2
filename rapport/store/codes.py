"""Codes that a search only points to: those of a value set (`:in`), those above or below one (`:above`).

Value sets of R4 are at hand; others, and code systems with their hierarchy, are looked for in the record, as
far as they may be seen. What is not known is refused: an answer without it would be wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
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
#: Steps through definitions that one search may take: about a second.
STEPS = 3_000_000


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
        self.sets: dict[str, Set[values.Token]] = {}
        self.open: set[str] = set()  # value sets that are being read: none may lead back to itself
        self.codes = self.steps = 0

    def with_codes(self, condition: Condition) -> Condition:
        """The condition with codes in it."""
        if not _points(condition):
            return condition
        if isinstance(condition, search_tree.Any):
            return replace(condition, each=tuple(map(self.with_codes, condition.each)))
        if not isinstance(condition, Clause):
            return replace(condition, inner=self.with_codes(condition.inner))
        found = dict[values.Token, None]()
        for value in dict.fromkeys(condition.values):
            found |= dict.fromkeys(self._spent(self._codes(condition, value)))
        self.codes += len(found)
        if self.codes > MOST:
            raise Refused("invalid", f"{condition.param.code}:{condition.modifier} comes to too many codes.")
        modifier = "not" if condition.modifier == "not-in" else ""
        return replace(condition, values=tuple(found), modifier=modifier)

    def _spent(self, steps: Iterable[values.Token]) -> Iterator[values.Token]:
        """The same, each counted as a step."""
        for one in steps:
            self._spend(1)
            yield one

    def _spend(self, steps: int) -> None:
        self.steps += steps
        if self.steps > STEPS:
            raise Refused("invalid", "Too many codes have to be looked through.", "Ask for less at once.")

    def _codes(self, clause: Clause, value: values.Value) -> Iterable[values.Token]:
        if isinstance(value, values.Text):
            return self._of_set(value.text)
        assert isinstance(value, values.Token)
        return self._around(value, clause.modifier == "below")

    def _of_set(self, address: str) -> Set[values.Token]:
        if address not in self.sets:
            self.sets[address] = self._read_set(address)
        return self.sets[address]

    def _read_set(self, address: str) -> Set[values.Token]:
        known = valuesets.carried(address)
        if known is not None:
            return {values.Token(one.system, one.code) for one in known.concepts}
        stored = self._definition("ValueSet", address)
        if stored is None or "compose" not in stored or address in self.open:
            raise _unknown(address)
        self.open.add(address)
        left, right = (
            {code for part in stored["compose"].get(name, ()) for code in self._of_part(part, address)}
            for name in ("include", "exclude")
        )
        self.open.remove(address)
        return left - right

    def _of_part(self, part: Json, address: str) -> set[values.Token]:
        """The codes of one include or exclude: what its system and its value sets have in common."""
        each = [set(self._spent(self._of_set(url))) for url in part.get("valueSet", ())]
        system, filters = part.get("system", ""), part.get("filter", ())
        if "concept" in part:
            listed = (values.Token(system, one.get("code")) for one in part["concept"])
            each.append(set(self._spent(listed)))
        elif system and not filters:
            each.append({values.Token(system, way[-1]) for way in self._ways(system)})
        for one in filters:
            if (one.get("property"), one.get("op")) not in (
                ("concept", "is-a"),
                ("concept", "descendent-of"),
            ):
                raise _unknown(address)
            top = values.Token(system, one.get("value"))
            each.append(
                set(self._around(top, below=True)) - ({top} if one["op"] == "descendent-of" else set())
            )
        if not each:
            raise _unknown(address)
        return each[0].intersection(*each[1:])

    def _around(self, place: values.Token, below: bool) -> Iterator[values.Token]:
        """The code itself and all below it, or all above it."""
        for way in self._ways(place.system or ""):
            if way[-1] == place.code and not below:
                yield from (values.Token(place.system, code) for code in way)
            elif place.code in way and below:
                yield values.Token(place.system, way[-1])

    def _ways(self, system: str) -> Iterator[tuple[str, ...]]:
        """Each code of a code system as the codes that lead to it, from the top."""
        stored = self._definition("CodeSystem", system)
        if stored is None or stored.get("content") != "complete":
            raise Refused(
                "invalid",
                f"The codes of the code system {system[:200]} and their hierarchy are not known here.",
                "Store its complete CodeSystem, or name the codes themselves.",
            )
        for way in _walked(stored.get("concept", ()), ()):
            self._spend(len(way))
            yield way

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


def _walked(concepts: Any, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for one in concepts:
        way = (*above, one.get("code", ""))
        yield way
        yield from _walked(one.get("concept", ()), way)


def _unknown(address: str) -> Refused:
    return Refused(
        "invalid",
        f"The codes of the value set {address[:200]} are not known here.",
        "Store a ValueSet that lists them.",
    )
