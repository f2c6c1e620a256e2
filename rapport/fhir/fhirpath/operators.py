"""The operators of FHIRPath: logic of three values, comparison, sums, and sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from . import equality, registry
from .arithmetic import SUMS
from .nodes import Items
from .registry import some
from .running import Act, Scope
from .values import PathError

Operate = Callable[[Items, Items, Scope], Items]
#: What a side of a logical operator says.
Judge = Callable[[Items], bool | None]


def _and(left: Act, right: Act, judge: Judge) -> Act:
    def act(scope: Scope) -> Items:
        one = judge(left(scope))
        if one is False:
            return [False]
        other = judge(right(scope))
        return [False] if other is False else some(None if one is None else other)

    return act


def _or(left: Act, right: Act, judge: Judge) -> Act:
    def act(scope: Scope) -> Items:
        one = judge(left(scope))
        if one is True:
            return [True]
        other = judge(right(scope))
        return [True] if other is True else some(None if one is None else other)

    return act


def _implies(left: Act, right: Act, judge: Judge) -> Act:
    def act(scope: Scope) -> Items:
        one = judge(left(scope))
        if one is False:
            return [True]
        other = judge(right(scope))
        return [True] if other is True else some(None if one is None else other)

    return act


def _xor(left: Act, right: Act, judge: Judge) -> Act:
    def act(scope: Scope) -> Items:
        one, other = judge(left(scope)), judge(right(scope))
        return [] if one is None or other is None else [one is not other]

    return act


def _negated(value: bool | None) -> Items:
    return [] if value is None else [not value]


def _compared(test: Callable[[int], bool]) -> Operate:
    def operate(left: Items, right: Items, scope: Scope) -> Items:
        found = equality.compare(left, right)
        return [] if found is None else [test(found)]

    return operate


def _summed(act: Callable[[Any, Any], Any]) -> Operate:
    def operate(left: Items, right: Items, scope: Scope) -> Items:
        one, other = registry.one(left), registry.one(right)
        if one is None or other is None:
            return []
        try:
            return some(act(one, other))
        except ArithmeticError as error:
            raise PathError("makes a number that is too large") from error

    return operate


def _union(left: Items, right: Items, scope: Scope) -> Items:
    scope.run.spend(len(left) + len(right))
    return equality.unique(left + right)


def _in(left: Items, right: Items, scope: Scope) -> Items:
    if not left:
        return []
    scope.run.spend(len(right))
    item = equality.single(left)
    return [any(equality.same(item, other) for other in right)]


def _concatenated(left: Items, right: Items, scope: Scope) -> Items:
    return [SUMS["+"](registry.text(left) or "", registry.text(right) or "")]


LOGIC: Final[dict[str, Callable[[Act, Act, Judge], Act]]] = {
    "and": _and,
    "or": _or,
    "xor": _xor,
    "implies": _implies,
}
OPERATORS: Final[dict[str, Operate]] = {
    "=": lambda left, right, scope: some(equality.equal(left, right)),
    "!=": lambda left, right, scope: _negated(equality.equal(left, right)),
    "~": lambda left, right, scope: [equality.alike(left, right)],
    "!~": lambda left, right, scope: [not equality.alike(left, right)],
    "<": _compared(lambda found: found < 0),
    "<=": _compared(lambda found: found <= 0),
    ">": _compared(lambda found: found > 0),
    ">=": _compared(lambda found: found >= 0),
    "|": _union,
    "in": _in,
    "contains": lambda left, right, scope: _in(right, left, scope),
    "&": _concatenated,
    **{sign: _summed(act) for sign, act in SUMS.items()},
}
