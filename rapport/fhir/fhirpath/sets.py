"""Functions on collections: what is there, what is kept, what is put together."""

from __future__ import annotations

import functools

from . import equality
from .nodes import Items, Node, plain
from .registry import function, truth, whole
from .running import Act, Scope
from .values import PathError

# What is there ----------------------------------------------------------------------------------------


@function("empty")
def empty(items: Items) -> Items:
    """Nothing is there."""
    return [not items]


@function("exists", 0, 1, lazy=True)
def exists(items: Items, scope: Scope, *wanted: Act) -> Items:
    """Something is there, of which the criterion is true."""
    if not wanted:
        return [bool(items)]
    scope.run.spend(len(items))
    return [any(truth(wanted[0](scope.at(item, at))) for at, item in enumerate(items))]


@function("all", 1, lazy=True)
def all_(items: Items, scope: Scope, wanted: Act) -> Items:
    """The criterion is true of every item."""
    scope.run.spend(len(items))
    return [all(truth(wanted(scope.at(item, at))) for at, item in enumerate(items))]


def _truths(items: Items) -> list[bool]:
    found: list[bool] = [plain(item) for item in items]
    if not all(type(value) is bool for value in found):
        raise PathError("needs truths")
    return found


@function("allTrue")
def all_true(items: Items) -> Items:
    """Every item is true."""
    return [all(_truths(items))]


@function("anyTrue")
def any_true(items: Items) -> Items:
    """Some item is true."""
    return [any(_truths(items))]


@function("allFalse")
def all_false(items: Items) -> Items:
    """Every item is false."""
    return [not any(_truths(items))]


@function("anyFalse")
def any_false(items: Items) -> Items:
    """Some item is false."""
    return [not all(_truths(items))]


@function("not")
def not_(items: Items) -> Items:
    """The other truth."""
    value = truth(items)
    return [] if value is None else [not value]


@function("count")
def count(items: Items) -> Items:
    """How many there are."""
    return [len(items)]


@function("distinct")
def distinct(items: Items) -> Items:
    """Each value once."""
    return equality.unique(items)


@function("isDistinct")
def is_distinct(items: Items) -> Items:
    """No value stands twice."""
    return [len(equality.unique(items)) == len(items)]


@function("subsetOf", 1)
def subset_of(items: Items, other: Items) -> Items:
    """Every item is in the other collection."""
    return [set(map(equality.key, items)) <= set(map(equality.key, other))]


@function("supersetOf", 1)
def superset_of(items: Items, other: Items) -> Items:
    """Every item of the other collection is here."""
    return subset_of(other, items)


@function("hasValue")
def has_value(items: Items) -> Items:
    """One primitive, with a value."""
    value = plain(items[0]) if len(items) == 1 else None
    return [value is not None and type(value) is not Node]


@function("getValue")
def get_value(items: Items) -> Items:
    """The value of one primitive."""
    return [plain(items[0])] if has_value(items) == [True] else []


# What is kept -------------------------------------------------------------------------------------------


@function("where", 1, lazy=True)
def where(items: Items, scope: Scope, wanted: Act) -> Items:
    """Items of which the criterion is true."""
    scope.run.spend(len(items))
    return [item for at, item in enumerate(items) if truth(wanted(scope.at(item, at)))]


@function("select", 1, lazy=True)
def select(items: Items, scope: Scope, wanted: Act) -> Items:
    """What an expression gives on each item."""
    scope.run.spend(len(items))
    return [found for at, item in enumerate(items) for found in wanted(scope.at(item, at))]


@function("repeat", 1, lazy=True)
def repeat(items: Items, scope: Scope, wanted: Act) -> Items:
    """What an expression gives on each item, and on what it gave, until nothing is new."""
    found: Items = []
    seen: set[object] = set()
    left = list(items)
    while left:
        scope.run.spend(_size(left))
        new = [one for at, item in enumerate(left) for one in wanted(scope.at(item, at))]
        left = []
        for item in new:
            # A node is itself; what looks the same elsewhere in the resource is another.
            mark = id(item) if type(item) is Node else equality.key(item)
            if mark not in seen:
                seen.add(mark)
                left.append(item)
        found += left
    return found


def _size(items: Items) -> int:
    """Work done to make values: long texts count."""
    return len(items) + sum(len(item) // 16 for item in items if type(item) is str)


@function("aggregate", 1, 2, lazy=True)
def aggregate(items: Items, scope: Scope, step: Act, *start: Act) -> Items:
    """One value out of all items, carried along as $total."""
    total: Items = start[0](scope) if start else []
    scope.run.spend(len(items))
    for at, item in enumerate(items):
        total = step(Scope(scope.run, [item], at, total))
        scope.run.spend(_size(total))
    return total


@function("iif", 2, 3, lazy=True)
def iif(items: Items, scope: Scope, test: Act, then: Act, *otherwise: Act) -> Items:
    """One thing or another."""
    if len(items) > 1:
        raise PathError("needs one value for iif()")
    here = Scope(scope.run, items, scope.index, scope.total)
    found = test(here)
    if len(found) == 1 and type(plain(found[0])) is not bool:
        raise PathError("needs a truth for iif()")
    if truth(found):
        return then(here)
    return otherwise[0](here) if otherwise else []


@function("trace", 1, 2, lazy=True)
def trace(items: Items, scope: Scope, name: Act, *told: Act) -> Items:
    """The same items; nothing is told here."""
    return items


@function("sort", 0, 9, lazy=True)
def sort(items: Items, scope: Scope, *keys: tuple[Act, int]) -> Items:
    """In order of some keys, upwards or downwards; what has no key comes first."""
    rows = [([key(scope.at(item, at)) for key, _ in keys] or [[item]], item) for at, item in enumerate(items)]
    signs = [sign for _, sign in keys] or [1]
    scope.run.spend(len(items))

    def before(one: tuple[list[Items], object], other: tuple[list[Items], object]) -> int:
        for mine, yours, sign in zip(one[0], other[0], signs, strict=True):
            if bool(mine) != bool(yours):
                return 1 if mine else -1
            found = equality.compare(mine, yours)
            if found:
                return found * sign
        return 0

    return [item for _, item in sorted(rows, key=functools.cmp_to_key(before))]


@function("single")
def single(items: Items) -> Items:
    """The only item."""
    if len(items) > 1:
        raise PathError("needs one value for single()")
    return items


@function("first")
def first(items: Items) -> Items:
    """The first item."""
    return items[:1]


@function("last")
def last(items: Items) -> Items:
    """The last item."""
    return items[-1:]


@function("tail")
def tail(items: Items) -> Items:
    """All items but the first."""
    return items[1:]


@function("skip", 1)
def skip(items: Items, number: Items) -> Items:
    """All items but the first few."""
    return items[max(whole(number) or 0, 0) :]


@function("take", 1)
def take(items: Items, number: Items) -> Items:
    """The first few items."""
    return items[: max(whole(number) or 0, 0)]


# What is put together -----------------------------------------------------------------------------------


@function("union", 1)
def union(items: Items, other: Items) -> Items:
    """Each value of both once."""
    return equality.unique(items + other)


@function("combine", 1)
def combine(items: Items, other: Items) -> Items:
    """All items of both."""
    return items + other


@function("intersect", 1)
def intersect(items: Items, other: Items) -> Items:
    """Each value that is in both."""
    there = set(map(equality.key, other))
    return [item for item in equality.unique(items) if equality.key(item) in there]


@function("exclude", 1)
def exclude(items: Items, other: Items) -> Items:
    """Items that are not in the other collection."""
    there = set(map(equality.key, other))
    return [item for item in items if equality.key(item) not in there]
