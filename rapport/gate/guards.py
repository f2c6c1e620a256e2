"""Guards: what a product's resources may become, whoever writes them, and what follows an accepted write.

A pillar registers its guards when it starts. Every write runs them: page, API, bundle, import, job.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Body = dict[str, Any]
#: System of the tag by which an answer to a form (QuestionnaireResponse) calls a guard for its patient.
WATCH = "urn:rapport:watch"
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
    watched  a code of the tag `WATCH`: the guard concerns those people alone in whose record an answer to a
             form bears it, and makes nothing writable that was not. For what most people have no rule about.
    """

    name: str
    applies: Callable[[Body], bool]
    judge: Judge = field(default=_nothing)
    follow: Judge = field(default=_nothing)
    types: frozenset[str] | None = None
    watched: str = ""


_guards: dict[str, Guard] = {}
_by_type: dict[str, tuple[Guard, ...]] = {}


def register(guard: Guard) -> None:
    """Add a guard; a second one of the same name takes its place (a reload)."""
    _guards[guard.name] = guard
    _by_type.clear()


def remove(name: str) -> None:
    """Take a guard away (tests)."""
    _guards.pop(name, None)
    _by_type.clear()


def any_registered() -> bool:
    """Whether there is any guard at all."""
    return bool(_guards)


def of_type(rtype: str) -> tuple[Guard, ...]:
    """The guards that may be concerned with a resource of that type; worked out once."""
    found = _by_type.get(rtype)
    if found is None:
        some = (guard for guard in _guards.values() if guard.types is None or rtype in guard.types)
        found = _by_type[rtype] = tuple(some)
    return found


def concerned(rtype: str, before: Body | None, after: Body | None) -> list[Guard]:
    """The guards of a step: those of what it was and those of what it becomes."""
    return [
        guard
        for guard in of_type(rtype)
        if (after is not None and guard.applies(after)) or (before is not None and guard.applies(before))
    ]
