"""The committed table of R4 definitions: types, elements, value sets, search expressions. See PROVENANCE.md.

A *part* is a type or a nested piece of one (`Patient`, `Patient.contact`, `HumanName`). Everything that
reads structure (paths, validation) asks `part(name)`.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson

_FILE = Path(__file__).with_name("definitions.json.gz")
_TABLE: Final[dict[str, Any]] = orjson.loads(gzip.decompress(_FILE.read_bytes()))

#: Every R4 resource type, in alphabetical order. R4 is closed, so the order never changes.
RESOURCE_TYPES: Final[tuple[str, ...]] = tuple(_TABLE["types"])
PRIMITIVES: Final[frozenset[str]] = frozenset(_TABLE["primitives"])
SEARCH: Final[Mapping[str, Mapping[str, Any]]] = _TABLE["search"]
#: URL of an extension that R4 itself defines -> (where it may stand, types of its value).
EXTENSIONS: Final[Mapping[str, tuple[frozenset[str], tuple[str, ...]]]] = {
    "http://hl7.org/fhir/StructureDefinition/" + name: (frozenset(places), tuple(kinds))
    for name, (places, kinds) in _TABLE["extensions"].items()
}
#: R4's invariants, part -> [element or '', key, FHIRPath, words].
CONSTRAINTS: Final[Mapping[str, list[list[str]]]] = _TABLE["invariants"]
#: Names of the finite value sets that `value_set` knows.
VALUE_SETS: Final = frozenset(_TABLE["valuesets"])
COMPARTMENT: Final[Mapping[str, list[str]]] = _TABLE["compartment"]
#: Part of a resource -> its elements that a summary shows.
SUMMARIES: Final[Mapping[str, list[str]]] = _TABLE["summaries"]
#: Finite value set -> its canonical address and title.
HEADINGS: Final[Mapping[str, list[str]]] = _TABLE["headings"]
#: System -> code of a finite value set -> how it reads, where that says more than the code.
DISPLAYS: Final[Mapping[str, Mapping[str, str]]] = _TABLE["displays"]
_ELEMENTS: Final[Mapping[str, Mapping[str, list[Any]]]] = _TABLE["elements"]
_RESOURCES: Final[frozenset[str]] = frozenset(RESOURCE_TYPES)


@dataclass(frozen=True, slots=True)
class Kind:
    """One allowed type of an element: a FHIR type or part, and for references what they may point to."""

    name: str
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a part. `max` 0 means no limit; `codes` names a finite required value set."""

    name: str
    choice: bool
    kinds: tuple[Kind, ...]
    min: int
    max: int
    codes: str = ""

    def key(self, kind: Kind) -> str:
        """The JSON name for one type: `value` + `Quantity` for a choice, the name itself otherwise."""
        return self.name + kind.name[0].upper() + kind.name[1:] if self.choice else self.name


def _kind(word: str) -> Kind:
    name, _, targets = word.partition(":")
    return Kind(name, tuple(targets.split(",")) if targets else ())


def part(name: str) -> Mapping[str, Element]:
    """The elements of a part by name (a choice without its `[x]`); empty when there is no such part."""
    # Only names that are known are remembered: others come from strangers, and there is no end of them.
    return _part(name) if name in _ELEMENTS else _NOTHING


_NOTHING: Final[Mapping[str, Element]] = {}


@cache
def _part(name: str) -> Mapping[str, Element]:
    found: dict[str, Element] = {}
    for key, (types, low, high, *codes) in _ELEMENTS[name].items():
        kinds = tuple(_kind(word) for word in types.split("|"))
        plain = key.removesuffix("[x]")
        found[plain] = Element(plain, plain != key, kinds, low, high, codes[0] if codes else "")
    return found


def is_resource(name: object) -> bool:
    """True for the name of an R4 resource type."""
    return isinstance(name, str) and name in _RESOURCES


@cache
def value_set(name: str) -> Mapping[str, frozenset[str]]:
    """A finite value set: system -> codes."""
    return {system: frozenset(codes) for system, codes in _TABLE["valuesets"][name].items()}


@cache
def codes_of(name: str) -> frozenset[str]:
    """All codes of a finite value set, whatever their system."""
    return frozenset().union(*value_set(name).values())
