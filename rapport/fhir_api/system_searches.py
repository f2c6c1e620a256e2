"""Search over several types: GET or POST of the base with `_type`.

The types come one after the other, each in its own order; a page may end in the middle of any.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from rapport.fhir import search as grammar
from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.fhir.outcomes import Refused
from rapport.gate.door import Found, Record

from . import searches, subsets
from .http import Answer
from .searches import Pairs
from .visit import Visit


def whole_system(visit: Visit) -> Answer:
    """GET ?_type=…&… and POST _search"""
    pairs = [*visit.request.query, *(visit.request.form() if visit.request.method == "POST" else ())]
    cut = subsets.asked(pairs)
    types = _types(pairs)
    lenient = searches.is_lenient(visit)
    rest = [pair for pair in pairs if pair[0] not in ("_type", "_cursor")]
    parsed = [grammar.parse(rtype, rest, lenient=lenient) for rtype in types]
    if len(types) > 1 and any(one.sort for one in parsed):
        raise Refused(
            "invalid", "Several types can't be sorted together.", "Leave out _sort, or ask for one type."
        )
    asked = _Asked(visit, types, rest, lenient, time.monotonic() + LONGEST)
    if cut.summary == "count" or not parsed[0].count:
        found = Found(total=asked.total())
    else:
        found = asked.page(parsed[0].count, dict(pairs).get("_cursor", ""))
        if parsed[0].total != "none" and found.total is None:
            found = Found(found.matches, found.included, found.next, asked.total())
    return Answer(200, searches.bundle(visit.request.base, "", pairs, found, cut, parsed[0].ignored))


def _types(pairs: Pairs) -> list[str]:
    """The types that are asked for, each once."""
    names = [name for key, value in pairs if key == "_type" for name in value.split(",")]
    if not names:
        raise Refused(
            "not-allowed", "It is not said which types to search.", "Name them: ?_type=Patient,Task"
        )
    unknown = [name for name in names if name not in TYPE_NUMBERS]
    if unknown:
        raise Refused("invalid", f"FHIR R4 has no resource type {unknown[0][:80]}.", "Mend _type.")
    return list(dict.fromkeys(names))


#: So long (seconds) one search of several types may take: each type is a statement of its own.
LONGEST = 20.0


@dataclass(frozen=True, slots=True)
class _Asked:
    """The search of each type. `until`: when it has taken too long."""

    visit: Visit
    types: list[str]
    pairs: Pairs
    lenient: bool
    until: float

    def total(self) -> int:
        """How many match in all types together."""
        counted = [*self.pairs, ("_count", "0")]
        return sum(self._search(rtype, counted).total or 0 for rtype in self.types)

    def page(self, count: int, cursor: str) -> Found:
        """A page from where the one before ended: `Type.cursor within the type`."""
        first, _, inner = cursor.partition(".") if cursor else (self.types[0], "", "")
        if first not in self.types:
            raise Refused(
                "invalid", "This page does not belong to this search.", "Search again from the start."
            )
        matches: list[Record] = []
        included: dict[int, Record] = {}
        total, left = 0, self.types[self.types.index(first) :]
        for at, rtype in enumerate(left):
            room = [("_count", str(count - len(matches))), *([("_cursor", inner)] if inner else [])]
            found = self._search(rtype, [*self.pairs, *room])
            matches += found.matches
            included |= {record.id: record for record in found.included}
            total, inner = total + len(found.matches), ""
            behind = f"{rtype}.{found.next}" if found.next else f"{left[at + 1]}." if left[at + 1 :] else ""
            if behind and (found.next or len(matches) == count):
                return self._found(matches, included, behind, None)
        return self._found(matches, included, None, None if cursor else total)

    def _found(
        self, matches: list[Record], included: dict[int, Record], behind: str | None, total: int | None
    ) -> Found:
        seen = {record.id for record in matches}
        rest = tuple(record for key, record in included.items() if key not in seen)
        return Found(tuple(matches), rest, behind, total)

    def _search(self, rtype: str, pairs: Pairs) -> Found:
        if time.monotonic() > self.until:
            raise Refused("busy", "This search of several types took too long.", "Ask for fewer types.")
        return self.visit.door.search(rtype, pairs, lenient=self.lenient)
