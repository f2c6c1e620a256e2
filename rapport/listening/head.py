"""A small trained head for feelings in text that is not about health.

Models trained on social media fail on messages to a clinic (docs/listening.md), so the head is asked
only where a text holds no word of health, and only beside the grammars. It speaks English alone, and
shows the words that weighed most.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from rapport.listening.heard import LABELS, Label, Span, Strength
from rapport.listening.packs import DATA
from rapport.listening.words import fold

CLASSES = (*LABELS, "neutral")
_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[!?]|[\u2600-\u27bf\U0001f300-\U0001faff]")
LONGEST = 1500
EVIDENCE = 3


@dataclass(frozen=True, slots=True)
class _Head:
    bias: list[float]
    limits: list[float]
    scale: float
    rare: float
    rows: dict[str, tuple[float, tuple[int, ...]]]


def features(text: str) -> list[str]:
    """Words and pairs of neighbours, folded; marks of exclamation and question count as words."""
    words = [fold(word) for word in _TOKEN.findall(text[:LONGEST])]
    return words + [f"{one} {two}" for one, two in pairwise(words)]


@cache
def _head() -> _Head:
    first, *lines = (DATA / "head.txt").read_text("utf-8").splitlines()
    top = json.loads(first)
    rows = {}
    for line in lines:
        word, idf, *weights = line.split("\t")
        rows[word] = (int(idf) / 10, tuple(int(weight or 0) for weight in weights))
    return _Head(top["bias"], top["limits"], top["scale"], top["rare"], rows)


def signs(text: str, several: bool) -> list[tuple[Label, Strength, Span]]:
    """The feelings that the head reads in a text, each with the words that weighed most.

    Several sentences of which the last one asks are how people write to a clinic, not what it was
    trained on: it keeps silent.
    """
    if several or len(text) > LONGEST:
        return []
    head = _head()
    present = [(name, *head.rows[name]) for name in dict.fromkeys(features(text)) if name in head.rows]
    size = math.sqrt(sum(idf * idf for _, idf, _ in present)) or 1.0
    found: list[tuple[Label, Strength, Span]] = []
    for column, label in enumerate(LABELS):
        total = sum(idf * weights[column] for _, idf, weights in present) / (size * head.scale)
        score = total + head.bias[column]
        if score > head.limits[column]:
            strength: Strength = "high" if score > head.limits[column] + 3 else "medium"
            found += [(label, strength, span) for span in _evidence(text, present, column)]
    return found


def _evidence(text: str, present: list[tuple[str, float, tuple[int, ...]]], column: int) -> list[Span]:
    """Where the words stand that weighed most for a class."""
    ranked = sorted(present, key=lambda row: -row[1] * row[2][column])[:EVIDENCE]
    places = [(fold(match.group()), match) for match in _TOKEN.finditer(text)]
    spans = []
    for name, _, weights in ranked:
        if weights[column] <= 0:
            continue
        first = name.split(" ")
        for index in range(len(places) - len(first) + 1):
            if [word for word, _ in places[index : index + len(first)]] == first:
                spans.append(Span.of(text, places[index][1].start(), places[index + len(first) - 1][1].end()))
                break
    return spans
