"""A second look: sentences that read like those which needed somebody at once, though no rule knows them.

A small linear model over word stems and the concepts of the grammars, trained on our own messages. It
judges sentence by sentence: a long one by the weight of its words together, not by their number, and each
further sentence of a letter raises the limit, for it is one more chance to be wrong. It says "please read
this first" and no more: it names no danger and raises no alert.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import log, sqrt

from rapport.listening.context import Contexts
from rapport.listening.heard import RedFlag, Span
from rapport.listening.lexicon import Hit
from rapport.listening.packs import DATA, Found, Pack
from rapport.listening.words import Words

STEM = 5
EVIDENCE = 3
FEWEST = 3
# features of a usual sentence; how much the limit rises with the logarithm of the number of sentences
USUAL = 40
RISE = 0.5
RULE = "second_look.likeness"
WHY = "reads like messages that needed somebody at once; please read this first"


@cache
def _weights() -> tuple[float, dict[str, float]]:
    """The limit, and the weight of each feature."""
    first, *lines = (DATA / "second_look.txt").read_text("utf-8").splitlines()
    rows = (line.split("\t") for line in lines)
    return float(first), {name: float(weight) for name, weight in rows}


def stretches(words: Words) -> Iterator[tuple[int, int]]:
    """The first and last word of each sentence that is long enough to be judged."""
    first = 0
    for index in range(1, len(words) + 1):
        if index == len(words) or words.sentences[index] != words.sentences[first]:
            if index - first >= FEWEST:
                yield first, index - 1
            first = index


def scale(count: int) -> float:
    """What the weights of a sentence of so many features are multiplied by."""
    return sqrt(USUAL / count) if count else 0.0


def rise(sentences: int) -> float:
    """How much more a sentence must weigh in a text of so many sentences."""
    return RISE * log(max(1, sentences))


@dataclass(frozen=True, slots=True)
class Sight:
    """What the grammars found in a text: concepts of each word, contexts, and signs of each sentence."""

    words: Words
    concepts: Sequence[Sequence[str]]
    contexts: Contexts
    signs: Mapping[int, frozenset[str]]

    @classmethod
    def of(
        cls,
        words: Words,
        own: Pack,
        hits: Mapping[int, list[Hit]],
        contexts: Contexts,
        found: Iterable[Found],
    ) -> Sight:
        """The sight of a text; `found` are the patterns of feelings and of asking that stand in it."""
        signs: dict[int, set[str]] = {}
        for each in found:
            signs.setdefault(words.sentences[each.first], set()).add(f"~{each.means[0]}")
        return cls(
            words, concepts_at(words, own, hits), contexts, {n: frozenset(all_) for n, all_ in signs.items()}
        )


def features(sight: Sight, first: int, last: int) -> dict[str, list[int]]:
    """What a sentence holds: stems, pairs, concepts, cues, signs; each with the words it stands on."""
    found: dict[str, list[int]] = {}
    words = sight.words
    language = words.manners.language
    stems = [norm[:STEM] for norm in words.norms[first : last + 1]]
    for offset, stem in enumerate(stems):
        found.setdefault(f"{language} {stem}", []).append(first + offset)
        if offset:
            found.setdefault(f"{language} {stems[offset - 1]} {stem}", []).append(first + offset)
        for name in sight.concepts[first + offset]:
            found.setdefault(f"@{name}", []).append(first + offset)
    found.update((f"!{kind}", []) for kind in sight.contexts.kinds(first, last))
    found.update((sign, []) for sign in sight.signs.get(words.sentences[first], ()))
    if words.sentences[first] in words.asking:
        found["?"] = []
    return found


def concepts_at(words: Words, own: Pack, hits: Mapping[int, list[Hit]]) -> list[list[str]]:
    """For each word, the shared concepts whose phrases begin there."""
    found: list[list[str]] = [[] for _ in range(len(words))]
    for name, numbers in own.shared.items():
        for number in numbers:
            for first, _ in hits.get(number, ()):
                if name not in found[first]:
                    found[first].append(name)
    return found


def look(sight: Sight) -> list[RedFlag]:
    """At most one flag: the sentence that reads most like a danger, if it is spoken of as present."""
    limit, weights = _weights()
    words = sight.words
    best: tuple[float, int, int] | None = None
    judged = list(stretches(words))
    limit += rise(len(judged))
    for first, last in judged:
        held = features(sight, first, last)
        score = sum(weights.get(name, 0.0) for name in held) * scale(len(held)) + weights["bias"]
        if score <= limit or (best is not None and score <= best[0]):
            continue
        ranked = sorted((name for name in held if held[name]), key=lambda name: -weights.get(name, 0.0))
        places = [held[name][0] for name in ranked[:EVIDENCE]]
        reading = sight.contexts.judge(min(places), max(places))
        if reading.status == "present" or reading.turned:
            best = (score, min(places), max(places))
    if best is None:
        return []
    span = Span.of(words.text, words.starts[best[1]], words.ends[best[2]])
    return [RedFlag("urgent", "second_look", "unnamed", "present", span, RULE, WHY)]
