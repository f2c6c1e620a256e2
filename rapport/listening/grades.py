"""School grades of a text, by formulas of its language. A grade is a guess about words and sentences only."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise

from rapport.listening.packs import known
from rapport.listening.words import fold, sentences

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_GROUPS = {
    "en": re.compile(r"[aeiouy]+"),
    "es": re.compile(r"[aeiouáéíóúü]+"),
    "fr": re.compile(r"[aeiouyàâéèêëîïôùûüœ]+"),
}
_ES_HIATUS = re.compile(r"[aeo](?=[aeo])|[íú](?=[aeo])|[aeo](?=[íú])")
LEAST_WORDS = 3
MOST = 20_000


def grade(text: str, language: str) -> float | None:
    """The school grade (years) of a text; None for other languages or too few words."""
    text = text[:MOST]
    words = [word.lower() for word in _WORD.findall(text)]
    if language not in _GROUPS or len(words) < LEAST_WORDS:
        return None
    count = max(1, len([1 for start, end in sentences(text) if _WORD.search(text, start, end)]))
    length = len(words) / count
    beats = sum(syllables(word, language) for word in words) / len(words)
    value = {"en": _english, "es": _spanish, "fr": _french}[language](words, length, beats)
    return round(min(20.0, max(0.0, value)), 1)


def syllables(word: str, language: str) -> int:
    """About how many syllables a word has (at least one)."""
    groups = len(_GROUPS[language].findall(word))
    if language == "en":
        if word.endswith("e") and not word.endswith(("le", "ee")) and groups > 1:
            groups -= 1
        if (
            word.endswith(("es", "ed"))
            and not word.endswith(("ted", "ded", "ses", "zes", "ches", "shes", "ces", "ges"))
            and groups > 1
        ):
            groups -= 1
        groups += len(re.findall(r"i[ao](?!u)|[^g]eous|ism$", word))
        groups -= len(re.findall(r"[ct]ia|[cst]io", word))
    elif language == "es":
        groups += len(_ES_HIATUS.findall(word))
    elif re.search(r"[^aeiouyàâéèêëîïôùûüœ](?:e|es|ent)$", word) and groups > 1:
        groups -= 1
    return max(1, groups)


def _english(words: Sequence[str], length: float, beats: float) -> float:
    """The mean of Dale-Chall's formula and of SMOG, hard words being those that people seldom use."""
    hard = sum(not familiar(word) for word in words)
    chall = 15.79 * hard / len(words) + 0.0496 * length + (3.6365 if hard > 0.05 * len(words) else 0.0)
    smog = 1.043 * math.sqrt(30 * hard * length / len(words)) + 3.1291
    return (chall + smog) / 2


def _spanish(words: Sequence[str], length: float, beats: float) -> float:
    """Crawford's formula for Spanish: years of school."""
    return -0.205 * (100 / length) + 0.049 * (100 * beats) - 3.407


def _french(words: Sequence[str], length: float, beats: float) -> float:
    """Kandel and Moles's reading ease for French, read as a grade by Flesch's own bands."""
    ease = 207 - 1.015 * length - 73.6 * beats
    bands = ((100, 4.0), (90, 5.0), (80, 6.0), (70, 7.0), (60, 8.5), (50, 11.0), (30, 14.0), (0, 17.0))
    for (upper, low), (lower, high) in pairwise(bands):
        if ease >= lower:
            share = min(1.0, max(0.0, (upper - ease) / (upper - lower)))
            return low + share * (high - low)
    return 17.0 - ease / 20


def familiar(word: str) -> bool:
    """Whether an English word, or the word it is formed from, is one that people commonly use."""
    words, plain = known("en"), fold(word).replace("'", "")
    if plain in words or len(plain) < 3:
        return True
    stems = {
        plain[:-1],
        plain[:-2],
        plain[:-3],
        plain[:-2] + "e",
        plain[:-3] + "e",
        plain[:-3] + "y",
        plain[:-1] + "e",
    }
    endings = ("s", "es", "ed", "ing", "ly", "er", "est", "ies", "d", "n't")
    return plain.endswith(endings) and any(stem in words for stem in stems if len(stem) > 2)
