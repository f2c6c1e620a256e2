"""Tells which language a text is in; what has no grammar here is named and left to a person."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from functools import cache

from rapport.listening.packs import DATA, LANGUAGES, known
from rapport.listening.words import fold, veil

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LATIN = re.compile(r"[A-Za-zÀ-ɏḀ-ỿ]")
_SCRIPTS = {
    "ARABIC": "ar",
    "ARMENIAN": "hy",
    "BENGALI": "bn",
    "CJK": "zh",
    "CYRILLIC": "ru",
    "DEVANAGARI": "hi",
    "ETHIOPIC": "am",
    "GEORGIAN": "ka",
    "GREEK": "el",
    "GUJARATI": "gu",
    "GURMUKHI": "pa",
    "HANGUL": "ko",
    "HEBREW": "he",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "KHMER": "km",
    "MALAYALAM": "ml",
    "SINHALA": "si",
    "TAMIL": "ta",
    "TELUGU": "te",
    "THAI": "th",
}
_HINTS = {"uk": "іїєґІЇЄҐ", "fa": "پچژگ", "ur": "ٹڈڑںے"}
SAMPLE = 4000
FOREIGN_LEAD = 1.25


@cache
def _tongues() -> dict[str, dict[str, float]]:
    """For each word, the languages it speaks for and how strongly: a word of one language counts most."""
    with (DATA / "tongues.toml").open("rb") as file:
        lists = {language: words.split() for language, words in tomllib.load(file).items()}
    shared = Counter(word for words in lists.values() for word in set(words))
    table: dict[str, dict[str, float]] = {}
    for language, words in lists.items():
        for word in set(words):
            table.setdefault(word, {})[language] = 1.0 if shared[word] == 1 else 0.6 / shared[word] + 0.2
    return table


def _speaks_for(word: str) -> tuple[tuple[str, float], ...]:
    """The languages with grammars in which a folded word is common; a word of one alone weighs more."""
    if len(word) <= 2:
        return ()
    homes = [language for language in LANGUAGES if word in known(language)]
    return tuple((language, 0.5 / len(homes) ** 2) for language in homes)


def scores(text: str) -> dict[str, float]:
    """How strongly a text (its first few thousand letters) speaks for each language."""
    tongues = _tongues()
    found: dict[str, float] = {}
    for word in _WORD.findall(veil(text[:SAMPLE])):
        plain = word.lower().replace("’", "'")
        pieces = [plain, *plain.split("'")] if "'" in plain else [plain]
        for piece in pieces:
            for language, weight in tongues.get(piece, {}).items():
                found[language] = found.get(language, 0.0) + weight
        for language, weight in _speaks_for(fold(plain)):
            found[language] = found.get(language, 0.0) + weight
    for mark, language in (("¿", "es"), ("¡", "es"), ("ñ", "es")):
        if mark in text[:SAMPLE]:
            found[language] = found.get(language, 0.0) + 1.0
    return found


def identify(text: str) -> str:
    """The ISO 639-1 code of the language of a text, or `und`."""
    foreign = script(text)
    if foreign:
        return foreign
    found = scores(text)
    if not found:
        return "und"
    best = max(found, key=lambda language: (found[language], language in LANGUAGES))
    own = max(LANGUAGES, key=lambda language: found.get(language, 0.0))
    if best not in LANGUAGES and found[best] < FOREIGN_LEAD * found.get(own, 0.0) + 0.3:
        best = own
    words = len(_WORD.findall(veil(text[:SAMPLE])))
    return best if found[best] >= min(0.45, 0.1 * words) and found[best] >= 0.05 * words else "und"


def script(text: str) -> str:
    """The language of the script of most letters, or "" for Latin letters or none."""
    letters = [letter for letter in text[:SAMPLE] if letter.isalpha()]
    foreign = [letter for letter in letters if not _LATIN.match(letter)]
    if not foreign or len(foreign) * 2 < len(letters):
        return ""
    names = Counter(_script(letter) for letter in foreign[:400])
    if names.get("ja"):
        return "ja"
    name = max(names, key=lambda each: names[each])
    for language, marks in _HINTS.items():
        if name in ("ru", "ar") and any(mark in text[:SAMPLE] for mark in marks):
            return language
    return name


@cache
def _script(letter: str) -> str:
    return _SCRIPTS.get(unicodedata.name(letter, "").split(" ")[0], "und")


def to_read(text: str, main: str) -> tuple[str, ...]:
    """The languages whose grammars read this text: the main one, and others that it is mixed with."""
    found = scores(text) if main in LANGUAGES else {}
    most = max(found.values(), default=0.0)
    mixed = [each for each in LANGUAGES if each != main and found.get(each, 0.0) >= max(1.6, 0.3 * most)]
    return (main, *mixed) if main in LANGUAGES else ()
