"""Index rows of a resource, and the keys by which a search finds them.

Both sides use the functions below, so they can't drift. `rtype` is the type of the indexed resource,
`code` the search parameter.

token      (token_key(rtype, code, value), system_key(system) or 0), one row per coding, identifier or
           code; and once per distinct system (any_of_key(rtype, code, system), 0) for `system|`.
           Plain `code` elements have no system: see `SearchParam.implied`. An Identifier with a type also
           has (of_type_key(...), 0). A row of a string parameter has (exact_key(...), 0) for `:exact`.
reference  (range_key, target_key("Type/id" | url | canonical)): of a local reference that is the key of the
           resource meant. `url|version` is found by `url` too. A reference by identifier has
           (range_key, target_key(identifier_word(system, value))), once more without its system.
date       (range_key, low, high): [low, high) in UTC; an open end is EARLIEST or LATEST.
number     (range_key, low, high, unit): low = high for a value, infinite for an open end; one row for
           each of unit_key(system, code), unit_key("", code) and unit_key("", unit), so a search without
           a unit must not ask for the unit. unit 0: the quantity has none. A UCUM unit that is known
           is kept in base units and apart: 4 mg is 0.004 under base_key and unit_key(UCUM, "g").
           Location.near: latitude under range_key(rtype, "near.latitude"), longitude likewise.
string     (range_key, fold(text)), `cut`: cut the searched text alike. The words beside
           codes and references have (words_key, fold(words)) for `:text`.
uri        (range_key, uri), `cut` alike; a canonical `url|version` also as `url`.
composite  `SearchParam.together`: search those parameters on the same resource; no rows of its own.
           `SearchParam.contexts`: rows as above of the last component, under `pair(code, first)` in place
           of `code`, where `first` is one of `token_words` of the first component.

`:missing` has no rows: ask the body by `SearchParam.jsonpaths`. `_id` and `_lastUpdated` are columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from rapport.fhir import labels, own
from rapport.fhir.definitions import ROW_PARAMS, SearchParam, search_params
from rapport.fhir.emit import Emit, Json, Out, concept_rows, emitter, tokens, wording
from rapport.fhir.index_keys import (
    STRING_LIMIT,
    any_of_key,
    base_key,
    cut,
    exact_key,
    fold,
    identifier_word,
    of_type_key,
    pair,
    range_key,
    system_key,
    token_key,
    token_words,
    unit_key,
    words_key,
)
from rapport.fhir.keys import reference_key, resource_key, target_key
from rapport.fhir.moments import EARLIEST, LATEST
from rapport.fhir.paths import Leaf, Step
from rapport.fhir.rows import Rows
from rapport.fhir.text import recognised

__all__ = [
    "EARLIEST",
    "LATEST",
    "STRING_LIMIT",
    "any_of_key",
    "base_key",
    "cut",
    "exact_key",
    "fold",
    "identifier_word",
    "of_type_key",
    "pair",
    "range_key",
    "rows",
    "system_key",
    "target_key",
    "token_key",
    "token_words",
    "unit_key",
    "words_key",
]


def rows(resource: Json) -> Rows:
    """All index rows of a resource that has passed validation; what it can't read it leaves out."""
    rtype = resource["resourceType"]
    plan = _plan(rtype)
    out = Out()
    plan.root.visit(resource, out)
    for emit in plan.whole:
        emit(resource, out)
    meta = resource.get("meta")
    return Rows(
        patient=_owner(plan, resource, out),
        when=_when(plan, out),
        sens=labels.mask(meta.get("security")) if type(meta) is dict else 0,
        token=frozenset(out.token),
        ref=frozenset(out.ref),
        date=frozenset(out.date),
        number=frozenset(out.number),
        string=frozenset(out.string),
        uri=frozenset(out.uri),
    )


class _Node:
    """A step on the way to leaves: children by JSON key, and what to do with the value here.

    concept  the value is a CodeableConcept, and nothing more is to be done with it
    """

    __slots__ = ("below", "concept", "emits")

    def __init__(self) -> None:
        self.below: dict[str, list[tuple[Step, _Node]]] = {}
        self.emits: tuple[Emit, ...] = ()
        self.concept = False

    def at(self, step: Step) -> _Node:
        """The node below for this step, made when new."""
        edges = self.below.setdefault(step.key, [])
        for known, node in edges:
            if known == step:
                return node
        self.concept = False
        edges.append((step, _Node()))
        return edges[-1][1]

    def visit(self, value: Json, out: Out) -> None:
        """Walk what is there; what is absent costs nothing."""
        for key, edges in self.below.items() if len(self.below) < len(value) else self._present(value):
            found = value.get(key)
            if found is None:
                continue
            items = found if type(found) is list else (found,)
            for step, node in edges:
                for item in items if step.where is None and step.index is None else _kept(step, items):
                    if node.concept and (text := recognised(item)):
                        token, string = concept_rows(node.emits, text)
                        out.token.update(token)
                        out.string.update(string)
                        continue
                    for emit in node.emits:
                        emit(item, out)
                    if node.below and type(item) is dict:
                        node.visit(item, out)

    def _present(self, value: Json) -> list[tuple[str, list[tuple[Step, _Node]]]]:
        below = self.below
        return [(key, below[key]) for key in value if key in below]


def _kept(step: Step, items: Iterable[Any]) -> list[Any]:
    found = list(items)
    if step.index is not None:
        found = found[step.index : step.index + 1]
    if step.where is not None:
        names, text = step.where
        found = [item for item in found if _member(item, names) == text]
    return found


def _member(item: Any, names: tuple[str, ...]) -> Any:
    for name in names:
        item = item.get(name) if type(item) is dict else None
    return item


@dataclass(frozen=True, slots=True)
class _Plan:
    """How one type is indexed."""

    rtype: str
    root: _Node
    whole: tuple[Emit, ...]
    owner: tuple[Callable[[Json], str], ...]
    when: tuple[int, ...]


@cache
def _plan(rtype: str) -> _Plan:
    root, whole = _Node(), list[Emit]()
    worded: dict[Leaf, None] = {}
    params = search_params(rtype)
    for code, param in params.items():
        if code in ROW_PARAMS:
            continue
        if any(leaf.present for leaf in param.leaves):
            whole.append(_present(param))
            continue
        for leaf in param.leaves:
            _plant(root, leaf, emitter(param.type, leaf, rtype, code))
        worded.update(dict.fromkeys(param.leaves if param.type in ("token", "reference") else ()))
        for context in param.contexts:
            _plant(root, context, _paired(param))
    for leaf in worded:
        _plant(root, leaf, wording(leaf, rtype))
    owners = tuple(_finder(leaf) for code in own.OWNER.get(rtype, ()) for leaf in params[code].leaves)
    return _Plan(rtype, root, tuple(whole), owners, tuple(range_key(rtype, code) for code in own.when(rtype)))


def _plant(root: _Node, leaf: Leaf, emit: Emit | None) -> None:
    if emit is None:
        return
    node = root
    for step in leaf.steps:
        node = node.at(step)
    node.concept = leaf.type == "CodeableConcept" and not node.below and (node.concept or not node.emits)
    node.emits += (emit,)


def _present(param: SearchParam) -> Emit:
    """`x.exists() and x != false`: always "true" or "false"."""
    keys = [leaf.steps[0].key for leaf in param.leaves]
    answers = [(token_key(param.rtype, param.code, word), 0) for word in ("false", "true")]

    def emit(resource: Json, out: Out) -> None:
        out.token.add(answers[any(resource.get(key) not in (None, False) for key in keys)])

    return emit


def _paired(param: SearchParam) -> Emit:
    """Rows of a composite in one repeating part: the last component under each word of the first."""
    first, last = param.components[0], param.components[-1]
    heads = [(_finder_all(leaf), leaf.type) for leaf in first.leaves]
    tails = [(_finder_all(leaf), leaf) for leaf in last.leaves]

    def words(item: Any) -> set[str]:
        found = [one for find, kind in heads for head in find(item) for one in tokens(kind, head)]
        return {word for system, value in found if value for word in token_words(system, value)}

    def emit(item: Any, out: Out) -> None:
        for word in words(item):
            for look, leaf in tails:
                act = emitter(last.type, leaf, param.rtype, pair(param.code, word))
                if act is not None:
                    for tail in look(item):
                        act(tail, out)

    return emit


def _finder_all(leaf: Leaf) -> Callable[[Any], list[Any]]:
    def find(item: Any) -> list[Any]:
        found = [item]
        for step in leaf.steps:
            below: list[Any] = []
            for one in found:
                value = one.get(step.key) if type(one) is dict else None
                if value is not None:
                    below += _kept(step, value if type(value) is list else (value,))
            found = below
        return found

    return find


def _finder(leaf: Leaf) -> Callable[[Json], str]:
    """The first local Patient reference at a leaf, '' for none."""
    look = _finder_all(leaf)

    def find(resource: Json) -> str:
        for item in look(resource):
            reference = item.get("reference") if type(item) is dict else None
            if type(reference) is str and reference.startswith("Patient/"):
                return reference
        return ""

    return find


def _owner(plan: _Plan, resource: Json, out: Out) -> int:
    if plan.rtype == "Patient":
        rid = resource.get("id")
        return resource_key("Patient", rid) if type(rid) is str else 0
    for find in plan.owner:
        if reference := find(resource):
            return reference_key(reference)
    return 0


def _when(plan: _Plan, out: Out) -> datetime | None:
    for key in plan.when:
        found = [row for row in out.date if row[0] == key]
        if found:
            _, low, high = min(found, key=lambda row: row[1])
            return low if low != EARLIEST else high if high != LATEST else None
    return None
