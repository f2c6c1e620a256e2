"""What the coach says of a draft reply. Nothing of it is stored about a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rapport.listening.heard import Span

Seen = Literal["answered", "perhaps", "not seen"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether the reply does something, and the words that show it. True when it does."""

    found: bool
    spans: tuple[Span, ...] = ()

    def __bool__(self) -> bool:
        return self.found


@dataclass(frozen=True, slots=True)
class Answered:
    """A question of the message, and whether an answer was seen in the reply (`by` its words)."""

    question: Span
    seen: Seen
    by: Span | None = None


@dataclass(frozen=True, slots=True)
class Jargon:
    """A hard term of the reply; `plain` is a plain wording, or empty where none is known."""

    span: Span
    plain: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One line for the writer; `code` names its kind, `span` the words it speaks of, if any."""

    code: str
    text: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """What was seen in a draft reply, beside the message it answers.

    `safety_advice` is None unless the message holds a present red flag. `suggestions` stand in order:
    a red flag without act-now advice comes before anything else.
    """

    language: str
    acknowledges_feeling: Finding
    validates: Finding
    open_question: Finding
    invites_contact: Finding
    dismissive: Finding
    reflection: Finding
    safety_advice: Finding | None
    questions: tuple[Answered, ...]
    jargon: tuple[Jargon, ...]
    reading_grade: float | None
    suggestions: tuple[Suggestion, ...]
