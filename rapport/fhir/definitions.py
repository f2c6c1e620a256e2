"""What R4 defines, as the other rooms ask for it: type numbers, search parameters, the patient compartment.

    TYPE_NUMBERS["Patient"]                 stable smallint of a type in the store
    search_param("Observation", "code")     -> SearchParam | None
    search_params("Observation")            -> all of them by code, those every type has included

The table behind it is built by `tools/build_definitions.py`; `own.py` adds our parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Final

from rapport.fhir import own
from rapport.fhir.paths import Leaf, leaves_of
from rapport.fhir.table import COMPARTMENT, RESOURCE_TYPES, SEARCH, part, value_set

TYPE_NUMBERS: Final[dict[str, int]] = {name: number for number, name in enumerate(RESOURCE_TYPES, 1)}
TYPE_NAMES: Final[dict[int, str]] = {number: name for name, number in TYPE_NUMBERS.items()}

#: The system of true and false, where they are searched as tokens.
BOOLEANS: Final = "http://hl7.org/fhir/special-values"
#: Kept by the store on the resource row itself: no index rows are made for them.
ROW_PARAMS: Final = frozenset({"_id", "_lastUpdated"})


@dataclass(frozen=True)
class Component:
    """One component of a composite: the type of its values, and where they are below its context."""

    code: str
    type: str
    leaves: tuple[Leaf, ...]


@dataclass(frozen=True)
class SearchParam:
    """One search parameter of one resource type.

    type        token | reference | date | number | quantity | string | uri | composite | special
    targets     resource types a reference may point to
    leaves      places whose values are indexed (see `paths`)
    components  of a composite, in order
    together    of a composite: plain parameters of the same type. Where all of them match one resource,
                the composite matches, because each stands at most once in the resource. Empty when that
                can't be said.
    contexts    of a composite: repeating parts whose components are indexed as pairs; see `index.pair`
    """

    rtype: str
    code: str
    type: str
    targets: tuple[str, ...] = ()
    leaves: tuple[Leaf, ...] = ()
    components: tuple[Component, ...] = ()
    together: tuple[str, ...] = ()
    contexts: tuple[Leaf, ...] = ()

    @cached_property
    def implied(self) -> tuple[str, ...]:
        """Systems that plain codes and booleans stand for: `system|code` then means `code` alone."""
        codes = {leaf.codes for leaf in self.leaves if leaf.type == "code" and leaf.codes}
        found = {system for name in codes for system in value_set(name)}
        if any(leaf.type == "boolean" for leaf in self.leaves):
            found.add(BOOLEANS)
        return tuple(sorted(found))

    @cached_property
    def jsonpaths(self) -> tuple[str, ...]:
        """Where the values stand, as SQL/JSON paths: what `:missing` asks of the stored body."""
        return tuple(leaf.jsonpath for leaf in self.leaves)


def compartment(rtype: str) -> tuple[str, ...]:
    """Search parameters by which R4 lets this type be a member of a Patient's compartment; () for none."""
    return tuple(COMPARTMENT.get(rtype, ()))


def about_people(rtype: str) -> bool:
    """True for types that tell about a patient; without an owner such a resource is nobody's to see."""
    return rtype == "Patient" or rtype in own.OWNER or rtype in COMPARTMENT


@cache
def search_params(rtype: str) -> Mapping[str, SearchParam]:
    """Every search parameter of a type by its code; empty for a type that R4 does not have."""
    if rtype not in TYPE_NUMBERS:
        return {}
    rows = {**SEARCH["Resource"], **SEARCH.get(rtype, {}), **own.SEARCH.get(rtype, {})}
    found = {code: _plain(rtype, code, row) for code, row in rows.items() if row[0] != "composite"}
    composites = {
        code: _composite(rtype, code, row, found) for code, row in rows.items() if row[0] == "composite"
    }
    return found | composites


def search_param(rtype: str, code: str) -> SearchParam | None:
    """One search parameter, None when the type has none of that code."""
    return search_params(rtype).get(code)


def _plain(rtype: str, code: str, row: list[Any]) -> SearchParam:
    base = "Resource" if row[1].startswith("Resource.") else rtype
    leaves = leaves_of(row[1].replace("Resource.", f"{rtype}.") if base == "Resource" else row[1], rtype)
    return SearchParam(rtype, code, row[0], tuple(row[2]) if len(row) > 2 else (), leaves)


def _composite(rtype: str, code: str, row: list[Any], plain: Mapping[str, SearchParam]) -> SearchParam:
    contexts = leaves_of(row[1], rtype)
    single = [context for context in contexts if not context.many]
    paired = tuple(context for context in contexts if context.many)
    parts = tuple(_component(rtype, contexts[0].type, name, words, plain) for name, words in row[2])
    if any("%resource" in words for _, words in row[2]):
        return SearchParam(
            rtype, code, "composite", components=parts, together=tuple(name for name, _ in row[2])
        )
    together = tuple(_twin(rtype, single[0], words, plain) for _, words in row[2]) if single else ()
    return SearchParam(rtype, code, "composite", components=parts, together=together, contexts=paired)


def _component(
    rtype: str, context: str, name: str, words: str, plain: Mapping[str, SearchParam]
) -> Component:
    if "%resource" in words:
        return Component(name, plain[name].type, plain[name].leaves)
    leaves = leaves_of(words, context)
    return Component(
        name, "token" if leaves[0].type == "code" else _swapped(plain[name].type, leaves[0]), leaves
    )


def _swapped(type: str, leaf: Leaf) -> str:
    """R4 swaps the two components of DocumentReference.relationship; the element decides."""
    return "reference" if leaf.type == "Reference" and type == "token" else type


def _twin(rtype: str, context: Leaf, words: str, plain: Mapping[str, SearchParam]) -> str:
    """The plain parameter that indexes the same place as a component whose context stands once."""
    wanted = {(*context.steps, *leaf.steps) for leaf in leaves_of(words, context.type)}
    fits = [p for p in plain.values() if wanted <= {leaf.steps for leaf in p.leaves}]
    return min(fits, key=lambda p: len(p.leaves)).code


__all__ = [
    "ROW_PARAMS",
    "TYPE_NAMES",
    "TYPE_NUMBERS",
    "Component",
    "SearchParam",
    "about_people",
    "compartment",
    "part",
    "search_param",
    "search_params",
]
