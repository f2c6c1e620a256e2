"""What a writer might add or change, in order: safety, dismissal, questions, feeling, plain words."""

from __future__ import annotations

from dataclasses import replace

from rapport.listening.advice import Advice, Suggestion
from rapport.listening.heard import Heard

HARD_GRADE = 9.0
_NAMES = {
    "fear_worry": "worry",
    "sadness_grief": "sadness",
    "anger_frustration": "frustration",
    "confusion": "confusion",
    "relief_gratitude": "relief or thanks",
    "hope": "hope",
    "loneliness": "loneliness",
}
_WEIGHT = {"high": 0, "medium": 1, "low": 2}


def suggestions(advice: Advice, heard: Heard) -> Advice:
    """The advice with its suggestions: one short line each, the most pressing first."""
    lines = [
        *_safety(advice, heard),
        *_tone(advice),
        *_open_questions(advice),
        *_feeling(advice, heard),
        *_plain(advice),
        *_bond(advice),
    ]
    return replace(advice, suggestions=tuple(lines))


def _safety(advice: Advice, heard: Heard) -> list[Suggestion]:
    if advice.safety_advice is None or advice.safety_advice:
        return []
    flag = next(flag for flag in heard.red_flags if flag.status == "present")
    return [
        Suggestion(
            "safety",
            f"The message may speak of danger ({flag.why}): say what to do now, and whom to call.",
            flag.span,
        )
    ]


def _tone(advice: Advice) -> list[Suggestion]:
    return [
        Suggestion(
            "dismissive",
            f"“{span.text}” may sound like brushing the worry aside: could you say what you know instead?",
            span,
        )
        for span in advice.dismissive.spans[:1]
    ]


def _open_questions(advice: Advice) -> list[Suggestion]:
    return [
        Suggestion("question", f"No answer seen to: “{asked.question.text}”", asked.question)
        for asked in advice.questions
        if asked.seen == "not seen"
    ]


def _feeling(advice: Advice, heard: Heard) -> list[Suggestion]:
    if advice.acknowledges_feeling or not heard.feelings:
        return []
    strongest = min(heard.feelings, key=lambda feeling: _WEIGHT[feeling.strength])
    return [
        Suggestion(
            "feeling",
            f"The message shows {_NAMES[strongest.label]}: a few words that name it may help.",
            strongest.spans[0],
        )
    ]


def _plain(advice: Advice) -> list[Suggestion]:
    lines = [
        Suggestion(
            "jargon",
            f"“{term.span.text}”: perhaps “{term.plain}”?"
            if term.plain
            else f"“{term.span.text}” may need plain words.",
            term.span,
        )
        for term in advice.jargon
    ]
    if advice.reading_grade is not None and advice.reading_grade > HARD_GRADE:
        lines.append(
            Suggestion(
                "grade",
                f"This reads at about school year {advice.reading_grade:.0f}: shorter sentences would help.",
            )
        )
    return lines


def _bond(advice: Advice) -> list[Suggestion]:
    if advice.invites_contact:
        return []
    return [Suggestion("contact", "You could say how to come back to you if things change.")]
