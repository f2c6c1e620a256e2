"""What an expression is made of: names, literals, calls, steps and operators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .values import PathError


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that stands in the text; None for `{}`."""

    value: Any


@dataclass(frozen=True, slots=True)
class Name:
    """An element, or a type where a path begins."""

    text: str


@dataclass(frozen=True, slots=True)
class Outside:
    """A value that comes from outside: `%resource`."""

    text: str


@dataclass(frozen=True, slots=True)
class Special:
    """`$this`, `$index` or `$total`."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function."""

    name: str
    args: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class At:
    """An indexer: `[0]`."""

    index: Tree


@dataclass(frozen=True, slots=True)
class Path:
    """Steps from a start."""

    head: Tree
    steps: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Signed:
    """A sign before a term."""

    sign: str
    of: Tree


@dataclass(frozen=True, slots=True)
class Operation:
    """Two sides and the operator between them."""

    sign: str
    left: Tree
    right: Tree


@dataclass(frozen=True, slots=True)
class Typed:
    """`left is T`, `left as T`; `type` is a name with its namespace, where one is given."""

    sign: str
    left: Tree
    type: tuple[str, ...]


Tree = Literal | Name | Outside | Special | Call | At | Path | Signed | Operation | Typed


def type_words(tree: Tree) -> tuple[str, ...]:
    """The type that a function's argument names: `Quantity`, `FHIR.Quantity`."""
    if isinstance(tree, Name):
        return (tree.text,)
    if isinstance(tree, Path) and isinstance(tree.head, Name) and len(tree.steps) == 1:
        step = tree.steps[0]
        if isinstance(step, Name):
            return tree.head.text, step.text
    raise PathError("a type must be named here")
