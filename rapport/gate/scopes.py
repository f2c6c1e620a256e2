"""Scopes of programs (SMART App Launch 2, `system/` level): which types, actions and resources.

system/Patient.rs                                   read and search
system/Observation.rs?category=laboratory           only what this search finds
system/*.cruds                                      everything
system/Patient.read, .write, .*                     the same in the words of version 1
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.fhir.outcomes import Refused
from rapport.store.restricting import restriction

_FORM = re.compile(r"^system/(\*|[A-Z][A-Za-z]+)\.(c?r?u?d?s?|read|write|\*)(?:\?([^\s?]+))?$")
_V1 = {"read": "rs", "write": "cud", "*": "cruds"}
LONGEST = 500


class Scope(NamedTuple):
    """One scope: a type or "*", letters of "cruds", and the query that limits it ("" for no limit)."""

    rtype: str
    letters: str
    query: str = ""

    def __str__(self) -> str:
        return f"system/{self.rtype}.{self.letters}" + (f"?{self.query}" if self.query else "")

    def covers(self, rtype: str, letter: str) -> bool:
        """Whether it is about this action on this type."""
        return self.rtype in ("*", rtype) and letter in self.letters


@lru_cache(maxsize=1024)
def scopes_of(text: str) -> tuple[Scope, ...]:
    """The scopes of a text. Refused("invalid") for anything that is none, queries included."""
    found = tuple(_scope(word) for word in text.split())
    if not found:
        raise Refused("invalid", "There is no scope.", "Write one such as system/*.cruds.")
    return found


def _scope(word: str) -> Scope:
    match = _FORM.match(word)
    if not match or not match[2] or match[1] not in ("*", *TYPE_NUMBERS) or len(word) > LONGEST:
        raise Refused("invalid", f"{word[:200]!r} is not a scope.", "Write one such as system/Patient.rs.")
    scope = Scope(match[1], _V1.get(match[2], match[2]), match[3] or "")
    if scope.query:
        if match[2] in _V1 or scope.rtype == "*":
            raise Refused(
                "invalid", f"{word[:200]!r} cannot be limited.", "Name one type, and letters of cruds."
            )
        restriction(scope.rtype, scope.query)
    return scope


def narrowed(asked: str, allowed: str) -> str:
    """The scopes asked for, if all are within those allowed; all allowed ones, if none is asked for."""
    if not asked.strip():
        return allowed
    have = scopes_of(allowed)
    for scope in scopes_of(asked):
        if not all(_held(scope, letter, have) for letter in scope.letters):
            raise Refused(
                "forbidden", f"This client has no scope for {scope.rtype}.{scope.letters}.", "Ask for less."
            )
    return " ".join(asked.split())


def _held(scope: Scope, letter: str, have: Iterable[Scope]) -> bool:
    return any(one.covers(scope.rtype, letter) and one.query in ("", scope.query) for one in have)
