"""Whether each question of a message is answered in a reply: answered, perhaps, or not seen.

A word count, not an understanding: "not seen" asks the writer to look, and the writer may tick it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from rapport.listening.advice import Answered, Seen
from rapport.listening.heard import Span
from rapport.listening.packs import DATA
from rapport.listening.words import fold, sentences

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_NUMBER = re.compile(r"\d")
SURE = 0.9
MAYBE = 0.45


@dataclass(frozen=True, slots=True)
class _Words:
    stop: frozenset[str]
    yes: frozenset[str]
    forms: dict[str, frozenset[str]]
    group: dict[str, int]


@cache
def _words(language: str) -> _Words:
    with (DATA / "answers.toml").open("rb") as file:
        table = tomllib.load(file)[language]
    group = {fold(w): n for n, line in enumerate(table["same"].strip().splitlines()) for w in line.split()}
    lists = {
        key: frozenset(fold(word) for word in table[key].split())
        for key in ("stop", "yes", "when", "where", "who")
    }
    forms = {"when": lists["when"], "where": lists["where"], "who": lists["who"]}
    return _Words(lists["stop"], lists["yes"], forms, group)


def answers(questions: Sequence[Span], reply: str, language: str, dismissed: bool) -> tuple[Answered, ...]:
    """For each question of the message, what was seen of an answer in the reply.

    One question alone is perhaps answered by any reply of substance that does not brush it aside.
    """
    words = _words(language)
    parts = [Span.of(reply, start, end) for start, end in sentences(reply)]
    told = [part for part in parts if not part.text.endswith("?")]
    found = []
    for place, question in enumerate(questions):
        best, by = 0.0, None
        for order, part in enumerate(told):
            score = _score(question.text, part.text, words)
            if len(questions) == len(told) > 1 and order == place:
                score += 0.2
            if score > best:
                best, by = score, part
        if len(questions) == 1 and best < MAYBE and any(_substance(part.text, words) for part in told):
            best += 0.2 if dismissed else 0.45
        seen: Seen = "answered" if best >= SURE else "perhaps" if best >= MAYBE else "not seen"
        found.append(Answered(question, seen, by if seen != "not seen" else None))
    return tuple(found)


def _score(question: str, part: str, words: _Words) -> float:
    """How well a sentence fits a question: shared content words, and the form of an answer."""
    asked, said = _content(question, words), _content(part, words)
    if not said:
        return 0.0
    shared = len(asked & said) / max(1, min(len(asked), 4))
    return shared + _form(question, part, words)


def _form(question: str, part: str, words: _Words) -> float:
    """0 to 0.5: whether the sentence has the form that the question asks for."""
    plain = [fold(word) for word in _WORD.findall(part)]
    opening = fold(question).lstrip("¿ ").split()[:3]
    kind = _kind(opening)
    if kind == "number":
        return 0.45 if _NUMBER.search(part) or any(word in words.forms["when"] for word in plain) else 0.0
    if kind in words.forms:
        return 0.4 if any(word in words.forms[kind] for word in plain) else 0.0
    if plain and plain[0] in words.yes and kind == "yes":
        return 0.5 if plain[0] in _PLAIN_YES else 0.25
    return 0.1 if kind == "open" else 0.0


_PLAIN_YES = frozenset(["yes", "no", "si", "oui", "non", "yep", "absolutely", "certainly", "claro"])
_KINDS = {
    "when": "when cuando quand",
    "where": "where donde ou",
    "who": "who quien qui",
    "number": "cuanto cuantos cuanta cuantas combien many much long often soon",
    "open": "what why how que por cual comment pourquoi quel quelle which como",
}


def _kind(opening: Sequence[str]) -> str:
    for kind, starters in _KINDS.items():
        listed = starters.split()
        if any(word in listed for word in (opening[:2] if kind == "number" else opening[:1])):
            return kind
    return "yes"


def _content(text: str, words: _Words) -> set[str]:
    """Content words as stems; words that speak of the same thing share one."""
    found = set()
    for word in _WORD.findall(text):
        plain = fold(word)
        if plain in words.group:
            found.add(f"#{words.group[plain]}")
        elif plain not in words.stop and len(plain) > 2:
            found.add(plain[:5])
    return found


def _substance(text: str, words: _Words) -> bool:
    """Whether a sentence says something: at least two content words."""
    return len(_content(text, words)) >= 2
