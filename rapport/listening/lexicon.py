"""Finds concepts in words: which lists of words and phrases a text touches, and where."""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

from rapport.listening.manners import Manners
from rapport.listening.patterns import Phrase
from rapport.listening.spelling import Speller
from rapport.listening.words import Words, fold, split

# first word and last word (indexes into Words)
Hit = tuple[int, int]
# the words of a phrase after its first, and its number
Rest = tuple[tuple[str, ...], int]

NUMBER_WORDS = {
    "en": "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred",
    "es": "un una dos tres cuatro cinco seis siete ocho nueve diez doce quince veinte treinta cuarenta",
    "fr": "un une deux trois quatre cinq six sept huit neuf dix douze quinze vingt trente quarante cinquante",
}
MANY = 10
# words of NUMBER_WORDS that are less than MANY
FEW = {"en": 9, "es": 10, "fr": 10}


def _whole(phrase: Phrase) -> str:
    return " ".join([fold(word).rstrip("*") for word in phrase])


class _Look(NamedTuple):
    """What a word can be: phrases that it is alone, phrases by their second word, and what it begins with."""

    alone: tuple[int, ...]
    pairs: dict[str, list[Rest]]
    begun: frozenset[str]


class Lexicon:
    """All words and phrases that the grammars of one language speak of, ready to be found."""

    def __init__(self, manners: Manners, known: frozenset[str]) -> None:
        self.manners = manners
        self._known = known
        self._ids: dict[tuple[Phrase, str], int] = {}
        self._added: dict[Phrase, int | None] = {}
        self._sets: dict[tuple[Phrase, ...], tuple[int, ...]] = {}
        self._normals: dict[str, tuple[str, ...]] = {}
        self._exact: dict[str, list[Rest]] = {}
        self._begins: dict[str, list[Rest]] = {}
        self._whole: dict[int, str] = {}
        self._speller: Speller | None = None
        self._seen: dict[str, _Look] = {}
        numbers = NUMBER_WORDS.get(manners.language, "").split()
        self._numbers = frozenset(numbers)
        self._many = frozenset(numbers[FEW.get(manners.language, 0) :])

    def numbers(self, phrases: tuple[Phrase, ...]) -> tuple[int, ...]:
        """The numbers under which hits of these phrases are found; a phrase of fillers has none."""
        found = self._sets.get(phrases)
        if found is None:
            each = [self._added[p] if p in self._added else self._add(p) for p in phrases]
            found = self._sets[phrases] = tuple([number for number in each if number is not None])
        return found

    def _add(self, phrase: Phrase) -> int | None:
        words: Phrase = ()
        for raw in phrase:
            words += self._normals.get(raw) or self._normal(raw)
        number = self._added[phrase] = self._enter(phrase, words) if words else None
        return number

    def _enter(self, phrase: Phrase, words: Phrase) -> int:
        """The number of a phrase, of which `words` are those with weight."""
        exact = _whole(phrase) if len(words) <= 2 and len(words) < len(phrase) else ""
        known = self._ids.get((words, exact))
        if known is not None:
            return known
        number = self._ids[words, exact] = len(self._ids)
        if exact:
            self._whole[number] = exact
        first = words[0]
        table = self._begins if first[-1] == "*" else self._exact
        table.setdefault(first.rstrip("*"), []).append((words[1:], number))
        return number

    def _normal(self, raw: str) -> tuple[str, ...]:
        found = self._normals[raw] = self._norm(raw)
        return found

    def _norm(self, raw: str) -> tuple[str, ...]:
        if raw[0] == "#" or raw[0].isdigit():
            return (raw,)
        bare = raw.rstrip("*")
        if bare.isascii() and bare.isalpha():
            norms = [part for part in self.manners.parts(bare.lower()) if part not in self.manners.fillers]
        else:
            norms = split(bare, self.manners).norms
        if norms and bare != raw:
            norms[-1] += "*"
        return tuple(norms)

    def close(self) -> None:
        """All phrases are in: make ready to correct spelling towards them."""
        self._speller = Speller(self.manners.language, self._wanted, self._known)
        self._added.clear()
        self._sets.clear()

    def _wanted(self) -> set[str]:
        """Every word of the phrases, and the known words that begin as one of them does."""
        written = [word for words, _ in self._ids for word in words if word[0] != "#"]
        wanted = {word.rstrip("*") for word in written}
        known = sorted(self._known)
        for start in self._begins:
            place = bisect_left(known, start) if len(start) > 3 else len(known)
            while place < len(known) and known[place].startswith(start):
                wanted.add(known[place])
                place += 1
        return wanted

    def find(self, words: Words) -> dict[int, list[Hit]]:
        """For each phrase's number, where it stands in the words, in order."""
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
        phrases: dict[Rest, None] = {}
        for form in forms:
            phrases.update(dict.fromkeys(self._exact.get(form, ())))
            for length in range(2, len(form) + 1):
                phrases.update(dict.fromkeys(self._begins.get(form[:length], ())))
        pairs: dict[str, list[Rest]] = {}
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
