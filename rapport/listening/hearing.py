"""Reads one message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rapport.listening import head
from rapport.listening.concerns import concerns
from rapport.listening.context import Contexts
from rapport.listening.dangers import RANK, highest, red_flags
from rapport.listening.feelings import apart, feelings, gather
from rapport.listening.grades import grade
from rapport.listening.grammar import Finder
from rapport.listening.heard import Heard, Label, RedFlag, Span, Status, Strength
from rapport.listening.languages import identify, to_read
from rapport.listening.packs import LANGUAGES, pack, search
from rapport.listening.questions import questions
from rapport.listening.second_look import Sight, look
from rapport.listening.words import sentences, veil

Sign = tuple[Label, Strength, Span]


@dataclass(frozen=True, slots=True)
class _Part:
    """What the grammars of one language found."""

    signs: list[Sign]
    asked: list[Span]
    troubles: list[Span]
    flags: list[RedFlag]


def listen(text: str, language: str | None = None) -> Heard:
    """What a message says: its feelings, questions, concerns and red flags, each with its words.

    `language` (ISO 639-1) says in which language it is written, where that is known; a text that
    mixes languages is read in each of English, Spanish and French that it holds. A text in any other
    language is named and left to a person: nothing is read into it.
    """
    main = _main(text, language)
    parts = [_read(text, each) for each in to_read(text, main)]
    flags = _merge([flag for part in parts for flag in part.flags])
    return Heard(
        language=main,
        feelings=gather(sign for part in parts for sign in part.signs),
        questions=tuple(apart(span for part in parts for span in part.asked)),
        concerns=tuple(apart(span for part in parts for span in part.troubles)),
        red_flags=tuple(flags),
        level=highest(flags) or "none",
        reading_grade=grade(text, main),
        unread=tuple(_unread(text, main)),
    )


def _main(text: str, language: str | None) -> str:
    """The language said, unless the text plainly is in another one."""
    seen = identify(text)
    said = (language or "").lower().replace("_", "-").split("-")[0]
    if not said or (seen not in (said, "und") and len(text) > 40):
        return seen
    return said


def _read(text: str, language: str) -> _Part:
    own = pack(language)
    words = own.split(text)
    hits = own.lexicon.find(words)
    finder = Finder(words, hits)
    contexts = Contexts(words, search(own.contexts, finder), own.manners.turns)
    asking = search(own.asking, finder)
    felt = search(own.feelings, finder)
    flags = red_flags(words, search(own.dangers, finder), contexts)
    if not any(flag.status == "present" for flag in flags):
        flags += look(Sight.of(words, own, hits, contexts, [*felt, *asking]))
    signs = feelings(words, felt, contexts)
    if (
        language == "en"
        and not signs
        and not flags
        and not any(each.means[0] in ("health", "symptom") for each in asking)
    ):
        signs += head.signs(veil(text), several=len(sentences(text)) > 1 and text.rstrip().endswith("?"))
    asked = questions(words, asking, own.openers)
    troubles = concerns(words, asking, flags, asked, contexts)
    return _Part(signs, asked, troubles, flags)


def _merge(flags: Sequence[RedFlag]) -> list[RedFlag]:
    """Flags of several languages: one for each kind and status, alerts first."""
    kept: dict[tuple[str, Status], RedFlag] = {}
    for flag in sorted(flags, key=lambda f: (f.channel != "alert", -RANK[f.level], f.span.start)):
        kept.setdefault((flag.kind, flag.status), flag)
    return sorted(kept.values(), key=lambda flag: (flag.span.start, flag.rule, flag.status))


def _unread(text: str, main: str) -> list[Span]:
    """Sentences in a language or script that no grammar reads."""
    if main not in LANGUAGES:
        return [Span.of(text, 0, len(text))] if text.strip() else []
    found = []
    for start, end in sentences(text):
        piece = text[start:end]
        if piece.isascii() or end - start < 12:
            continue
        if identify(piece) not in (*LANGUAGES, "und"):
            found.append(Span.of(text, start, end))
    return found
