"""How a language writes its words: contractions, elisions, text-speak, fillers, words that turn."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_LONG_RUN = re.compile(r"(\w)\1{2,}")


@dataclass(slots=True)
class Manners:
    """The manners of one language.

    `short` maps a written form to the words it stands for; `fillers` are words without weight;
    `turns` are words that begin a new clause ("but"). `elides` says that an apostrophe parts words
    (French); else what follows it is an ending (English).
    """

    language: str
    short: dict[str, tuple[str, ...]] = field(default_factory=dict)
    fillers: frozenset[str] = frozenset()
    turns: frozenset[str] = frozenset()
    elides: bool = False
    _seen: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def parts(self, word: str) -> tuple[str, ...]:
        """The words that a folded form stands for."""
        found = self._seen.get(word)
        if found is None:
            if len(self._seen) > 20_000:
                self._seen.clear()
            found = self._seen[word] = self._work_out(word)
        return found

    def _work_out(self, word: str) -> tuple[str, ...]:
        calm = _LONG_RUN.sub(r"\1", word)
        for form in (word, calm):
            if form in self.short:
                return self.short[form]
        if "'" not in calm:
            return (calm,) if calm != word else (word,)
        if self.elides:
            return tuple(part for part in calm.split("'") if part)
        return self._english(calm)

    def _english(self, word: str) -> tuple[str, ...]:
        if word.endswith("n't"):
            return (word[:-3], "not")
        stem, _, ending = word.rpartition("'")
        full = {"m": "am", "re": "are", "ve": "have", "ll": "will", "d": "would"}.get(ending)
        if full:
            return (stem, full)
        return self.short.get(stem, (stem,)) if ending in ("s", "") else (stem, ending)
