"""A text as words: folded for comparing, each with its place in the text.

`at` counts words that carry meaning; it jumps at the end of a sentence, so that a window over `at`
treats text with and without punctuation alike. Fillers ("really", "is") have no width.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache

from rapport.listening.manners import Manners

SENTENCE_JUMP = 5
_LETTER = r"(?:[^\W\d_]|[\u0300-\u036f\u00ad\u200b-\u200d\ufeff])"
_PIECE = re.compile(
    rf"(?P<word>{_LETTER}+(?:['’ʼ`´]{_LETTER}+)*)"
    r"|(?P<number>\d+(?:[.,:/]\d+)*)"
    r"|(?P<emoji>[\u2600-\u27bf\U0001f300-\U0001faff])"
    r"|(?P<stop>[.!?…。！？]+|\s*\n\s*|[¿¡])"
    r"|(?P<pause>[,;:—–()\[\]\"“”«»]|\s-+\s)"
)
_HIDDEN = dict.fromkeys([0xAD, 0xFEFF, *range(0x200B, 0x200E), *range(0x300, 0x370)])
_APOSTROPHES = str.maketrans({"’": "'", "ʼ": "'", "`": "'", "´": "'"})
LONGEST_WORD = 40

# links, addresses of e-mail, and long runs that could be codes: none of them is made of words
_NO_WORDS = re.compile(
    r"(?:\bhttps?://|\bwww\.)[^\s<>]{1,2000}(?<=[\w/])"
    r"|(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}\b"
    r"|(?<![\w-])(?P<code>[A-Za-z0-9][A-Za-z0-9_-]{11,})(?!\w)",
    re.IGNORECASE,
)
_CHANGE = re.compile(r"[A-Za-z](?=\d)|\d(?=[A-Za-z])")
_SHORT_WORD = re.compile(r"[A-Za-z]{4}")
# six letters of one case in a row, not all of them of a hexadecimal code
_LONG_WORD = re.compile(r"(?=[a-f]*[g-z])[a-z]{6}|(?=[A-F]*[G-Z])[A-Z]{6}")
CHANGES = 4


@lru_cache(maxsize=20_000)
def fold(word: str) -> str:
    """Lower case, no accents, one kind of apostrophe: "J’étais" becomes "j'etais"."""
    if word.isascii():
        return word.lower().replace("`", "'")
    plain = unicodedata.normalize("NFKD", word.lower()).translate(_HIDDEN).translate(_APOSTROPHES)
    return plain.replace("œ", "oe").replace("ß", "ss").replace("æ", "ae")


@dataclass(slots=True)
class Words:
    """The words of `text` as parallel lists: folded form, place in the text, place among the words."""

    text: str
    manners: Manners
    norms: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    ats: list[int] = field(default_factory=list)
    sentences: list[int] = field(default_factory=list)
    clauses: list[int] = field(default_factory=list)
    asking: set[int] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.norms)

    def first_at(self, place: int) -> int:
        """The index of the first word that ends after `place` in the text."""
        low, high = 0, len(self.ends)
        while low < high:
            middle = (low + high) // 2
            if self.ends[middle] <= place:
                low = middle + 1
            else:
                high = middle
        return low


def veil(text: str) -> str:
    """The text with spaces where a link, an e-mail address or a code stands, so that none is read as words.

    A code has twelve characters or more, letters mixed with digits. What a hurried person writes together
    ("took20x500mgpills", "38-weeks-pregnant") holds a word and stays.
    """
    return _NO_WORDS.sub(lambda found: found[0] if _is_written(found["code"]) else " " * len(found[0]), text)


def _is_written(token: str | None) -> bool:
    """Whether a long run of letters and digits may hold words; None stands for a link or an address."""
    if token is None:
        return False
    changes = len(_CHANGE.findall(token))
    if changes >= CHANGES:
        return changes < 2 * CHANGES and _LONG_WORD.search(token) is not None
    digits = sum(letter.isdigit() for letter in token)
    return not changes or 2 * digits < len(token) or _SHORT_WORD.search(token) is not None


def split(text: str, manners: Manners) -> Words:
    """The words of a text, by the manners (contractions, elisions, fillers) of its language."""
    words = Words(text, manners)
    at = sentence = clause = 0
    fresh = True
    for piece in _PIECE.finditer(veil(text)):
        kind = piece.lastgroup
        if kind in ("stop", "pause"):
            clause += 1
            if kind == "stop":
                if "?" in piece.group() and not fresh:
                    words.asking.add(sentence)
                sentence += not fresh
                at += 0 if fresh else SENTENCE_JUMP
                fresh = True
            continue
        fresh = False
        for norm in _parts(piece.group(), kind == "word", manners):
            if norm in manners.fillers:
                continue
            if norm in manners.turns:
                clause += 1
            words.norms.append(norm)
            words.starts.append(piece.start())
            words.ends.append(piece.end())
            words.ats.append(at)
            words.sentences.append(sentence)
            words.clauses.append(clause)
            at += 1
    return words


def _parts(piece: str, is_word: bool, manners: Manners) -> tuple[str, ...]:
    """What a piece of text stands for: "can't" is "can not", "j'ai" is "j ai"."""
    if not is_word or len(piece) > LONGEST_WORD:
        return (piece[:LONGEST_WORD].replace(",", "."),)
    return manners.parts(fold(piece))


_SENTENCE = re.compile(r"[^.!?…\n]*(?:\.(?=[^\s.!?…A-ZÁÉÍÓÚÑÀÇ¿])[^.!?…\n]*)*(?:[.!?…]+[\"”»')]*|\n+|$)")
_TITLE = re.compile(r"\b(?:dr|dra|mr|mrs|ms|sr|sra|mme|prof|vs|approx)\.$", re.IGNORECASE)


def sentences(text: str) -> list[tuple[int, int]]:
    """Where each sentence stands; a full stop inside a number, an address or after a title ends none."""
    found: list[tuple[int, int]] = []
    joins = False
    for match in _SENTENCE.finditer(veil(text)):
        start, end = match.span()
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if end <= start:
            continue
        if joins and "\n" not in text[found[-1][1] : start]:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
        joins = bool(_TITLE.search(text, max(start, end - 8), end))
    return found
