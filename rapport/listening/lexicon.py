"""Finds concepts in words: which lists of words and phrases a text touches, and where."""

from __future__ import annotations

from dataclasses import dataclass

from rapport.listening.manners import Manners
from rapport.listening.patterns import Atom
from rapport.listening.spelling import Speller
from rapport.listening.words import Words, fold, split

# first word and last word (indexes into Words)
Hit = tuple[int, int]
Phrase = tuple[tuple[str, ...], int]

NUMBER_WORDS = {
    "en": "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred",
    "es": "un una dos tres cuatro cinco seis siete ocho nueve diez doce quince veinte treinta cuarenta",
    "fr": "un une deux trois quatre cinq six sept huit neuf dix douze quinze vingt trente quarante cinquante",
}
MANY = 10
# words of NUMBER_WORDS that are less than MANY
FEW = {"en": 9, "es": 10, "fr": 10}


def _whole(atom: Atom) -> str:
    return " ".join(fold(word).rstrip("*") for word in atom.words)


@dataclass(frozen=True, slots=True)
class _Look:
    """What a word can be: atoms that it is alone, phrases by their second word, and what it begins with."""

    alone: tuple[int, ...]
    pairs: dict[str, list[Phrase]]
    begun: frozenset[str]


class Lexicon:
    """All words and phrases that the grammars of one language speak of, ready to be found."""

    def __init__(self, manners: Manners, known: frozenset[str]) -> None:
        self.manners = manners
        self._known = known
        self._ids: dict[Atom, int] = {}
        self._added: dict[Atom, int | None] = {}
        self._normals: dict[str, tuple[str, ...]] = {}
        self._exact: dict[str, list[Phrase]] = {}
        self._begins: dict[str, list[Phrase]] = {}
        self._whole: dict[int, str] = {}
        self._wanted: set[str] = set()
        self._speller: Speller | None = None
        self._seen: dict[str, _Look] = {}
        numbers = NUMBER_WORDS.get(manners.language, "").split()
        self._numbers = frozenset(numbers)
        self._many = frozenset(numbers[FEW.get(manners.language, 0) :])

    def add(self, atom: Atom) -> int | None:
        """The number under which this atom's hits are found; None if nothing of it is left."""
        if atom not in self._added:
            self._added[atom] = self._add(atom)
        return self._added[atom]

    def _add(self, atom: Atom) -> int | None:
        words = tuple(w for raw in atom.words for w in self._normal(raw))
        if not words:
            return None
        exact = _whole(atom) if len(words) <= 2 and len(words) < len(atom.words) else ""
        atom = Atom(words, exact)
        if atom not in self._ids:
            self._ids[atom] = len(self._ids)
            if exact:
                self._whole[self._ids[atom]] = exact
            first = words[0]
            table = self._begins if first.endswith("*") else self._exact
            table.setdefault(first.rstrip("*"), []).append((words[1:], self._ids[atom]))
            self._wanted.update(w for w in words if not w.endswith("*") and not w.startswith("#"))
            self._wanted.update(w.rstrip("*") for w in words if w.endswith("*"))
        return self._ids[atom]

    def _normal(self, raw: str) -> tuple[str, ...]:
        if raw not in self._normals:
            self._normals[raw] = self._norm(raw)
        return self._normals[raw]

    def _norm(self, raw: str) -> tuple[str, ...]:
        if raw.startswith("#") or raw[:1].isdigit():
            return (raw,)
        star = "*" if raw.endswith("*") else ""
        bare = raw.rstrip("*")
        if bare.isascii() and bare.isalpha():
            norms = [part for part in self.manners.parts(bare.lower()) if part not in self.manners.fillers]
        else:
            norms = split(bare, self.manners).norms
        return (*norms[:-1], norms[-1] + star) if norms else ()

    def close(self) -> None:
        """All atoms are in: make ready to correct spelling towards them."""
        starts = tuple(sorted(start for start in self._begins if len(start) > 3))
        grown = {word for word in self._known if word.startswith(starts)}
        self._speller = Speller(self.manners.language, self._wanted | grown, self._known)
        self._added.clear()
        self._normals.clear()

    def find(self, words: Words) -> dict[int, list[Hit]]:
        """For each atom's number, where it stands in the words, in order."""
        hits: dict[int, list[Hit]] = {}
        looks = [self._look_up(norm) for norm in words.norms]
        for index, look in enumerate(looks):
            for number in look.alone:
                if number not in self._whole or self._stands(words, index, self._whole[number]):
                    hits.setdefault(number, []).append((index, index))
            if look.pairs and index + 1 < len(looks):
                phrases = [each for form in looks[index + 1].begun for each in look.pairs.get(form, ())]
                for rest, number in phrases:
                    if number in self._whole and not self._stands(words, index, self._whole[number]):
                        continue
                    if self._follows(words, looks, index, rest):
                        hits.setdefault(number, []).append((index, index + len(rest)))
        return hits

    def _stands(self, words: Words, index: int, whole: str) -> bool:
        """Whether a phrase of which only one word has weight ("so quiet") stands here as it is written."""
        start, end = words.starts[index], words.ends[index]
        return whole in fold(words.text[max(0, start - len(whole)) : end + len(whole)])

    def _follows(self, words: Words, looks: list[_Look], index: int, rest: tuple[str, ...]) -> bool:
        last = index + len(rest)
        if last >= len(looks) or words.ats[last] - words.ats[index] != len(rest):
            return False
        return all(wanted in looks[index + 1 + place].begun for place, wanted in enumerate(rest))

    def _look_up(self, norm: str) -> _Look:
        found = self._seen.get(norm)
        if found is None:
            if len(self._seen) > 20_000:
                self._seen.clear()
            found = self._seen[norm] = self._work_out(norm)
        return found

    def _work_out(self, norm: str) -> _Look:
        forms = (norm, *self._classes(norm))
        if norm.endswith("in") and len(norm) > 4 and self.manners.language == "en":
            forms += (f"{norm}g",)
        if self._speller is not None and not norm[:1].isdigit():
            forms += self._speller.meant(norm)
        phrases: dict[Phrase, None] = {}
        for form in forms:
            phrases.update(dict.fromkeys(self._exact.get(form, ())))
            for length in range(2, len(form) + 1):
                phrases.update(dict.fromkeys(self._begins.get(form[:length], ())))
        pairs: dict[str, list[Phrase]] = {}
        for rest, number in phrases:
            if rest:
                pairs.setdefault(rest[0], []).append((rest, number))
        begun = (*forms, *(f"{form[:length]}*" for form in forms for length in range(1, len(form) + 1)))
        return _Look(tuple(number for rest, number in phrases if not rest), pairs, frozenset(begun))

    def _classes(self, norm: str) -> tuple[str, ...]:
        if norm in self._numbers:
            return ("#n", "#many") if norm in self._many else ("#n",)
        if not norm[:1].isdigit():
            return ()
        try:
            value = float(norm.replace(":", ".").split("/")[0].rstrip("."))
        except ValueError:
            return ("#n",)
        classes = ["#n"]
        if (38.0 <= value <= 42.9 and "." in norm) or value in (39, 40, 41) or 100.4 <= value <= 106:
            classes.append("#hot")
        if MANY <= value <= 500 and norm.isdigit():
            classes.append("#many")
        if 1940 <= value <= 2040 and norm.isdigit():
            classes.append("#year")
        return tuple(classes)
