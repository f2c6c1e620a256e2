"""The definitions compiled for validation: what each JSON property of a part must be."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from rapport.fhir.constraints import Constraint, constraints_of
from rapport.fhir.forms import FORMS, INNER_ID, Test
from rapport.fhir.invariants import INVARIANTS
from rapport.fhir.table import PRIMITIVES, Element, Kind, codes_of, part

Json = dict[str, Any]

_AMOUNTS: Final = frozenset({"Age", "Count", "Distance", "Duration"})
#: Types whose texts are shown everywhere as labels. People's own words may hold what they like.
_LABELLED: Final = frozenset(
    {"Address", "CodeableConcept", "Coding", "ContactPoint", "HumanName", "Identifier"}
)


@dataclass(frozen=True, slots=True)
class Rule:
    """What one JSON property must be.

    many   a list is wanted, otherwise one value
    test   of a primitive; None for an object
    plain  says at once that a single primitive is as it should be: most are; None where it takes more
    part   of an object: its part ("Resource" for any resource, "Element" for the other half of a primitive)
    group  of a choice: the element's name
    place  names under which extensions of R4 may ask to stand in the object
    """

    name: str
    many: bool
    kind: Kind
    test: Test | None
    plain: Test | None
    part: str
    codes: str
    group: str
    place: frozenset[str]


@dataclass(frozen=True, slots=True)
class Shape:
    """The rules of one part: by property, what must be there, and what must hold."""

    name: str
    rules: dict[str, Rule]
    required: tuple[tuple[str, frozenset[str]], ...]
    invariants: tuple[Callable[[Json], Iterable[str]], ...]
    constraints: tuple[Constraint, ...]


@cache
def shape_of(name: str) -> Shape:
    """The rules of a part; "Element" is the other half of a primitive."""
    if name == "Element":
        extended = part("Extension")
        elements = {key: extended[key] for key in ("id", "extension")}
    else:
        elements = dict(part(name))
    rules: dict[str, Rule] = {}
    required: list[tuple[str, frozenset[str]]] = []
    for element in elements.values():
        own = {key: rule for kind in element.kinds for key, rule in _rules(name, element, kind)}
        rules |= own
        if element.min:
            required.append((element.name, frozenset(own)))
    return Shape(name, rules, tuple(required), INVARIANTS.get(name, ()), constraints_of(name))


@cache
def places_of(rtype: str) -> frozenset[str]:
    """Names under which extensions may ask to stand in a resource itself."""
    domain = {"DomainResource"} if "text" in part(rtype) else set()
    return frozenset({rtype, "Resource", "Element", *domain})


@cache
def contained_shape_of(name: str) -> Shape:
    """As the type's own, but an id inside a resource may be longer: it is a link, not an address.

    So the reference validator has it too.
    """
    found = shape_of(name)
    rule = found.rules["id"]
    return replace(found, rules={**found.rules, "id": replace(rule, test=INNER_ID, plain=INNER_ID)})


def _rules(owner: str, element: Element, kind: Kind) -> list[tuple[str, Rule]]:
    """The property of an element for one of its types; for a primitive also its other half (`_name`)."""
    key, many = element.key(kind), element.max != 1
    group = element.name if element.choice else ""
    place = frozenset({"Element", f"{owner}.{element.name}", f"{owner}.{element.name}[x]", kind.name})
    if kind.name in _AMOUNTS:
        place |= {"Quantity"}
    if kind.name not in PRIMITIVES:
        return [(key, Rule(element.name, many, kind, None, None, kind.name, element.codes, group, place))]
    test = FORMS[kind.name][0]
    plain = None if many else _one_of(element.codes) if element.codes else test
    found = [(key, Rule(element.name, many, kind, test, plain, "", element.codes, group, place))]
    if element.name != "id":
        half = Kind("Element")
        found.append(("_" + key, Rule(element.name, many, half, None, None, "Element", "", group, place)))
    return found


def _one_of(codes: str) -> Test:
    known = codes_of(codes)
    return lambda value: type(value) is str and value in known
