"""Seeing what a message asks and worries about, so that the person can confirm or change it. Pure."""

from __future__ import annotations

import re

from rapport.listening import Heard, Span, listen

#: The longest sentence that is taken whole.
LONGEST_SENTENCE = 160
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


#: How a question begins that does not belong to what was told before it.
_TURN = re.compile(
    r"\W*(?:also|another|one more|and also|by the way|separately|on another|además|también|otra|aparte"
    r"|aussi|et aussi|autre|une autre|sinon|par ailleurs)\b",
    re.IGNORECASE,
)

#: Words of a question that point back to what was told before it, or ask what to make of it.
_BACK = re.compile(
    r"\b(?:it|its|this|that|these|those|they|them|one|so|normal|serious|dangerous|worr\w+|should|ought|need|what"
    r"|why|help|come in|be seen"
    r"|eso|esto|ello|est[oae]s?|es|lo|la|los|las|normal|graves?|deb\w+|tengo que|qué|ayud\w+|preocup\w+"
    r"|ça|cela|ce|c'est|cette|le|la|les|en|y|normale?s?|graves?|dois|faut|devrais|que|quoi|pourquoi|aide\w*"
    r"|inqui\w+)\b",
    re.IGNORECASE,
)
#: Beginnings of words that name nothing.
_EVERYWHERE = frozenset(
    re.findall(
        r"\w+",
        "come talk send have been with from when will just very your more some does doing also still after"
        " since other there"
        " para este esta desde pero como cuand much pued mucho tengo pour dans mais depui quand plus tout"
        " avec avoir suis encor vraim",
    )
)


def suggest(text: str, language: str = "") -> tuple[str, ...]:
    """What a text asks, and the worries in it that no question takes up, in the person's own words.

    `language` where the words do not tell. A language that we do not read is taken by its question marks.
    Nothing asked and nothing that worries gives no suggestion.
    """
    heard = listen(text)
    if heard.language == "und" and language:
        heard = listen(text, language)
    if heard.language not in ("en", "es", "fr"):
        return _by_marks(text)
    spans = [*heard.questions, *(one for one in heard.concerns if _alone(one, heard, text))]
    found: dict[str, str] = {}
    for span in sorted(spans, key=lambda one: one.start):
        words = _own_words(span.text if span in heard.questions else _sentence_of(text, span))
        if words:
            found.setdefault(words.casefold(), words)
    return tuple(found.values())[:MOST]


def _sentence_of(text: str, span: Span) -> str:
    """The sentence in which a worry is told, where it is short enough to stand for it."""
    whole = next((one for one in sentences(text) if span.text in one), "")
    return whole if 0 < len(whole) <= LONGEST_SENTENCE else span.text


def _alone(concern: Span, heard: Heard, text: str) -> bool:
    """Whether no question of the same paragraph asks about this worry: it holds it, or follows at once."""
    for asked in heard.questions:
        if asked.start < concern.end and concern.start < asked.end:
            return False
        between = text[concern.end : asked.start] if asked.start >= concern.end else "\n\n"
        near = not re.search(r"\n\s*\n", between) and len(sentences(between)) <= 1
        if near and not _TURN.match(asked.text) and _takes_up(asked.text, concern.text):
            return False
    return True


def _takes_up(question: str, worry: str) -> bool:
    """Whether a question is about what was told just before: it points back, or names nothing else."""
    names = _named(question)
    return not names or bool(_BACK.search(question)) or bool(names & _named(worry))


def _named(text: str) -> set[str]:
    """The words of a text that name something, by their beginnings: a plural and its singular begin alike."""
    return {word[:5] for word in re.findall(r"[^\W\d_]{4,}", text.casefold())} - _EVERYWHERE


def _by_marks(text: str) -> tuple[str, ...]:
    """Sentences that end in a question mark, in the person's own words.

    Spanish: what comes before “¿” is left out when it is a run-in (“Doctora, ¿puedo volar?” keeps the
    question).
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
