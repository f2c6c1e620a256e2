"""What one run of an expression knows: what it stands on, values from outside, and how much work is left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from .nodes import Items, Node
from .values import Moment, PathError, now

#: Items that one run may visit: about two seconds. A resource of a megabyte has some tens of thousands.
WORK: Final = 400_000


class Run:
    """What is the same throughout one run."""

    __slots__ = ("context", "left", "memory", "moment", "outside")

    def __init__(self, context: Items, outside: Mapping[str, Items]) -> None:
        self.context = context
        self.outside = outside
        self.left = WORK
        self.memory: dict[int, Items] = {}
        self.moment: Moment | None = None

    def spend(self, items: int) -> None:
        """So many items were visited."""
        self.left -= items
        if self.left < 0:
            raise PathError("is too much work on a resource as large as this")

    def now(self) -> Moment:
        """The moment of this run: the same wherever it is asked for."""
        if self.moment is None:
            self.moment = now()
        return self.moment


class Scope:
    """What `$this`, `$index` and `$total` are where an expression stands."""

    __slots__ = ("index", "run", "this", "total")

    def __init__(self, run: Run, this: Items, index: int | None = None, total: Items | None = None) -> None:
        self.run = run
        self.this = this
        self.index = index
        self.total = total

    def at(self, item: Any, index: int) -> Scope:
        """The scope of one item of a collection."""
        return Scope(self.run, [item], index, self.total)


#: An expression: gives its items in a scope. A step does so on the items before it.
Act = Callable[[Scope], Items]
Step = Callable[[Items, Scope], Items]


def outside(name: str, scope: Scope) -> Items:
    """A value from outside: `%resource` and the like."""
    run = scope.run
    if name in run.outside:
        return run.outside[name]
    if name == "context":
        return run.context
    if name in ("resource", "rootResource") and run.context and type(run.context[0]) is Node:
        node = run.context[0].resource()
        while name == "rootResource" and node.key == "contained" and node.parent is not None:
            node = node.parent.resource()
        return [node]
    known = _KNOWN.get(name)
    if known:
        return [known]
    for start, base in (("vs-", "ValueSet/"), ("ext-", "StructureDefinition/")):
        if name.startswith(start):
            return [f"http://hl7.org/fhir/{base}{name.removeprefix(start)}"]
    raise PathError(f"asks for %{name}, which is not given")


_KNOWN: Final = {
    "sct": "http://snomed.info/sct",
    "loinc": "http://loinc.org",
    "ucum": "http://unitsofmeasure.org",
}
