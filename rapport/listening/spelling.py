"""Finds the word that somebody meant: one slip of the finger, or a word written as it sounds.

Only words that the grammars know are ever the answer, and a word that people commonly write is
never corrected: "beast" stays a beast. Cost per word does not depend on the size of the vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cached_property

SHORTEST = 4
LONGEST = 24
_DOUBLE = re.compile(r"(.)\1+")
_VOWELS = re.compile(r"[aeiouy]+")
_SOUNDS = {
    "en": (("ph", "f"), ("gh", "g"), ("kn", "n"), ("wr", "r"), ("ck", "k"), ("tch", "ch"), ("sh", "ch")),
    "es": (("qu", "k"), ("ll", "y"), ("ch", "x"), ("h", ""), ("v", "b"), ("z", "s"), ("gue", "ge")),
    "fr": (("ph", "f"), ("qu", "k"), ("eau", "o"), ("au", "o"), ("ch", "x"), ("h", ""), ("z", "s")),
}
_SOFT_C = re.compile(r"c(?=[eiy])")


def sound(word: str, language: str) -> str:
    """A rough key of how a word sounds: consonants kept, vowels alike, doubles single."""
    for written, heard in _SOUNDS.get(language, ()):
        word = word.replace(written, heard)
    word = _SOFT_C.sub("s", word).replace("c", "k").replace("q", "k").replace("x", "ks")
    if language == "fr":
        word = re.sub(r"(?:es|er|ez|e|s|t|ent)$", "", word)
    return _DOUBLE.sub(r"\1", word[:1] + _VOWELS.sub("_", word[1:]))


def _shorter(word: str) -> Iterable[str]:
    """The word with each letter left out."""
    return {word[:i] + word[i + 1 :] for i in range(len(word))}


class Speller:
    """Corrects towards `wanted` words, gathered at the first unknown one; leaves `known` words alone."""

    def __init__(self, language: str, wanted: Callable[[], Iterable[str]], known: frozenset[str]) -> None:
        self._language = language
        self._gather = wanted
        self._known = known

    @cached_property
    def _wanted(self) -> frozenset[str]:
        return frozenset([word for word in self._gather() if len(word) >= SHORTEST and word.isalpha()])

    @cached_property
    def _near(self) -> dict[str, list[str]]:
        """Wanted words by themselves and by each of their forms with a letter left out."""
        near: dict[str, list[str]] = {}
        for word in sorted(self._wanted):
            if len(word) > SHORTEST:
                for key in (word, *_shorter(word)):
                    near.setdefault(key, []).append(word)
        return near

    @cached_property
    def _sounds(self) -> dict[str, list[str]]:
        """Wanted words by how they sound."""
        sounds: dict[str, list[str]] = {}
        for word in sorted(self._wanted):
            if len(word) > SHORTEST + 1:
                sounds.setdefault(sound(word, self._language), []).append(word)
        return sounds

    def meant(self, word: str) -> tuple[str, ...]:
        """The words that an unknown word may stand for; none for a word that people use."""
        if not SHORTEST <= len(word) <= LONGEST or word in self._known or word in self._wanted:
            return ()
        if not word.isalpha():
            return ()
        found = dict.fromkeys(w for w in self._near.get(word, ()) if self._alike(word, w))
        for key in sorted(_shorter(word)):
            found.update(
                dict.fromkeys(
                    w for w in self._near.get(key, ()) if _one_slip(word, w) and self._alike(word, w)
                )
            )
        if len(word) > SHORTEST:
            heard = self._sounds.get(sound(word, self._language), ())
            found.update(dict.fromkeys(w for w in heard if abs(len(w) - len(word)) <= 3))
        return tuple(found)[:6]

    @staticmethod
    def _alike(written: str, meant: str) -> bool:
        """Short words must begin alike: "flame" is no slip for "blame"."""
        return (
            len(meant) > 7
            or written[0] == meant[0]
            or written[:2] == meant[1::-1]
            or written[1:] == meant
            or meant[1:] == written
        )


def _one_slip(written: str, meant: str) -> bool:
    """Whether one letter was missed, added, changed or swapped with its neighbour."""
    if abs(len(written) - len(meant)) > 1:
        return False
    start = 0
    while start < min(len(written), len(meant)) and written[start] == meant[start]:
        start += 1
    left, right = written[start:], meant[start:]
    if left[1:] == right[1:] or left[1:] == right or left == right[1:]:
        return True
    return len(left) > 1 and len(right) > 1 and left[1] + left[0] + left[2:] == right
