"""What a writer might add or change, in order: safety, dismissal, questions, feeling, plain words."""

from __future__ import annotations

from dataclasses import replace

from rapport.listening.advice import Advice, Suggestion
from rapport.listening.heard import Heard
from rapport.listening.reader import explain, table

HARD_GRADE = 9.0
_WEIGHT = {"high": 0, "medium": 1, "low": 2}


def suggestions(advice: Advice, heard: Heard, reader: str) -> Advice:
    """The advice with its suggestions in the reader's language, the most pressing first."""
    lines = [
        *_safety(advice, heard, reader),
        *_tone(advice, reader),
        *_open_questions(advice, reader),
        *_feeling(advice, heard, reader),
        *_plain(advice, reader),
        *_bond(advice, reader),
    ]
    return replace(advice, suggestions=tuple(lines))


def line(name: str, reader: str, **words: str) -> str:
    """One line in the reader's language."""
    return table(reader)["lines"][name].format(**words)


def _safety(advice: Advice, heard: Heard, reader: str) -> list[Suggestion]:
    if advice.safety_advice is None or advice.safety_advice:
        return []
    flag = next(flag for flag in heard.red_flags if flag.status == "present")
    return [Suggestion("safety", line("safety", reader, why=explain(flag, reader)), flag.span)]


def _tone(advice: Advice, reader: str) -> list[Suggestion]:
    return [
        Suggestion("dismissive", line("dismissive", reader, words=span.text), span)
        for span in advice.dismissive.spans[:1]
    ]


def _open_questions(advice: Advice, reader: str) -> list[Suggestion]:
    return [
        Suggestion("question", line("question", reader, words=asked.question.text), asked.question)
        for asked in advice.questions
        if asked.seen == "not seen"
    ]


def _feeling(advice: Advice, heard: Heard, reader: str) -> list[Suggestion]:
    if advice.acknowledges_feeling or not heard.feelings:
        return []
    strongest = min(heard.feelings, key=lambda feeling: _WEIGHT[feeling.strength])
    name = table(reader)["feelings"][strongest.label]
    return [Suggestion("feeling", line("feeling", reader, feeling=name), strongest.spans[0])]


def _plain(advice: Advice, reader: str) -> list[Suggestion]:
    lines = [
        Suggestion(
            "jargon",
            line(
                "jargon" if term.plain else "jargon_unknown", reader, words=term.span.text, plain=term.plain
            ),
            term.span,
        )
        for term in advice.jargon
    ]
    if advice.reading_grade is not None and advice.reading_grade > HARD_GRADE:
        lines.append(Suggestion("grade", line("grade", reader, grade=f"{advice.reading_grade:.0f}")))
    return lines


def _bond(advice: Advice, reader: str) -> list[Suggestion]:
    return [] if advice.invites_contact else [Suggestion("contact", line("contact", reader))]
