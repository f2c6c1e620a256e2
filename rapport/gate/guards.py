"""Guards: what a product's resources may become, whoever writes them, and what follows an accepted write.

A pillar registers its guards when it starts. Every write runs them: page, API, bundle, import, job.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Body = dict[str, Any]
#: `judge(door, before, after)`: before is None for a new resource, after is None for a deleted one.
Judge = Callable[[Any, Body | None, Body | None], None]


def _nothing(door: Any, before: Body | None, after: Body | None) -> None:
    """A guard that has nothing to judge, or nothing that follows."""


@dataclass(frozen=True, slots=True)
class Guard:
    """One rule about one kind of resource.

    types    the resource types that it is about at all; None for any
    applies  whether a body (as it was, or as it becomes) is of that kind; asked at every write: keep it quick
    judge    raises Refused "rule" or "conflict" when the step is not allowed; may search through the door
    follow   what an accepted write brings about, in the same transaction; may write through the door
    """

    name: str
    applies: Callable[[Body], bool]
    judge: Judge = field(default=_nothing)
    follow: Judge = field(default=_nothing)
    types: frozenset[str] | None = None


_guards: dict[str, Guard] = {}


def register(guard: Guard) -> None:
    """Add a guard; a second one of the same name takes its place (a reload)."""
    _guards[guard.name] = guard


def remove(name: str) -> None:
    """Take a guard away (tests)."""
    _guards.pop(name, None)


def any_registered() -> bool:
    """Whether there is any guard at all."""
    return bool(_guards)


def of_type(rtype: str) -> list[Guard]:
    """The guards that may be concerned with a resource of that type."""
    return [guard for guard in _guards.values() if guard.types is None or rtype in guard.types]


def concerned(rtype: str, before: Body | None, after: Body | None) -> list[Guard]:
    """The guards of a step: those of what it was and those of what it becomes."""
    return [
        guard
        for guard in of_type(rtype)
        if (after is not None and guard.applies(after)) or (before is not None and guard.applies(before))
    ]
