"""Reads the grammars: one pack for each language, made once and kept.

A grammar is data: dangers, contexts, feelings, questions and replies are files of patterns below
`data/`, so that a clinician can read them and a reviewer can see what changed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from rapport.listening.grammar import Concepts, Finder, Match, Pattern, ready
from rapport.listening.heard import Channel, Level
from rapport.listening.lexicon import Lexicon
from rapport.listening.manners import Manners
from rapport.listening.patterns import Phrase
from rapport.listening.words import Words, fold, split

DATA = Path(__file__).parent / "data"
LANGUAGES = ("en", "es", "fr")
Book = Mapping[int, list[tuple[Pattern, Any]]]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a danger's pattern stands for."""

    id: str
    kind: str
    level: Level
    channel: Channel
    why: str


@dataclass(frozen=True, slots=True)
class Found:
    """A pattern found in a text: what it stands for, and the words (first and last index)."""

    means: Any
    match: Match
    first: int
    last: int


class Pack:
    """All grammars of one language. Books map a pattern's first phrases to patterns and meanings."""

    def __init__(self, language: str) -> None:
        self.language = language
        common = _read(DATA / "languages" / f"{language}.toml")
        self.manners = _manners(language, common)
        self._known = known(language)
        self.lexicon = Lexicon(self.manners, self._known)
        self._concepts = _concepts(common.get("concepts", {}))
        self.dangers = self._dangers()
        self.contexts = self._book("context")
        self.feelings = self._book("feelings")
        self.asking = self._book("asking")
        self.openers = _openers(_read(DATA / "asking" / f"{language}.toml")["openers"])
        self.shared = {name: self.lexicon.numbers(phrases) for name, phrases in self._concepts.items()}
        self.lexicon.close()

    def split(self, text: str) -> Words:
        """The words of a text, by this language."""
        return split(text, self.manners)

    def _dangers(self) -> Book:
        entries = []
        for danger in _danger_files():
            own = danger.get("concepts", {}).get(self.language, {})
            concepts = {**self._concepts, **_concepts(own)}
            for row in danger["rule"]:
                channel = row.get("channel", "alert")
                rule = Rule(row["id"], row.get("kind", danger["kind"]), row["level"], channel, row["why"])
                entries += [(source, rule, concepts) for source in _lines(row.get(self.language, ""))]
        return _shelve(entries, self.lexicon)

    def _book(self, name: str) -> Book:
        return self._shelf(name, self.lexicon)

    def _shelf(self, name: str, lexicon: Lexicon) -> Book:
        """Patterns of data/<name>/<language>.toml; each means the path of keys that leads to it."""
        tables = _read(DATA / name / f"{self.language}.toml")
        tables.pop("openers", None)
        concepts = {**self._concepts, **_concepts(tables.pop("concepts", {}))}
        entries = []
        for key, value in tables.items():
            rows = value.items() if isinstance(value, dict) else [("", value)]
            for sub, sources in rows:
                means = (key, sub) if sub else (key,)
                entries += [(source, means, concepts) for source in _lines(sources)]
        return _shelve(entries, lexicon)

    @cached_property
    def replies(self) -> tuple[Lexicon, Book]:
        """The grammars of replies with words of their own: read only when a reply is."""
        lexicon = Lexicon(self.manners, self._known)
        book = self._shelf("replies", lexicon)
        lexicon.close()
        return lexicon, book


def _shelve(entries: Iterable[tuple[str, Any, Concepts]], lexicon: Lexicon) -> Book:
    book: dict[int, list[tuple[Pattern, Any]]] = {}
    for source, means, concepts in entries:
        pattern = ready(source, concepts, lexicon)
        for number in pattern.first:
            book.setdefault(number, []).append((pattern, means))
    return book


def search(book: Book, finder: Finder) -> list[Found]:
    """Every pattern of the book that stands in the text, in order of place."""
    tried: set[int] = set()
    found = []
    for number in finder.present:
        for pattern, means in book.get(number, ()):
            if id(pattern) in tried:
                continue
            tried.add(id(pattern))
            for match in finder.matches(pattern):
                near = match.near
                first, last = min(s[0] for s in near), max(s[1] for s in near)
                found.append(Found(means, match, first, last))
    return sorted(found, key=lambda each: (each.first, each.last, str(each.means)))


@cache
def pack(language: str) -> Pack:
    """The pack of a language of LANGUAGES."""
    return Pack(language)


@cache
def known(language: str) -> frozenset[str]:
    """Words that people commonly use in this language, folded."""
    return frozenset((DATA / "known" / f"{language}.txt").read_text("utf-8").split())


@cache
def _danger_files() -> tuple[dict[str, Any], ...]:
    """The dangers, which hold all languages, in the order of their files."""
    return tuple(_read(path) for path in sorted((DATA / "dangers").glob("*.toml")))


def _read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)


def _openers(table: Mapping[str, str]) -> re.Pattern[str]:
    """What begins a question: a verb before who is meant ("can I"), a question word, or a set phrase."""
    first, then, alone = (_choice(table[key].split()) for key in ("first", "then", "alone"))
    phrases = _choice(table["phrases"].split("|"))
    return re.compile(rf"(?<!\w)(?:{phrases}|{first}[ -](?:t-)?{then}|{alone})(?!\w)", re.IGNORECASE)


def _choice(words: Iterable[str]) -> str:
    return (
        "(?:"
        + "|".join(re.escape(word).replace("'", "['’]?") for word in sorted(words, key=len, reverse=True))
        + ")"
    )


def _lines(sources: str) -> list[str]:
    return [line.strip() for line in sources.splitlines() if line.strip()]


def _concepts(table: Mapping[str, str]) -> dict[str, tuple[Phrase, ...]]:
    return {
        name: tuple([tuple(words) for phrase in phrases.split(",") if (words := phrase.split())])
        for name, phrases in table.items()
    }


def _manners(language: str, table: Mapping[str, Any]) -> Manners:
    manners = Manners(
        language,
        fillers=frozenset(fold(word) for word in table["fillers"].split()),
        turns=frozenset(fold(word) for word in table["turns"].split()),
        elides=table["elides"],
    )
    manners.short = {fold(word): tuple(fold(full).split()) for word, full in table["short"].items()}
    return manners
