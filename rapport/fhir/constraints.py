"""Constraints in FHIRPath: R4's own invariants that no quicker function stands for, and those of profiles.

A constraint is looked at only where one of the elements that it speaks of is there, when it holds without.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from rapport.fhir import fhirpath
from rapport.fhir.fhirpath import Expression, Node, PathError, trees
from rapport.fhir.fhirpath.nodes import down, properties
from rapport.fhir.invariants import HANDLED
from rapport.fhir.table import CONSTRAINTS

Json = dict[str, Any]

#: Keys of R4's own invariants: a profile that repeats them asks for nothing new.
OF_R4: Final = frozenset(row[1] for rows in CONSTRAINTS.values() for row in rows) | {
    "ele-1", "ext-1", "dom-2", "dom-3", "dom-4", "dom-5", "ref-1", "txt-1", "txt-2",
}  # fmt: skip
#: Functions whose answer depends on more than the elements that an expression names.
_WIDE: Final = frozenset({"children", "descendants", "extension", "hasValue", "getValue", "type"})
_ABOVE: Final = frozenset({"resource", "rootResource", "context"})


@dataclass(frozen=True, slots=True)
class Constraint:
    """One expression that must hold.

    element  the element of the part that must hold it; '' for the part itself
    wanted   JSON properties without which it holds anyway; None when it must always be looked at
    words    what it asks, for people
    """

    key: str
    element: str
    words: str
    expression: Expression
    wanted: frozenset[str] | None

    def broken(self, value: Json, kind: str, resource: Json) -> Iterator[str]:
        """What is wrong with an object of a part, as the end of a sentence that begins with its place."""
        if self.wanted is not None and self.wanted.isdisjoint(value):
            return
        rtype = resource.get("resourceType")
        top = Node(resource, rtype if type(rtype) is str else kind)
        node = top if value is resource else Node(value, kind, top)
        yield from self.broken_at(node, {"resource": [top], "rootResource": [top]})

    def broken_at(self, node: Node, outside: dict[str, list[Any]]) -> Iterator[str]:
        """The same of a node."""
        nodes: list[Any] = [node]
        if self.element:
            nodes = []
            down(node, self.element, nodes)
        for one in nodes:
            try:
                good = self.expression.holds(one, outside)
            except PathError as error:
                yield f"can't be held against the rule {self.key}: it {error}"
            else:
                if not good:
                    where = f" in {self.element}" if self.element else ""
                    yield f"breaks the rule {self.key}{where}: {self.words}"


def constraint(kind: str, element: str, key: str, text: str, words: str) -> Constraint:
    """A constraint of a part. Raises PathError for an expression that is not offered here."""
    expression = fhirpath.compiled(text, loose=True)
    wanted = frozenset(properties_of(kind, element)) if element else _wanted(expression, kind)
    return Constraint(key, element, words.strip().rstrip("."), expression, wanted)


@cache
def constraints_of(kind: str) -> tuple[Constraint, ...]:
    """R4's own constraints of a part, without those that `invariants` looks after."""
    done = HANDLED.get(kind, frozenset())
    rows = [row for row in CONSTRAINTS.get(kind, ()) if row[1] not in done]
    return tuple(constraint(kind, *row) for row in rows)


def properties_of(kind: str, element: str) -> Iterator[str]:
    """JSON properties that an element stands under."""
    for key, (_, primitive) in properties(kind).items():
        rest = key.removeprefix(element)
        if key.startswith(element) and (not rest or rest[0].isupper()):
            yield key
            if primitive:
                yield "_" + key


def _wanted(expression: Expression, kind: str) -> frozenset[str] | None:
    names: set[str] = set()
    if not _simple(expression.tree, names):
        return None
    try:
        if not expression.holds(Node({}, kind)):
            return None
    except PathError:
        return None
    return frozenset(key for name in names for key in properties_of(kind, name))


def _simple(tree: trees.Tree, names: set[str]) -> bool:
    """Collect all names of an expression; False when it looks at more than what it names."""
    if isinstance(tree, trees.Name):
        names.add(tree.text)
        return True
    if isinstance(tree, trees.Outside):
        return tree.text not in _ABOVE
    if isinstance(tree, trees.Literal | trees.Special):
        return not (isinstance(tree, trees.Special) and tree.text == "$this")
    if isinstance(tree, trees.Call):
        return tree.name not in _WIDE and all(_simple(arg, names) for arg in _plain(tree))
    if isinstance(tree, trees.Path):
        return _simple(tree.head, names) and all(_simple(step, names) for step in tree.steps)
    if isinstance(tree, trees.Operation):
        return _simple(tree.left, names) and _simple(tree.right, names)
    if isinstance(tree, trees.At):
        return _simple(tree.index, names)
    return _simple(tree.left if isinstance(tree, trees.Typed) else tree.of, names)


def _plain(call: trees.Call) -> tuple[trees.Tree, ...]:
    """Arguments that are expressions, not names of types."""
    return () if call.name in ("is", "as", "ofType") else call.args
