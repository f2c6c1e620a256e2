"""Context of a question about a look."""

from __future__ import annotations

from dataclasses import dataclass

from rapport.pillars.circle.contexts import LookLine


@dataclass(frozen=True, slots=True)
class AskLookPage:
    """`ask_look.html`: the look in words, what was typed, what went wrong."""

    line: LookLine
    text: str
    once: str
    trouble: str
