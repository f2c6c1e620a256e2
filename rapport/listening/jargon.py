"""Hard words of a reply, with a plain wording. Names of medicines are none, nor are the patient's words."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache

from rapport.listening.advice import Jargon
from rapport.listening.heard import Span
from rapport.listening.packs import DATA, known
from rapport.listening.words import fold

_WORD = re.compile(r"[^\W_]+(?:[-&'’][^\W_]+)*")
_CAPITALS = re.compile(r"[A-Z][A-Z0-9&]{1,5}s?")
LONGEST_TERM = 5


@dataclass(frozen=True, slots=True)
class Glossary:
    """Terms of one language with their plain wording, and what shapes give a term away."""

    terms: dict[tuple[str, ...], str]
    usual: frozenset[str]
    ends: tuple[str, ...]
    drugs: tuple[str, ...]
    known: frozenset[str]


@cache
def glossary(language: str) -> Glossary:
    """The glossary of a language of LANGUAGES."""
    with (DATA / "jargon" / f"{language}.toml").open("rb") as file:
        table = tomllib.load(file)
    lines = table["terms"].splitlines()
    if language == "en":
        lines = (DATA / "jargon" / "cdc.txt").read_text("utf-8").splitlines() + lines
    terms = {}
    for line in lines:
        term, _, plain = line.partition(" = ")
        if plain:
            terms[tuple(fold(word) for word in _WORD.findall(term))] = plain.strip()
    ends = tuple(fold(end) for end in table["ends"].split())
    return Glossary(
        terms, frozenset(table["usual"].split()), ends, tuple(table["drugs"].split()), known(language)
    )


def jargon(reply: str, message: str, language: str) -> tuple[Jargon, ...]:
    """The hard terms of a reply, in order."""
    words = glossary(language)
    said = {fold(word) for word in _WORD.findall(message)}
    found: list[Jargon] = []
    pieces = list(_WORD.finditer(reply))
    index = 0
    while index < len(pieces):
        length, plain = _term(pieces, index, words, said)
        if length:
            span = Span.of(reply, pieces[index].start(), pieces[index + length - 1].end())
            found.append(Jargon(span, plain))
        index += length or 1
    return tuple(found)


def _term(pieces: list[re.Match[str]], index: int, words: Glossary, said: set[str]) -> tuple[int, str]:
    """How many words from here are a term (0 for none), and its plain wording."""
    for length in range(min(LONGEST_TERM, len(pieces) - index), 0, -1):
        key = tuple(fold(piece.group()) for piece in pieces[index : index + length])
        plain = words.terms.get(key) or words.terms.get((*key[:-1], key[-1].removesuffix("s")))
        if plain and not all(word in said for word in key):
            if (
                length == 1
                and len(key[0]) <= 3
                and not pieces[index].group()[:1].isupper()
                and key[0] not in _SMALL
            ):
                continue
            return length, plain
    written = pieces[index].group()
    plain_word = fold(written)
    if plain_word in said or (plain_word.endswith(words.drugs) and len(plain_word) > 6):
        return 0, ""
    if _CAPITALS.fullmatch(written) and written.removesuffix("s") not in words.usual:
        return 1, ""
    clinical = len(plain_word) > 6 and plain_word.endswith(words.ends) and plain_word not in words.known
    return (1, "") if clinical else (0, "")


_SMALL = frozenset(
    ["hb", "prn", "bd", "tds", "qds", "iv", "im", "sc", "po", "inr", "ecg", "mri", "ct", "uti"]
)
