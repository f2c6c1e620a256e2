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
_ENDING = re.compile(r"(?:ings?|ed|es|s|ly|er|e)$")
SURE = 1.5
MAYBE = 0.25
CURT = 7


@dataclass(frozen=True, slots=True)
class _Words:
    stop: frozenset[str]
    yes: frozenset[str]
    forms: dict[str, frozenset[str]]
    group: dict[str, int]
    weights: dict[str, float]


@cache
def _words(language: str) -> _Words:
    with (DATA / "answers.toml").open("rb") as file:
        tables = tomllib.load(file)
    table = tables[language]
    group = {fold(w): n for n, line in enumerate(table["same"].strip().splitlines()) for w in line.split()}
    lists = {
        key: frozenset(fold(word) for word in table[key].split())
        for key in ("stop", "yes", "when", "where", "who", "why", "do")
    }
    return _Words(lists["stop"], lists["yes"], lists, group, tables["weights"])


def answers(questions: Sequence[Span], reply: str, language: str, dismissed: bool) -> tuple[Answered, ...]:
    """For each question of the message, what was seen of an answer in the reply."""
    words = _words(language)
    found = []
    for question, (signs, by) in zip(questions, weigh(questions, reply, language, dismissed), strict=True):
        score = words.weights["bias"] + sum(
            words.weights.get(name, 0.0) * value for name, value in signs.items()
        )
        seen: Seen = "answered" if score >= SURE else "perhaps" if score >= MAYBE else "not seen"
        found.append(Answered(question, seen, by if seen != "not seen" else None))
    return tuple(found)


def weigh(
    questions: Sequence[Span], reply: str, language: str, dismissed: bool
) -> list[tuple[dict[str, float], Span | None]]:
    """For each question the signs of an answer (numbers, 0 to about 1), and the sentence that fits best."""
    words = _words(language)
    parts = [Span.of(reply, start, end) for start, end in sentences(reply)]
    told = [part for part in parts if not part.text.endswith("?")]
    solid = sum(_substance(part.text, words) for part in told)
    shares = [[_share(question.text, part.text, words) for part in told] for question in questions]
    forms = [[_form(question.text, part.text, words) for part in told] for question in questions]
    plain = [sum(1 for part in told if _first(part.text) in _PLAIN_YES)]
    curt = len(reply.split()) <= CURT * len(questions)
    found: list[tuple[dict[str, float], Span | None]] = []
    for place, question in enumerate(questions):
        fits = [share + form for share, form in zip(shares[place], forms[place], strict=True)]
        best = max(range(len(told)), key=fits.__getitem__, default=None)
        rival = best is not None and any(
            shares[other][best] > shares[place][best] for other in range(len(questions)) if other != place
        )
        signs = {
            "share": max(shares[place], default=0.0),
            "form": max(forms[place], default=0.0),
            "fit": min(1.0, fits[best]) if best is not None else 0.0,
            "dismissed": float(dismissed),
            "dismissed_alone": float(dismissed and len(questions) == 1),
            "alone": float(len(questions) == 1),
            "solid": min(2.0, solid / len(questions)),
            "curt": float(curt),
            "curt_later": float(curt and place > 0),
            "later": float(place > 0),
            "rival": float(rival),
            "yes": float(plain[0] > place),
            f"asks_{_kind(_opening(question.text))}": 1.0,
        }
        found.append((signs, told[best] if best is not None else None))
    return found


def _share(question: str, part: str, words: _Words) -> float:
    """How many content words of a question a sentence shares, 0 to 1."""
    asked, said = _content(question, words), _content(part, words)
    return len(asked & said) / max(1, min(len(asked), 4))


def _opening(question: str) -> list[str]:
    return fold(question).lstrip("¿ ").split()[:3]


def _first(part: str) -> str:
    word = _WORD.search(part)
    return fold(word.group()) if word else ""


def _form(question: str, part: str, words: _Words) -> float:
    """0 to 0.5: whether the sentence has the form that the question asks for."""
    plain = [fold(word) for word in _WORD.findall(part)]
    kind = _kind(_opening(question))
    if kind == "number":
        return 0.45 if _NUMBER.search(part) or any(word in words.forms["when"] for word in plain) else 0.0
    if kind in words.forms:
        return 0.4 if any(word in words.forms[kind] for word in plain) else 0.0
    if plain and plain[0] in words.yes and kind == "yes":
        return 0.5 if plain[0] in _PLAIN_YES else 0.25
    if kind == "why":
        return 0.4 if any(word in words.forms["why"] for word in plain) else 0.0
    if kind == "do":
        return 0.4 if plain and plain[0] in words.forms["do"] else 0.0
    return 0.1 if kind == "open" else 0.0


_PLAIN_YES = frozenset(["yes", "no", "si", "oui", "non", "yep", "absolutely", "certainly", "claro"])
_KINDS = {
    "when": "when cuando quand",
    "where": "where donde ou",
    "who": "who quien qui",
    "number": "cuanto cuantos cuanta cuantas combien many much long often soon",
    "why": "why pourquoi por",
    "open": "what how que cual comment quel quelle which como",
}


_DO = (
    ["what", "should"],
    ["what", "do"],
    ["how", "do"],
    ["how", "should"],
    ["que", "hago"],
    ["que", "dois-je"],
)


def _kind(opening: Sequence[str]) -> str:
    if opening[:2] in _DO:
        return "do"
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
            found.add(_stem(plain))
    return found


def _stem(word: str) -> str:
    """A word without its ending: "swimming" and "swim" are alike."""
    bare = _ENDING.sub("", word) if len(word) > 4 else word
    bare = bare[:-1] if len(bare) > 3 and bare[-1] == bare[-2] else bare
    return bare[:5]


def _substance(text: str, words: _Words) -> bool:
    """Whether a sentence says something: at least two content words."""
    return len(_content(text, words)) >= 2
