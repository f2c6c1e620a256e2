"""The small language in which the grammars are written.

    can't breathe            these words, one after another
    @chest .. tight*         a concept, a gap of at most four words, a word that begins with "tight"
    @leg ..8 swollen         the gap may hold eight
    (red | hot | @warm)      one of these
    @chest & @squeeze        both near each other, in any order (within ten words)
    @fever && @chemo         both somewhere in the message
    @chest & hurt* ! cough*  but not near a word that begins with "cough"
    #n #hot #year            a number, a fever, a year

Concepts are lists of words and phrases, shared by all grammars of a language.
"""

from __future__ import annotations

import re
from typing import NamedTuple

GAP = 4
NEAR = 10
ANYWHERE = 1_000_000_000
_ITEM = re.compile(
    r"\s*(?:(?P<anywhere>&&)|(?P<near>&(?P<width>\d*))|(?P<unless>!)|(?P<gap>\.\.(?P<most>\d*))"
    r"|(?P<choice>\([^()]*\))|(?P<concept>@[\w-]+)|(?P<word>[^\s@&!()|]+))"
)


class PatternError(ValueError):
    """A grammar that can't be read; names the pattern."""


# words in a row, of which the last letters may be * (begins with); or a concept, as ("@chest",)
Phrase = tuple[str, ...]


class Step(NamedTuple):
    """One of several phrases, at most `gap` words after the step before."""

    phrases: tuple[Phrase, ...]
    gap: int = 0


class Part(NamedTuple):
    """Steps in order; `within` so many words of the first part; `unless` forbids it instead."""

    steps: tuple[Step, ...]
    within: int = 0
    unless: bool = False


def parse(pattern: str) -> tuple[Part, ...]:
    """The parts of a pattern."""
    parts: list[Part] = []
    steps: list[Step] = []
    gap, within, unless = 0, 0, False
    place = 0
    pattern = pattern.strip()
    while place < len(pattern):
        item = _ITEM.match(pattern, place)
        if item is None:
            raise PatternError(pattern)
        place = item.end()
        kind = item.lastgroup if item["gap"] is None and item["near"] is None else None
        if item["gap"] is not None:
            gap = int(item["most"] or GAP)
        elif item["near"] is not None or kind in ("anywhere", "unless"):
            if not steps:
                raise PatternError(pattern)
            parts.append(Part(tuple(steps), within, unless))
            steps, gap = [], 0
            unless = kind == "unless"
            within = ANYWHERE if kind == "anywhere" else int(item["width"] or NEAR)
        else:
            _add(steps, item, gap)
            gap = 0
    if not steps or (not parts and unless):
        raise PatternError(pattern)
    return (*parts, Part(tuple(steps), within, unless))


def _add(steps: list[Step], item: re.Match[str], gap: int) -> None:
    """Put a phrase or a choice at the end; plain words in a row grow into one phrase."""
    if item["choice"] is not None:
        choices = item["choice"][1:-1].split("|")
        steps.append(Step(tuple([_phrase(words) for each in choices if (words := each.split())]), gap))
        return
    if item["concept"] is not None:
        steps.append(Step(((item["concept"],),), gap))
        return
    last = steps[-1] if steps and gap == 0 else None
    if last and len(last.phrases) == 1 and last.phrases[0][0][0] != "@":
        steps[-1] = Step(((*last.phrases[0], item["word"]),), last.gap)
    else:
        steps.append(Step(((item["word"],),), gap))


def _phrase(words: list[str]) -> Phrase:
    if len(words) > 1 and any(word[0] == "@" for word in words):
        raise PatternError(" ".join(words))
    return tuple(words)
