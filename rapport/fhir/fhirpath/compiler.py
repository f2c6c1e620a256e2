"""The tree of an expression as closures: parsed once, run often."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from . import kinds, nodes, registry, running, trees
from .nodes import Items, Node
from .operators import LOGIC, OPERATORS
from .registry import some, there, truth
from .running import Act, Scope, Step
from .trees import At, Call, Literal, Name, Operation, Outside, Path, Signed, Special, Tree, Typed
from .values import PathError, Quantity

#: Functions whose argument is the name of a type.
_TYPED: Final = frozenset({"is", "as", "ofType"})


class Compiler:
    """Builds closures.

    strict   a name that the type before it does not have is an error, not nothing
    loose    as R4's own invariants are written, see `compiled`
    allowed  the only functions that may be used; None for all
    """

    def __init__(self, *, strict: bool, loose: bool, allowed: frozenset[str] | None) -> None:
        self.strict, self.loose, self.allowed = strict, loose, allowed
        self.count = 0

    def act(self, tree: Tree) -> Act:
        """An expression."""
        if isinstance(tree, Literal):
            items = some(tree.value)
            return lambda scope: items
        if isinstance(tree, Outside):
            name = tree.text
            return lambda scope: running.outside(name, scope)
        if isinstance(tree, Path):
            return self.path(tree)
        if isinstance(tree, Signed):
            return self.signed(tree)
        if isinstance(tree, Operation):
            return self.operation(tree)
        if isinstance(tree, Typed):
            return self.typed(self.act(tree.left), tree.sign, tree.type)
        step = self.step(tree, first=True)
        return lambda scope: step(scope.this, scope)

    def path(self, tree: Path) -> Act:
        """Steps from a start. What does not depend on where it stands is worked out once in a run."""
        head = self.act(tree.head)
        steps = [self.step(step) for step in tree.steps]

        def walk(scope: Scope) -> Items:
            items = head(scope)
            for step in steps:
                items = step(items, scope)
            return items

        if not isinstance(tree.head, Outside) or not all(map(_fixed, tree.steps)):
            return walk
        self.count += 1
        number = self.count

        def remembered(scope: Scope) -> Items:
            memory = scope.run.memory
            if number not in memory:
                memory[number] = walk(scope)
            return memory[number]

        return remembered

    def step(self, tree: Tree, *, first: bool = False) -> Step:
        """One step of a path."""
        if isinstance(tree, Name):
            return self.name(tree.text, first=first)
        if isinstance(tree, Call):
            return self.call(tree)
        if isinstance(tree, At):
            return _at(self.act(tree.index))
        assert isinstance(tree, Special)
        return _SPECIAL[tree.text]

    def name(self, name: str, *, first: bool) -> Step:
        """The children of a name; where a path begins, also the item itself by its type."""
        strict, typed = self.strict, first and name[:1].isupper()

        def step(items: Items, scope: Scope) -> Items:
            found: Items = []
            for item in items:
                if type(item) is Node:
                    if typed and name in kinds.lines(item.kind):
                        found.append(item)
                    elif not nodes.down(item, name, found) and strict:
                        raise PathError(f"asks for {name}, which a {item.kind} does not have")
                elif type(item) is kinds.Type:
                    found += some(getattr(item, name, None))
                elif strict:
                    raise PathError(f"asks for {name} of a plain value")
            scope.run.spend(len(items) + len(found))
            return found

        return step

    def call(self, tree: Call) -> Step:
        """A function."""
        if self.allowed is not None and tree.name not in self.allowed:
            raise PathError(f"uses the function {tree.name[:40]}(), which is not allowed here")
        if tree.name in _TYPED:
            if len(tree.args) != 1:
                raise PathError(f"gives {tree.name}() {len(tree.args)} arguments")
            test = self.typed(lambda scope: scope.this, tree.name, trees.type_words(tree.args[0]))
            return lambda items, scope: test(Scope(scope.run, items))
        found = registry.find(tree.name, len(tree.args))
        act = found.act
        if tree.name == "sort":
            keys = [_sorted_by(arg) for arg in tree.args]
            runs = [(self.act(arg), sign) for arg, sign in keys]
            return lambda items, scope: act(items, scope, *runs)
        args = [self.act(arg) for arg in tree.args]
        if found.lazy:
            return lambda items, scope: act(items, scope, *args)
        if not args:
            return lambda items, scope: act(items)
        return lambda items, scope: act(items, *[arg(scope) for arg in args])

    def typed(self, left: Act, sign: str, words: tuple[str, ...]) -> Act:
        """`is`, `as` and `ofType`."""
        wanted, loose = kinds.named(words), self.loose

        def test(scope: Scope) -> Items:
            items = left(scope)
            if sign == "ofType" or (sign == "as" and (loose or len(items) < 2)):
                return [item for item in items if kinds.only(item, wanted, loose=loose)]
            if len(items) > 1:
                raise PathError(f"needs one value for {sign}")
            if not items:
                return [False] if loose and sign == "is" else []
            return [kinds.is_a(items[0], wanted, loose=loose)]

        return test

    def signed(self, tree: Signed) -> Act:
        """A number or quantity, perhaps negated."""
        of, minus = self.act(tree.of), tree.sign == "-"

        def negate(scope: Scope) -> Items:
            value = registry.one(of(scope))
            if value is None:
                return []
            if type(value) is Quantity:
                return [Quantity(-value.value, value.unit, value.calendar) if minus else value]
            if type(value) not in (int, Decimal):
                raise PathError("puts a sign before what is no number")
            return [-value if minus else value]

        return negate

    def operation(self, tree: Operation) -> Act:
        """An operator between two sides."""
        left, right = self.act(tree.left), self.act(tree.right)
        logic = LOGIC.get(tree.sign)
        if logic is not None:
            return logic(left, right, there if self.loose else truth)
        operate = OPERATORS[tree.sign]
        return lambda scope: operate(left(scope), right(scope), scope)


def _fixed(tree: Tree) -> bool:
    """Whether a step gives the same wherever it stands."""
    if isinstance(tree, Call):
        return tree.name not in ("trace", "iif") and all(isinstance(arg, Literal) for arg in tree.args)
    return isinstance(tree, Name) or (isinstance(tree, At) and isinstance(tree.index, Literal))


def _sorted_by(tree: Tree) -> tuple[Tree, int]:
    """What to sort by, and -1 for downwards: a minus in front, also of what is no number."""
    return (tree.of, -1) if isinstance(tree, Signed) and tree.sign == "-" else (tree, 1)


def _at(index: Act) -> Step:
    def step(items: Items, scope: Scope) -> Items:
        number = registry.whole(index(scope))
        return [] if number is None or number < 0 else items[number : number + 1]

    return step


_SPECIAL: Final[dict[str, Step]] = {
    "$this": lambda items, scope: scope.this,
    "$index": lambda items, scope: some(scope.index),
    "$total": lambda items, scope: scope.total or [],
}
