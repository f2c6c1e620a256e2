"""What is heard in a message. Every finding carries the words that caused it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Label = Literal[
    "fear_worry",
    "sadness_grief",
    "anger_frustration",
    "confusion",
    "relief_gratitude",
    "hope",
    "loneliness",
]
Strength = Literal["low", "medium", "high"]
Level = Literal["emergency", "urgent", "self_harm"]
Channel = Literal["alert", "second_look"]
Status = Literal[
    "present",
    "negated",
    "past",
    "settled",
    "other person",
    "hypothetical",
    "read or quoted",
    "figurative",
]

LABELS: tuple[Label, ...] = get_args(Label)


@dataclass(frozen=True, slots=True)
class Span:
    """Words of a text: `text` is what stands from `start` to `end` (characters, end not included)."""

    start: int
    end: int
    text: str

    @classmethod
    def of(cls, text: str, start: int, end: int) -> Span:
        """The span of `text` between two places, without space at its edges."""
        start, end = max(0, start), min(len(text), end)
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        return cls(start, end, text[start:end])


@dataclass(frozen=True, slots=True)
class Feeling:
    """A feeling and the words that show it; no feeling at all means neutral."""

    label: Label
    strength: Strength
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class RedFlag:
    """A danger that the words speak of.

    `status` says how they speak of it: only `present` asks for action, the others are shown with
    their reason. `rule` names the grammar that found it, `why` says it in a short sentence.
    """

    level: Level
    channel: Channel
    kind: str
    status: Status
    span: Span
    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard in one message.

    `language` is an ISO 639-1 code, or `und`. `level` is the highest present level of the alert
    channel. `reading_grade` is a school grade (years) or None. `unread` holds what could not be read,
    because of its language or script: a person has to read it.
    """

    language: str
    feelings: tuple[Feeling, ...]
    questions: tuple[Span, ...]
    concerns: tuple[Span, ...]
    red_flags: tuple[RedFlag, ...]
    level: Level | Literal["none"]
    reading_grade: float | None
    unread: tuple[Span, ...]
