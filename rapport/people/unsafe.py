"""Somebody said, on whatever page, that they are not safe: who can do something about it registers here."""

from __future__ import annotations

from collections.abc import Callable

from rapport.gate.door import Door

#: Called with the person's own door, a token that makes it once, and their words; gives where to read on.
Raise = Callable[[Door, str, str], str]
_raise: list[Raise] = []


def use(raise_: Raise) -> None:
    """Register who opens an alert (`AppConfig.ready`)."""
    _raise[:] = [raise_]


def said_so(door: Door, once: str, words: str) -> str:
    """Open an alert in the name of who stands at the door; RuntimeError where nobody would hear it."""
    if not _raise:
        raise RuntimeError("nobody has registered to hear an alarm")
    return _raise[0](door, once, words)
