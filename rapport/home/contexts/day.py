"""Context of my day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from rapport.pillars.conversations.contexts import QuestionLine
from rapport.pillars.conversations.contexts.said import Said
from rapport.pillars.conversations.reading import Concern, NewLetters, Promise


@dataclass(frozen=True, slots=True)
class Waiting:
    """The one answer that waits for a yes: who gave it, and the question in the person's words."""

    concern: Concern
    by: str
    called: str


@dataclass(frozen=True, slots=True)
class DayPage:
    """`day.html`: what waits for the person first, then what they asked, promises, and writing.

    new             conversations with letters not opened yet, and who wrote them
    checks          short questionnaires that wait: id and title
    more_waiting    how many other answers wait
    more_questions  how many more were asked than the page shows
    may_write       who reads may begin a conversation
    urgent          an open question is urgent: help stands first
    """

    greeting: str
    today: date
    waiting: Waiting | None
    more_waiting: int
    urgent: bool
    new: tuple[tuple[NewLetters, str], ...]
    checks: tuple[tuple[str, str], ...]
    questions: tuple[QuestionLine, ...]
    more_questions: int
    promises: tuple[tuple[Promise, Said], ...]
    may_write: bool
    unsent: bool
    empty: bool
    live: str
    live_state: str
