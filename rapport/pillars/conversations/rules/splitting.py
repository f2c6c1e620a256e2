"""Seeing the questions in a message, so that the person can confirm or change them. Pure and simple."""

from __future__ import annotations

import re

#: At most so many are proposed; the person can add more.
MOST = 8

# A sentence ends at . ! ? … or a line's end; a question mark inside quotes or brackets closes with them.
_SENTENCE = re.compile(r"[^.!?…\n]*(?:[.!?…]+[»”\"')\]]*|\n|$)")
_ABBREVIATION = re.compile(
    r"(?:^|\s)(?:\w|dr|mr|mrs|ms|st|sr|sra|dra|mme|mlle|vs|etc|e\.g|i\.e|p\.ex)\.$", re.IGNORECASE
)


def sentences(text: str) -> list[str]:
    """The sentences of a text; abbreviations and decimals do not end one."""
    found: list[str] = []
    pending = ""
    for part in _SENTENCE.findall(text):
        pending += part
        if not pending.endswith("\n") and _goes_on(pending, text):
            continue
        if pending.strip():
            found.append(pending.strip())
        pending = ""
    if pending.strip():
        found.append(pending.strip())
    return found


def _goes_on(pending: str, text: str) -> bool:
    """Whether the full stop at the end of `pending` belongs to an abbreviation or a number."""
    if not pending.endswith("."):
        return False
    if _ABBREVIATION.search(pending):
        return True
    place = text.find(pending) + len(pending)
    return pending[-2:-1].isdigit() and text[place : place + 1].isdigit()


def suggest(text: str, language: str = "") -> tuple[str, ...]:
    """The questions in a text: sentences that end in a question mark, in the person's own words.

    Spanish: what comes before “¿” is left out when it is a run-in (“Doctora, ¿puedo volar?” keeps the
    question). `language` is taken for later; the marks decide. No question gives no suggestion.
    """
    found: list[str] = []
    for sentence in sentences(text):
        ending = sentence.rstrip("»”\"')] ")
        if "?" not in ending[len(ending.rstrip(".!?…")) :]:
            continue
        words = _own_words(sentence)
        if words and words.casefold() not in (seen.casefold() for seen in found):
            found.append(words)
    return tuple(found[:MOST])


def _own_words(sentence: str) -> str:
    start = sentence.find("¿")
    words = sentence[start:] if start >= 0 else sentence
    words = " ".join(words.split()).lstrip("-–—•*·» “\"'")
    return words if any(letter.isalpha() for letter in words) else ""
