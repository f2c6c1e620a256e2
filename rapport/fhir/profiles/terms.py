"""Value sets of installed packages: those whose codes can all be listed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rapport.fhir.profiles.packages import Contents
from rapport.fhir.table import VALUE_SETS, value_set

Json = dict[str, Any]
Codes = Mapping[str, frozenset[str]]

_R4: Final = "http://hl7.org/fhir/ValueSet/"
_DEEPEST: Final = 20


class Terms:
    """Finds the codes of value sets by system; None for those that can't be listed here."""

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self.known: dict[str, Codes | None] = {}

    def codes(self, url: str, depth: int = 0) -> Codes | None:
        """All codes of a value set."""
        url = url.split("|")[0]
        if url not in self.known:
            self.known[url] = None  # a value set that includes itself can't be listed
            self.known[url] = self._codes(url, depth)
        return self.known[url]

    def _codes(self, url: str, depth: int) -> Codes | None:
        found = self.contents.value_sets.get(url)
        if found is None:
            name = url.removeprefix(_R4)
            return value_set(name) if url.startswith(_R4) and name in VALUE_SETS else None
        compose = found.get("compose", {})
        if depth > _DEEPEST or not compose.get("include"):
            return _expanded(found.get("expansion", {}))
        total: dict[str, frozenset[str]] = {}
        for sign, parts in ((1, compose["include"]), (-1, compose.get("exclude", []))):
            for part in parts:
                codes = self._part(part, depth)
                if codes is None:
                    return _expanded(found.get("expansion", {}))
                for system, some in codes.items():
                    now = total.get(system, frozenset())
                    total[system] = now | some if sign > 0 else now - some
        return total

    def _part(self, part: Json, depth: int) -> Codes | None:
        """One include or exclude: concepts, a whole code system, or what several value sets share."""
        sets = [self.codes(url, depth + 1) for url in part.get("valueSet", ())]
        if "system" in part:
            sets.append(self._system(part))
        if not sets or "filter" in part:
            return None
        total: Codes | None = None
        for codes in sets:
            if codes is None:
                return None
            total = codes if total is None else _shared(total, codes)
        return total

    def _system(self, part: Json) -> Codes | None:
        system = part["system"]
        if "concept" in part:
            return {system: frozenset(one["code"] for one in part["concept"])}
        found = self.contents.code_systems.get(system)
        if found is None or found.get("content") != "complete":
            return None
        left, codes = list(found.get("concept", ())), set()
        while left:
            one = left.pop()
            codes.add(one["code"])
            left += one.get("concept", ())
        return {system: frozenset(codes)}


def _shared(one: Codes, other: Codes) -> Codes:
    return {system: codes & other.get(system, frozenset()) for system, codes in one.items()}


def _expanded(expansion: Json) -> Codes | None:
    """The codes of an expansion that is stored whole."""
    left, found = list(expansion.get("contains", ())), dict[str, set[str]]()
    total = expansion.get("total")
    while left:
        one = left.pop()
        left += one.get("contains", ())
        if "code" in one and not one.get("abstract"):
            found.setdefault(one.get("system", ""), set()).add(one["code"])
    if not found or (total is not None and total > sum(map(len, found.values()))):
        return None
    return {system: frozenset(codes) for system, codes in found.items()}
