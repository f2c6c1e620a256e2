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
_TO_SOMEBODY = re.compile(r"\b(?:i|i'm|i'll|i've|we|we'll|you|your|you're|you'll|me|us)\b", re.IGNORECASE)
_ENDINGS = re.compile(r"(?:ings?|ed|es|s|ly|ers?|ness|able|ible|ments?|ations?|ions?|al)$")
_MIXED = re.compile(r"[a-z]{1,3}[A-Z][A-Z0-9]{1,4}")
LONGEST_TERM = 5


@dataclass(frozen=True, slots=True)
class Glossary:
    """Terms of one language with their plain wording, and what shapes give a term away."""

    terms: dict[tuple[str, ...], str]
    usual: frozenset[str]
    never: frozenset[str]
    starts: tuple[str, ...]
    ends: tuple[str, ...]
    drugs: tuple[str, ...]
    known: frozenset[str]


def _belong(one: Jargon, other: Jargon) -> bool:
    """Whether two neighbours are one term: neither is an abbreviation, and the second is no verb."""
    first, second = one.span.text.split()[-1], other.span.text.split()[0]
    return not (first.isupper() or second.isupper() or first == "to" or second.endswith(("ed", "ado", "es")))


@cache
def glossary(language: str) -> Glossary:
    """The glossary of a language of LANGUAGES."""
    with (DATA / "jargon" / f"{language}.toml").open("rb") as file:
        table = tomllib.load(file)
    lines = table["terms"].splitlines()
    if language == "en":
        lists = [(DATA / "jargon" / name).read_text("utf-8").splitlines() for name in ("nci.txt", "cdc.txt")]
        lines = [*lists[0], *lists[1], *lines]
    terms = {}
    for line in lines:
        term, _, plain = line.partition(" = ")
        if term:
            terms[tuple(fold(word) for word in _WORD.findall(term))] = plain.strip()
    starts, ends, drugs = (
        tuple(fold(word) for word in table[name].split()) for name in ("starts", "ends", "drugs")
    )
    usual, never = (frozenset(table[name].split()) for name in ("usual", "never"))
    return Glossary(terms, usual, never, starts, ends, drugs, known(language))


def jargon(reply: str, message: str, language: str) -> tuple[Jargon, ...]:
    """The hard terms of a reply, in order."""
    words = glossary(language)
    said = {fold(word) for word in _WORD.findall(message)}
    found: list[Jargon] = []
    pieces = list(_WORD.finditer(reply))
    index = 0
    curt = language == "en" and not _TO_SOMEBODY.search(reply)
    while index < len(pieces):
        length, plain = _term(pieces, index, words, said)
        if curt and not length and _odd(pieces[index].group(), words, said):
            length = 1
        if length:
            span = Span.of(reply, pieces[index].start(), pieces[index + length - 1].end())
            found.append(Jargon(span, plain))
        index += length or 1
    return tuple(_joined(found, reply))


def _joined(found: list[Jargon], reply: str) -> list[Jargon]:
    """Terms that stand side by side are one ("cervical lymphadenopathy")."""
    joined: list[Jargon] = []
    for each in found:
        last = joined[-1] if joined else None
        if last and reply[last.span.end : each.span.start] in (" ", "-") and _belong(last, each):
            plain = f"{last.plain}, {each.plain}" if last.plain and each.plain else last.plain or each.plain
            joined[-1] = Jargon(Span.of(reply, last.span.start, each.span.end), plain)
        else:
            joined.append(each)
    return joined


def _term(pieces: list[re.Match[str]], index: int, words: Glossary, said: set[str]) -> tuple[int, str]:
    """How many words from here are a term (0 for none), and its plain wording."""
    for length in range(min(LONGEST_TERM, len(pieces) - index), 0, -1):
        key = tuple(fold(piece.group()) for piece in pieces[index : index + length])
        if "_".join(key) in words.never:
            return 0, ""
        plain = words.terms.get(key, words.terms.get((*key[:-1], key[-1].removesuffix("s"))))
        if plain is not None and not all(word in said for word in key):
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
    if (_CAPITALS.fullmatch(written) or _MIXED.fullmatch(written)) and written.removesuffix(
        "s"
    ) not in words.usual:
        return 1, ""
    clinical = any(_clinical(part, words) for part in plain_word.split("-"))
    return (1, "") if clinical else (0, "")


def _odd(written: str, words: Glossary, said: set[str]) -> bool:
    """Whether a word is hard in shorthand that speaks to nobody: long, and of no family that people use."""
    word = fold(written)
    if (
        len(word) < 8
        or not word.isalpha()
        or word in words.never
        or word in said
        or word.endswith(words.drugs)
    ):
        return False
    stem = _ENDINGS.sub("", word)
    return not any(each in words.known for each in (word, stem, f"{stem}e", stem[:-1], f"{stem[:-1]}y"))


def _clinical(word: str, words: Glossary) -> bool:
    """Whether a word that people do not commonly use is built like one of the clinic."""
    if len(word) <= 6 or word in words.known or word in words.never:
        return False
    return word.endswith(words.ends) or word.startswith(words.starts)


_SMALL = frozenset(
    ["hb", "prn", "bd", "tds", "qds", "iv", "im", "sc", "po", "inr", "ecg", "mri", "ct", "uti"]
)
