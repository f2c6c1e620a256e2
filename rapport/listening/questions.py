"""Questions: what a reply has to answer, with or without a question mark, direct or indirect."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rapport.listening.heard import Span
from rapport.listening.packs import Found
from rapport.listening.words import Words, fold, sentences

_MARKS = ("?", "？")
_CLOSERS = "\"”»')* "
_GREETINGS = (
    "how are you",
    "how are things",
    "hope you",
    "como esta",
    "que tal",
    "comment allez",
    "comment ca va",
    "ca va",
)
_HELLO = re.compile(r"^(?:hi|hello|hey|dear|hola|buenos dias|buenas|bonjour|salut)\b[\w .]{0,20},?\s*")
_EMPTY = frozenset(
    [
        "you know",
        "right",
        "eh",
        "hello",
        "hola",
        "no",
        "really",
        "seriously",
        "is anyone there",
        "are you joking",
        "are you kidding",
        "what",
        "que",
        "quoi",
        "verdad",
        "n'est-ce pas",
        "who do you think you are",
        "ok",
        "okay",
        "yes",
        "si",
        "why me",
        "o que",
        "or what",
        "alors",
        "hein",
    ]
)
_RHETORIC = (
    "send a pigeon",
    "do i have to beg",
    "do i have to die",
    "who knew",
    "where would i be",
    "what am i, ",
    "what is the world coming to",
    "guess what",
    "and for what",
    "is that too much to ask",
    "how hard can it be",
    "do you think i",
    "est-ce trop demander",
    "se creen que",
    "me prenez pour",
)
_CONDITION = re.compile(
    r"(?:if|when|as|since|because|given|while|although|si|cuando|como|quand|comme|puisque)\b", re.IGNORECASE
)
_JOINS = re.compile(
    r"(?:[,;:\-–—¿(]|\b(?:and|so|but|or|also|plus|y|e|pero|et|mais|ou|alors|then|please|pls|oh|ok)"
    r"|\bto ask)\s*$",
    re.IGNORECASE,
)
_TOLD = re.compile(
    r"(?:did|have|has|was|were|am|is|are|do)\s+(?:the|my|a|these|those|that|this|not|our|his|her|your)\b",
    re.IGNORECASE,
)
_OFTEN = re.compile(
    r"\b(?:know|sure|idea|remember|understand|told|say|says|said|see|sabe|sé|dijo|dicho|sais|dit|matter|explained|that|the|of|"
    r"from|about|for|with|to|de|para|con|en|pour|avec|que|lo|todo|is|was|and|no)\s*$",
    re.IGNORECASE,
)
LEAST_BEFORE = 8
WINDOW = 200


def questions(words: Words, found: Iterable[Found], openers: re.Pattern[str]) -> list[Span]:
    """The questions of a text, in order; `openers` is what begins one in its language."""
    indirect = sorted({words.starts[each.first] for each in found if each.means == ("open", "indirect")})
    asked: list[Span] = []
    at = 0
    for start, end in sentences(words.text):
        while at < len(indirect) and indirect[at] < start:
            at += 1
        upto = at
        while upto < len(indirect) and indirect[upto] < end:
            upto += 1
        span = _question(words.text, start, end, indirect[at:upto], openers)
        if span is not None:
            asked.append(span)
    return asked


def _question(text: str, start: int, end: int, indirect: list[int], openers: re.Pattern[str]) -> Span | None:
    whole = text[start:end].rstrip(_CLOSERS)
    if whole.endswith(_MARKS):
        if _hollow(whole) or text[end : end + 1].isalpha():
            return None
        return Span.of(
            text, _begin(text, start, end, [*(m.start() for m in openers.finditer(text, start, end))]), end
        )
    if indirect:
        return Span.of(text, _begin(text, start, end, indirect[:1]), end)
    if whole.endswith(("!", "…")):
        return None
    return _unmarked(text, start, end, openers)


def _unmarked(text: str, start: int, end: int, openers: re.Pattern[str]) -> Span | None:
    """A question without its mark: an opener at the start, or after words that nothing parts from it."""
    for opener in openers.finditer(text, start, end):
        place = opener.start()
        before = text[max(start, place - WINDOW) : place]
        rest = text[opener.end() : min(end, opener.end() + WINDOW)].split()
        if len(rest) < 1:
            continue
        two_words = len(opener.group().split()) > 1 or "-" in opener.group()
        if not before.strip() or (_JOINS.search(before) and len(before.split()) <= 2):
            if (two_words and not _TOLD.match(opener.group())) or (
                not two_words
                and (len(rest) >= 2 or not before.strip())
                and not _statement(opener.group(), rest)
            ):
                return Span.of(text, place, end)
        elif (
            two_words and not _OFTEN.search(before) and len(before) >= LEAST_BEFORE and _JOINS.search(before)
        ) or (two_words and not _OFTEN.search(before) and len(before.split()) >= 4 and _asks(opener.group())):
            return Span.of(text, place, end)
    return None


def _statement(word: str, rest: list[str]) -> bool:
    """Whether a question word opens a statement ("when I walk it hurts")."""
    return word.lower() in (
        "when",
        "cuando",
        "quand",
        "como",
        "que",
        "who",
        "else",
        "where",
        "donde",
        "anyone",
        "anything",
    ) and (len(rest) > 3 or word.lower() in ("que", "como", "else"))


def _asks(opener: str) -> bool:
    return f"{fold(opener)} ".startswith(
        (
            "can i ",
            "should i ",
            "do i ",
            "could i ",
            "shall i ",
            "is it ",
            "is this ",
            "is that ",
            "can you ",
            "could you ",
            "puedo",
            "debo",
            "dois",
            "puis",
            "est-ce",
            "faut",
        )
    )


def _hollow(text: str) -> bool:
    plain = _HELLO.sub("", fold(text).strip(" ?!¿¡.,-"))
    if plain in _EMPTY or any(words in plain for words in _RHETORIC):
        return True
    return plain.startswith(_GREETINGS) and len(plain.split()) <= 7


def _begin(text: str, start: int, end: int, places: list[int]) -> int:
    """Where the asking begins: after a statement that a comma or "and" joins to it."""
    if _CONDITION.match(text, start):
        return start
    for place in places:
        before = text[max(start, place - WINDOW) : place]
        if len(before.split()) <= 2:
            return start
        if _JOINS.search(before):
            return place - 1 if before.endswith("¿") else place
    return start
