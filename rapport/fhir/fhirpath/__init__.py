"""FHIRPath: expressions compiled once to closures and run on plain JSON values.

    names = compiled("name.where(use = 'official').given")
    names.values(patient)                   -> ["Dara"]
    names.nodes(patient)                    -> nodes, which know their place in the JSON
    compiled("name.exists()").holds(patient) -> True

What is not known or not offered is refused when compiled: PathError. A run visits a bounded number of items.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from . import converting, grammar, numbers, sets, texts, tree
from .compiler import Compiler
from .nodes import Items, Node, node_of, plain
from .running import Act, Run, Scope
from .trees import Tree
from .values import Moment, PathError, Quantity

_NONE: Mapping[str, Items] = {}
#: Modules that add their functions to the registry when they are imported.
FILLED = (converting, numbers, sets, texts, tree)


class Expression:
    """A compiled expression."""

    __slots__ = ("_act", "text", "tree")

    def __init__(self, text: str, tree: Tree, act: Act) -> None:
        self.text = text
        self.tree = tree
        self._act = act

    def on(self, context: Any, outside: Mapping[str, Items] = _NONE) -> Items:
        """Items of a run. `context`: a resource as JSON, or a node of one. `outside`: values of %names.

        Raises PathError when it can't be worked out there.
        """
        node = context if type(context) is Node else node_of(context)
        run = Run([node], outside)
        try:
            return self._act(Scope(run, [node]))
        except RecursionError as error:
            raise PathError("is nested too deeply") from error

    def nodes(self, context: Any, outside: Mapping[str, Items] = _NONE) -> list[Node]:
        """The elements that it finds."""
        return [item for item in self.on(context, outside) if type(item) is Node]

    def values(self, context: Any, outside: Mapping[str, Items] = _NONE) -> list[Any]:
        """The values that it finds: text, bool, int, Decimal, Moment, Quantity, or a node."""
        return [plain(item) for item in self.on(context, outside)]

    def holds(self, context: Any, outside: Mapping[str, Items] = _NONE) -> bool:
        """True when the answer is true, and nothing else."""
        found = self.on(context, outside)
        return len(found) == 1 and plain(found[0]) is True


def read(
    text: str, *, strict: bool = False, loose: bool = False, allowed: frozenset[str] | None = None
) -> Expression:
    """An expression ready to run; the text may be a stranger's. Raises PathError.

    strict   a name that the type before it does not have is an error, not nothing
    loose    as R4's own invariants and those of guides are written: `is Boolean` is true of FHIR's boolean
             and false of nothing, `as` takes many, and several items beside `or` are true
    allowed  the only functions that may be used, for expressions of strangers; None for all
    """
    try:
        tree = grammar.parse(text)
        return Expression(text, tree, Compiler(strict=strict, loose=loose, allowed=allowed).act(tree))
    except RecursionError as error:
        raise PathError("is nested too deeply") from error


@lru_cache(maxsize=4096)
def compiled(text: str, *, strict: bool = False, loose: bool = False) -> Expression:
    """As `read`, and remembered: for expressions of our own and of what a site installs."""
    return read(text, strict=strict, loose=loose)


__all__ = ["Expression", "Moment", "Node", "PathError", "Quantity", "compiled", "read"]
