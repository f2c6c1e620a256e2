"""A box: some part of all that may be asked, bounded in each direction by itself.

Who, which kinds, which actions, which purposes, which labels, from when to when, of which clinical time,
which resources. Two boxes meet in a box. A Consent becomes unions of boxes, and a box becomes rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import NamedTuple, TypeVar

from rapport.gate.permissions import ACTION_BITS, EVERY_PURPOSE, category_of
from rapport.gate.spans import ALWAYS, FOREVER, Bound, earliest, latest

T = TypeVar("T")

EVERY_KIND = -1
EVERY_ACTION = ACTION_BITS["r"] | ACTION_BITS["c"] | ACTION_BITS["u"] | ACTION_BITS["d"]


class Who(NamedTuple):
    """An actor by key, and the legal authority that they are said to have ("" for none)."""

    key: int
    claim: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """A resource (its key) that a rule is about; `around`: also what refers to it."""

    key: int
    around: bool


@dataclass(frozen=True, slots=True)
class Kinds:
    """Which resources by kind: categories as bits, and types by name."""

    categories: int = EVERY_KIND
    types: frozenset[str] = frozenset()

    def meet(self, other: Kinds) -> Kinds:
        """What both mean."""
        mine = {rtype for rtype in self.types if other.has(rtype)}
        theirs = {rtype for rtype in other.types if self.has(rtype)}
        return Kinds(self.categories & other.categories, frozenset(mine | theirs))

    def has(self, rtype: str) -> bool:
        """Whether a type is meant."""
        return bool(self.categories & category_of(rtype)) or rtype in self.types

    @property
    def empty(self) -> bool:
        """Whether nothing is meant."""
        return not self.categories and not self.types


@dataclass(frozen=True, slots=True)
class Box:
    """Where a rule holds.

    actors   each set must name the person, a position or a team of who asks; none: everybody
    kinds    categories and types
    actions, purposes   bits
    clears   the row has no label beyond these bits; -1 for any
    carries  of each mask the row has a bit; none: whatever it has
    begins, ends         the moments between which the rule is in force
    since, until         the clinical time of the row
    named    one of these resources; None for all
    """

    actors: tuple[frozenset[Who], ...] = ()
    kinds: Kinds = Kinds()
    actions: int = EVERY_ACTION
    purposes: int = EVERY_PURPOSE
    clears: int = -1
    carries: tuple[int, ...] = ()
    begins: Bound = ALWAYS
    ends: Bound = FOREVER
    since: Bound = ALWAYS
    until: Bound = FOREVER
    named: frozenset[Named] | None = None

    def meet(self, other: Box) -> Box | None:
        """Where both hold; None where both name resources, which no row can say."""
        if self.named is not None and other.named is not None:
            return None
        return Box(
            actors=_least((*self.actors, *other.actors), lambda one, other: one <= other),
            kinds=self.kinds.meet(other.kinds),
            actions=self.actions & other.actions,
            purposes=self.purposes & other.purposes,
            clears=self.clears & other.clears,
            carries=_least((*self.carries, *other.carries), lambda one, other: not one & ~other),
            begins=latest(self.begins, other.begins),
            ends=earliest(self.ends, other.ends),
            since=latest(self.since, other.since),
            until=earliest(self.until, other.until),
            named=self.named if other.named is None else other.named,
        )

    def within(self, begins: Bound, ends: Bound) -> Box:
        """The same between two moments only."""
        return replace(self, begins=latest(self.begins, begins), ends=earliest(self.ends, ends))

    def by_claims(self) -> Iterator[tuple[Box, frozenset[str]]]:
        """The same in parts, each with the legal authority that everybody in it claims."""
        parts = [{one.claim for one in each} for each in self.actors]
        for claims in product(*parts):
            actors = tuple(
                frozenset(one for one in each if one.claim == claim)
                for each, claim in zip(self.actors, claims, strict=True)
            )
            yield replace(self, actors=actors), frozenset(claims) - {""}

    @property
    def empty(self) -> bool:
        """Whether nothing can be in it, as far as that is plain."""
        return (
            self.kinds.empty
            or not self.actions
            or not self.purposes
            or not all(self.actors)
            or (self.named is not None and not self.named)
            or _backwards(self.begins, self.ends)
            or _backwards(self.since, self.until)
        )

    def corners(self) -> list[Corner]:
        """The box as rows: each with one actor to look it up by, all its other actors, one resource."""
        if self.empty:
            return []
        found: dict[Corner, None] = {}
        for who in product(*self.actors):
            for bits in product(*map(_bits, self.carries)):
                for named in self.named or (None,):
                    first, *others = dict.fromkeys(one.key for one in who) or (0,)
                    marked = 0
                    for bit in bits:
                        marked |= bit
                    found[Corner(first, tuple(sorted(others)), marked, named)] = None
        return list(found)

    @property
    def size(self) -> int:
        """How many rows it takes at most."""
        rows = len(self.named or (None,))
        for actors in self.actors:
            rows *= len(actors)
        for mask in self.carries:
            rows *= mask.bit_count()
        return rows


@dataclass(frozen=True, slots=True)
class Corner:
    """What differs between the rows of a box: who (0: everybody), who else, all labels it has, resource."""

    actor: int
    also: tuple[int, ...]
    marked: int
    named: Named | None


def _least(sets: Iterable[T], implies: Callable[[T, T], bool]) -> tuple[T, ...]:
    """Those of the sets that no other one implies: who is one of two people is one of three."""
    kept: list[T] = []
    for one in sets:
        if not any(implies(other, one) for other in kept):
            kept = [other for other in kept if not implies(one, other)] + [one]
    return tuple(kept)


def _bits(mask: int) -> list[int]:
    return [1 << place for place in range(mask.bit_length()) if mask >> place & 1]


def _backwards(first: Bound, last: Bound) -> bool:
    return not isinstance(first, str) and not isinstance(last, str) and first >= last
