"""A Consent as what it opens and what it closes.

A nested provision overrides its parent within the parent's limits. Among siblings, and across Consents, what
closes wins. What can't be read opens nothing and, where it may have closed something, closes all it may have.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from rapport.fhir.labels import JOINED

from . import words
from .authority import Facts, bounded, facts
from .boxes import Box
from .reading import Limits, codings_of, limits

#: A Consent that takes more rows than this is not read any further: it closes.
MOST_ROWS = 2000
DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Denial:
    """A part that is closed, but for its exceptions."""

    box: Box
    exceptions: tuple[Box, ...] = ()


@dataclass(slots=True)
class Regions:
    """What a provision and those within it open and close."""

    permits: list[Box] = field(default_factory=list)
    denials: list[Denial] = field(default_factory=list)

    def add(self, other: Regions) -> None:
        """Take in what another provision says."""
        self.permits += other.permits
        self.denials += other.denials

    @property
    def size(self) -> int:
        """How many rows it takes at most."""
        boxes = [*self.permits]
        for denial in self.denials:
            boxes += [denial.box, *denial.exceptions]
        return sum(box.size for box in boxes)


CLOSED = Denial(Box())


def of_part(found: Regions, part: int) -> Regions:
    """What a Consent says that came with one part (a label, 0 for none) of a joined record (ADR 19).

    It opens that part alone and closes the whole. Who is excepted from what it closes is so in every part:
    an exception opens nothing by itself.
    """
    permits = found.permits
    if part:
        permits = [replace(box, clears=box.clears | part, carries=(*box.carries, part)) for box in permits]
    denials = [
        Denial(one.box, tuple(replace(box, clears=box.clears | JOINED) for box in one.exceptions))
        for one in found.denials
    ]
    return Regions(permits, denials)


def regions(body: dict[str, Any], born: str = "") -> Regions:
    """What a Consent says about access; nothing where it is not in force, or is about something else.

    born: the patient's date of birth, by which a parent's permit narrows and ends.
    """
    found = as_written(body, born)
    return found if found.size <= MOST_ROWS else Regions(denials=[CLOSED])


def as_written(body: dict[str, Any], born: str) -> Regions:
    """The same, however many rows it takes."""
    trusted = _head(body)
    if trusted is None:
        return Regions()
    base = "" if words.OPT_IN in codings_of(body.get("policyRule")) else "deny"
    if "provision" in body:
        top = _Place(Box() if trusted else None, Box(), facts(body, born), 0)
        return _walk(body["provision"], top, base)
    return Regions(denials=[CLOSED] if base else [])


def _head(body: dict[str, Any]) -> bool | None:
    """Whether what a Consent opens can be trusted; None where it has nothing to say."""
    status, scopes = body.get("status"), set(codings_of(body.get("scope")))
    abouts = set(codings_of(body.get("category")))
    if isinstance(status, str) and status in words.NOT_IN_FORCE:
        return None
    if scopes and scopes <= words.OTHER_SCOPES:
        return None
    if abouts and abouts <= words.ABOUT_OTHERS:
        return None
    return (
        status == words.IN_FORCE
        and words.PRIVACY in scopes
        and bool(abouts & words.ABOUT_ACCESS)
        and any(codings_of(body.get("policyRule")))
        and "modifierExtension" not in body
        and "implicitRules" not in body
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a provision stands within its parents.

    narrow  where it may open; None: nowhere
    wide    where it may close
    """

    narrow: Box | None
    wide: Box
    facts: Facts
    depth: int

    def inside(self, said: Limits) -> _Place:
        """Within one more provision."""
        narrow = None if self.narrow is None or said.narrow is None else self.narrow.meet(said.narrow)
        wide = self.wide.meet(said.wide) or replace(self.wide, named=None).meet(said.wide) or self.wide
        if said.kind == "permit" and not said.complete:
            narrow = None
        return _Place(narrow, wide, self.facts, self.depth + 1)


def _walk(node: Any, place: _Place, base: str) -> Regions:
    """A provision and those within it; `base` is what it is where it does not say."""
    if not isinstance(node, dict) or not node or place.depth > DEEPEST:
        return Regions(denials=[Denial(place.wide)])
    said = limits(node)
    here = place.inside(said)
    found = Regions()
    for child in _children(node):
        found.add(_walk(child, here, "deny"))
    kind = said.kind or base
    if kind == "permit" and here.narrow is not None:
        for box, claims in replace(here.narrow, clears=said.clears).by_claims():
            found.permits += [part for part in bounded(box, claims, here.facts) if not part.empty]
    elif kind == "deny":
        found.denials.append(Denial(here.wide, tuple(found.permits)))
    return found


def _children(node: dict[str, Any]) -> list[Any]:
    """The provisions within one. What should be a list of them and is none is one that can't be read."""
    nested = node.get("provision", ())
    return list(nested) if isinstance(nested, list | tuple) and (nested or nested == ()) else [None]
