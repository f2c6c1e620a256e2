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
from dataclasses import dataclass

GAP = 4
NEAR = 10
ANYWHERE = 1_000_000_000
_ITEM = re.compile(
    r"\s*(?:(?P<anywhere>&&)|(?P<near>&(?P<width>\d*))|(?P<unless>!)|(?P<gap>\.\.(?P<most>\d*))"
    r"|(?P<choice>\([^()]*\))|(?P<concept>@[\w-]+)|(?P<word>[^\s@&!()|]+))"
)


class PatternError(ValueError):
    """A grammar that can't be read; names the pattern."""


@dataclass(frozen=True, slots=True)
class Atom:
    """Words in a row, or a concept. `words` may end in * (begins with)."""

    words: tuple[str, ...] = ()
    concept: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One of several atoms, at most `gap` words after the step before."""

    atoms: tuple[Atom, ...]
    gap: int = 0


@dataclass(frozen=True, slots=True)
class Part:
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
    """Put an atom or a choice at the end; plain words in a row grow into one atom."""
    if item["choice"] is not None:
        atoms = tuple(_atom(part.split()) for part in item["choice"][1:-1].split("|") if part.strip())
        steps.append(Step(atoms, gap))
        return
    if item["concept"] is not None:
        steps.append(Step((Atom(concept=item["concept"][1:]),), gap))
        return
    last = steps[-1] if steps and gap == 0 else None
    if last and len(last.atoms) == 1 and last.atoms[0].words:
        steps[-1] = Step((Atom((*last.atoms[0].words, item["word"])),), last.gap)
    else:
        steps.append(Step((Atom((item["word"],)),), gap))


def _atom(words: list[str]) -> Atom:
    if len(words) == 1 and words[0].startswith("@"):
        return Atom(concept=words[0][1:])
    if any(word.startswith("@") for word in words):
        raise PatternError(" ".join(words))
    return Atom(tuple(words))
