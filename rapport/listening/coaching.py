"""Reads a draft reply beside the message it answers. It proposes; it never writes the reply."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rapport.listening.advice import Advice, Finding, Suggestion
from rapport.listening.answers import answers
from rapport.listening.feelings import apart
from rapport.listening.grades import grade
from rapport.listening.grammar import Finder
from rapport.listening.heard import Heard, Span
from rapport.listening.hearing import listen
from rapport.listening.jargon import jargon
from rapport.listening.languages import identify
from rapport.listening.packs import LANGUAGES, Found, pack, search
from rapport.listening.suggestions import line, suggestions
from rapport.listening.words import Words, sentences

_MINIMISES = re.compile(
    r"\b(?:sounds like|probably|just|only|nothing|keep an eye|monitor|wait and see|see how|solo|seguramente"
    r"|juste|sans doute|rien)\b",
    re.IGNORECASE,
)
_TELLING = re.compile(
    r"(?:tell|help|talk|walk|describe|i'd|i would|i wonder|in your|would you|could you|can you|like|love|want"
    r"|cu[eé]nt|d[ií]ga|h[aá]b|me gust|expl|quiere|puede|parlez|racontez|dites|j'aim|d[eé]cri)",
    re.IGNORECASE,
)
_TO_YOU = re.compile(
    r"\b(?:you|your|you're|many|people|anyone|women|men|usted|su|le|vous|votre|is a|sounds)\b"
)
_DENIED = re.compile(r"\b(?:nothing|no need|not|don't|never|nada|no|rien|pas)\b")
NONE = Finding(False)
SHORT = 60


def coach(reply: str, message: str, reader: str = "en") -> Advice:
    """What a draft reply does and leaves undone, with suggestions in order of weight.

    Findings are about the text alone. In a language without grammars nothing is found, and the one
    suggestion is that a person who reads it should look. `reader` is the language (ISO 639-1) of the
    suggestions: English, Spanish or French; English for any other.
    """
    heard = listen(message)
    language = _language(reply, heard)
    if language not in LANGUAGES:
        return _unread(language, reader)
    own = pack(language)
    words = own.split(reply)
    lexicon, book = own.replies
    found = search(book, Finder(words, lexicon.find(words)))
    spans = {
        name: _spans(words, found, name)
        for name in ("acknowledges", "validates", "invites", "reflects", "act_now", "act_soon")
    }
    safety = _safety(heard, spans)
    dismissed = _finding(_dismisses(words, found, reply, safety))
    advice = Advice(
        language=language,
        acknowledges_feeling=_finding([*spans["acknowledges"], *_named(words, own.feelings, found, heard)]),
        validates=_finding(spans["validates"]),
        open_question=_finding(_open(words, found)),
        invites_contact=_finding(spans["invites"]),
        dismissive=dismissed,
        reflection=_finding(spans["reflects"]),
        safety_advice=safety,
        questions=answers(heard.questions, reply, language, bool(dismissed)),
        jargon=jargon(reply, message, language),
        reading_grade=grade(reply, language),
        suggestions=(),
    )
    return suggestions(advice, heard, reader)


def _safety(heard: Heard, spans: dict[str, list[Span]]) -> Finding | None:
    """Advice to act now; a day and a time is enough where the danger is urgent but no emergency."""
    levels = {flag.level for flag in heard.red_flags if flag.status == "present"}
    if not levels:
        return None
    return _finding([*spans["act_now"], *(spans["act_soon"] if levels == {"urgent"} else ())])


def _language(reply: str, heard: Heard) -> str:
    """The language of the reply; a few words alone are taken to be in that of the message."""
    if len(reply) < SHORT and heard.language in LANGUAGES:
        return heard.language
    seen = identify(reply)
    unsure = seen == "und" or (seen not in LANGUAGES and len(reply) < SHORT)
    return heard.language if unsure else seen


def _unread(language: str, reader: str) -> Advice:
    """Nothing found: the reply is in a language that has no grammars here."""
    unread = Suggestion("unread", line("unread", reader))
    return Advice(language, NONE, NONE, NONE, NONE, NONE, NONE, None, (), (), None, (unread,))


def _finding(spans: Iterable[Span]) -> Finding:
    kept = tuple(apart(spans))
    return Finding(bool(kept), kept)


def _spans(words: Words, found: Iterable[Found], name: str) -> list[Span]:
    return apart(_span(words, each) for each in found if each.means[0] == name)


def _span(words: Words, each: Found) -> Span:
    return Span.of(words.text, words.starts[each.first], words.ends[each.last])


def _named(words: Words, book: object, found: Sequence[Found], heard: Heard) -> list[Span]:
    """The writer's own word for a feeling, said back to them ("hollow is a word that ...")."""
    shown = [span.text.lower() for feeling in heard.feelings for span in feeling.spans]
    reply = words.text.lower()
    named = []
    for text in shown:
        for word in re.findall(r"[^\W\d_]{5,}", text):
            place = reply.find(word[: max(5, len(word) - 2)])
            if place >= 0 and word not in _PLAIN and _TO_YOU.search(_around(reply, place)):
                named.append(Span.of(words.text, place, place + len(word)))
    return named


_PLAIN = frozenset(
    (
        *("thank", "thanks", "worked", "being", "about", "there", "since", "their", "nobody"),
        *("really", "never", "again", "every", "other", "could", "would", "still"),
    )
)


def _around(reply: str, place: int) -> str:
    """The sentence of a place, or nothing where the place is denied ("nothing to be scared of")."""
    start, end = next(((a, b) for a, b in sentences(reply) if a <= place < b), (place, place))
    return "" if _DENIED.search(reply[start:place]) else reply[start:end]


def _open(words: Words, found: Sequence[Found]) -> list[Span]:
    """Questions that let the writer tell; "what is your weight?" does not."""
    shut = [_span(words, each) for each in found if each.means[0] == "closed"]
    told = []
    for span in (_span(words, each) for each in found if each.means[0] == "open"):
        bounds = next(
            ((a, b) for a, b in sentences(words.text) if a <= span.start < b), (span.start, span.end)
        )
        asks = words.text[bounds[0] : bounds[1]].rstrip().endswith("?")
        invited = _TELLING.match(words.text[span.start : span.end])
        first = span.start - bounds[0] < 25
        if ((asks and first) or invited) and not any(bounds[0] <= s.start < bounds[1] for s in shut):
            told.append(Span.of(words.text, *bounds))
    return apart(told)


def _dismisses(words: Words, found: Sequence[Found], reply: str, safety: Finding | None) -> list[Span]:
    """Words that brush a worry aside; beside a danger without advice, words that make it small."""
    spans = _spans(words, found, "dismisses")
    if safety is not None and not safety:
        spans += [Span.of(reply, small.start(), small.end()) for small in _MINIMISES.finditer(reply)]
    return spans
