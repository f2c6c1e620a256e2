"""What profiles ask beyond R4, compiled from the snapshots of their StructureDefinitions.

What R4 asks anyway is left out, so that little remains to be looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from rapport.fhir.constraints import Constraint
from rapport.fhir.fhirpath import Expression

Json = dict[str, Any]

#: No value: null can't be asked for.
MISSING: Final = object()


@dataclass(slots=True)
class Rule:
    """What one element must be.

    name         the element; of a choice without `[x]`
    min, max     how many there must be; no limit for None
    types        types that it may have; any for None
    targets      types of resources that a reference may point to; any for None
    profiles     profiles one of which its value must meet, by type
    fixed        the very value; `pattern`: what must be found in it; MISSING for none
    codes        codes by system one of which it must hold; any for None
    needed       it is a code, and no reason why it is not there takes its place
    constraints  FHIRPath that must hold
    children     rules of the elements inside, by name
    slicing      how the items of a list are told apart, and what each kind must be
    """

    name: str = ""
    min: int = 0
    max: int | None = None
    types: frozenset[str] | None = None
    targets: frozenset[str] | None = None
    profiles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    fixed: Any = MISSING
    pattern: Any = MISSING
    codes: Any = None
    needed: bool = False
    constraints: tuple[Constraint, ...] = ()
    children: dict[str, Rule] = field(default_factory=dict)
    slicing: Slicing | None = None

    def says_nothing(self) -> bool:
        """True when it asks for nothing at all."""
        return self.asks_nothing() and not self.min and self.max is None

    def asks_nothing(self) -> bool:
        """True when it asks nothing of a value that is there."""
        parts = (self.types, self.targets, self.codes, self.slicing)
        more = self.needed or self.profiles or self.constraints or self.children
        return all(part is None for part in parts) and not more and self.fixed is self.pattern is MISSING


@dataclass(slots=True)
class Discriminator:
    """What tells slices apart: a kind (value, pattern, type, exists, profile) and a path."""

    kind: str
    text: str
    path: Expression


@dataclass(slots=True)
class Slice:
    """One kind of item: its name, what it must be, and by discriminator what is looked for."""

    name: str
    rule: Rule
    wanted: tuple[Rule, ...]


@dataclass(slots=True)
class Slicing:
    """Kinds of items, and what becomes of others: open, closed, openAtEnd."""

    discriminators: tuple[Discriminator, ...]
    slices: tuple[Slice, ...]
    rules: str
    ordered: bool


@dataclass(slots=True)
class Profile:
    """A compiled profile. `unchecked` names constraints that can't be worked out here, with the reason."""

    url: str
    version: str
    title: str
    type: str
    root: Rule
    unchecked: tuple[tuple[str, str], ...]
    find: Callable[[str], Profile | None]
