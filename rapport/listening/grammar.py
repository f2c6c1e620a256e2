"""Finds patterns: phrases in order, near each other, or anywhere in a message.

Work is bounded by the number of hits times the (fixed) width of a window, so that time grows with
the length of the text and no faster.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from typing import NamedTuple

from rapport.listening.lexicon import Hit, Lexicon
from rapport.listening.patterns import ANYWHERE, Part, PatternError, Phrase, parse
from rapport.listening.words import Words

Concepts = Mapping[str, tuple[Phrase, ...]]


class _Step(NamedTuple):
    numbers: tuple[int, ...]
    gap: int


class _Part(NamedTuple):
    steps: tuple[_Step, ...]
    within: int
    unless: bool


class Pattern(NamedTuple):
    """A pattern made ready for one lexicon."""

    parts: tuple[_Part, ...]
    source: str

    @property
    def first(self) -> tuple[int, ...]:
        """Phrases of which one must be present for the pattern to be found."""
        needed = [part.steps[0].numbers for part in self.parts if not part.unless]
        return min(needed, key=len)


class Match(NamedTuple):
    """Where a pattern was found: one stretch of words for each part; `near` leaves out those far away."""

    pattern: Pattern
    stretches: tuple[Hit, ...]
    near: tuple[Hit, ...]


def ready(source: str, concepts: Concepts, lexicon: Lexicon) -> Pattern:
    """Parse a pattern and enter its words into the lexicon."""
    parts = [_Part(_steps(p, concepts, lexicon, source), p.within, p.unless) for p in parse(source)]
    return Pattern(tuple([part for part in parts if part.steps or not part.unless]), source)


def _steps(part: Part, concepts: Concepts, lexicon: Lexicon, source: str) -> tuple[_Step, ...]:
    """The steps of a part; a step of fillers alone has no width and falls away."""
    made = [_Step(_numbers(step.phrases, concepts, lexicon, source), step.gap) for step in part.steps]
    steps = tuple([step for step in made if step.numbers])
    if not steps and not part.unless:
        raise PatternError(f"{source}: no words")
    return steps


def _numbers(
    phrases: tuple[Phrase, ...], concepts: Concepts, lexicon: Lexicon, source: str
) -> tuple[int, ...]:
    numbers: dict[int, None] = {}
    for phrase in phrases:
        name = phrase[0][1:] if phrase[0][0] == "@" else ""
        if name and name not in concepts:
            raise PatternError(f"{source}: no concept {name}")
        numbers.update(dict.fromkeys(lexicon.numbers(concepts[name] if name else (phrase,))))
    return tuple(numbers)


class Finder:
    """Searches one text for patterns; `hits` are those of its lexicon."""

    def __init__(self, words: Words, hits: Mapping[int, list[Hit]]) -> None:
        self._ats = words.ats
        self._hits = hits
        self.present = tuple(hits)
        self._merged: dict[tuple[int, ...], tuple[list[int], list[Hit]]] = {}

    def matches(self, pattern: Pattern) -> list[Match]:
        """Where the pattern stands, in order; one match for each place of its first part."""
        found: list[Match] = []
        leads = self._stretches(pattern.parts[0])
        if not leads:
            return found
        others = [self._stretches(part) for part in pattern.parts[1:]]
        for lead in leads:
            stretches, close = [lead], [lead]
            for part, stretch in zip(pattern.parts[1:], others, strict=True):
                near = self._nearest(lead, stretch, part)
                if part.unless == (near is not None):
                    break
                if near is not None:
                    stretches.append(near)
                    if part.within < ANYWHERE:
                        close.append(near)
            else:
                found.append(Match(pattern, tuple(stretches), tuple(close)))
                if any(part.within == ANYWHERE for part in pattern.parts):
                    break
        return found

    def _merge(self, numbers: tuple[int, ...]) -> tuple[list[int], list[Hit]]:
        merged = self._merged.get(numbers)
        if merged is None:
            every = sorted({hit for number in numbers for hit in self._hits.get(number, ())})
            merged = self._merged[numbers] = ([self._ats[first] for first, _ in every], every)
        return merged

    def _stretches(self, part: _Part) -> list[Hit]:
        _, leads = self._merge(part.steps[0].numbers)
        if len(part.steps) == 1:
            return leads
        found = []
        for first, last in leads:
            end = self._follow(part.steps, 1, last)
            if end is not None:
                found.append((first, end))
        return found

    def _follow(self, steps: tuple[_Step, ...], place: int, last: int) -> int | None:
        if place == len(steps):
            return last
        ats, hits = self._merge(steps[place].numbers)
        low = self._ats[last] + 1
        index = bisect_left(ats, low)
        while index < len(ats) and ats[index] <= low + steps[place].gap:
            end = self._follow(steps, place + 1, hits[index][1])
            if end is not None:
                return end
            index += 1
        return None

    def _nearest(self, lead: Hit, stretches: list[Hit], part: _Part) -> Hit | None:
        """The stretch nearest to `lead`; what is wanted shares no word with it, what forbids may."""
        place = bisect_left(stretches, lead)
        best: Hit | None = None
        best_distance = part.within + 1
        for index in range(max(0, place - 4), min(len(stretches), place + 5)):
            first, last = stretches[index]
            if first <= lead[1] and last >= lead[0]:
                if part.unless:
                    return stretches[index]
                continue
            gap = (
                self._ats[first] - self._ats[lead[1]]
                if first > lead[1]
                else self._ats[lead[0]] - self._ats[last]
            )
            if gap < best_distance:
                best, best_distance = stretches[index], gap
        return best
