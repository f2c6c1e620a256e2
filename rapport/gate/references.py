"""References of a bundle: what a fullUrl became, and which resource a condition means."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.fhir.outcomes import Refused
from rapport.fhir.text import references
from rapport.store.records import Record

from . import conditions
from .conditions import Condition

if TYPE_CHECKING:
    from .writing import Writing

_CONDITION = re.compile(r"^([A-Z][A-Za-z]+)\?(.+)$", re.DOTALL)
_REST = re.compile(r"^https?://.*/([A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64})$")


class Names:
    """What the names in one bundle stand for. Conditions are searched once, through the door that asks."""

    def __init__(self, door: Writing) -> None:
        self._door = door
        self._known: dict[str, str] = {}
        self._meant: dict[tuple[str, str], Record | None] = {}
        self._promised: dict[tuple[str, str], str] = {}
        self._deleted: set[str] = set()

    def add(self, full_url: str, reference: str) -> None:
        """An entry's fullUrl stands for this resource; so does the relative form of a REST url."""
        self._known[full_url] = reference
        rest = _REST.match(full_url)
        if rest and rest[1] != reference:
            self._known[rest[1]] = reference

    def look_up(self, acted_on: Iterable[Condition], texts: Iterable[bytes]) -> None:
        """Find beforehand, many in a search, what conditions and conditional references mean."""
        wanted = dict.fromkeys(acted_on)

        def collect(reference: str) -> None:
            match = _CONDITION.match(reference)
            if match is not None and match[1] in TYPE_NUMBERS:
                wanted[match[1], match[2]] = None

        for text in texts:
            if b"?" in text:
                references(text, collect)
        self._meant.update(conditions.many(self._door.run, wanted))

    def meant(self, rtype: str, query: str) -> Record | None:
        """The one resource that a condition means; "ambiguous" for several."""
        key = (rtype, query)
        if key not in self._meant:
            self._meant[key] = self._door.the_one(rtype, query)
        found = self._meant[key]
        return None if found is None or found.ref in self._deleted else found

    def deleted(self, reference: str) -> None:
        """This bundle deletes this resource before anything else: no condition means it any more."""
        self._deleted.add(reference)

    def promise(self, rtype: str, condition: str, rid: str) -> None:
        """A conditional create of this bundle will make this resource."""
        self._promised[rtype, condition] = rid

    def promised(self, rtype: str, condition: str | None) -> str | None:
        """The id that an equal conditional create before it was given."""
        return None if condition is None else self._promised.get((rtype, condition))

    def resolved(self, raw: bytes, besides: bytes = b"") -> bytes:
        """The text of a resource with every name replaced by what it stands for.

        `besides`: what was stored before. A reference that stands there keeps its own meaning.
        """
        if not self._known and b"?" not in raw and b"urn:" not in raw:
            return raw
        kept: set[str] = set()
        if besides:
            references(besides, kept.add)
        return references(raw, lambda name: None if name in kept else self._stands_for(name))

    def _stands_for(self, reference: str) -> str | None:
        known = self._known.get(reference)
        if known is not None:
            return known
        if reference.startswith("urn:uuid:"):
            raise Refused(
                "invalid", f"{reference} is not in this bundle.", "Send what it refers to along with it."
            )
        match = _CONDITION.match(reference)
        if match is None or match[1] not in TYPE_NUMBERS:
            return None
        found = self.meant(match[1], match[2])
        if found is None:
            raise Refused(
                "invalid", f"Nothing fits the reference {reference}.", "Store what it refers to first."
            )
        return found.ref
