"""Context of my day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from rapport.home.contexts.errands import ErrandLine
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
    left            how much of the day's own list is still open; None where nothing is on it
    more_waiting    how many other answers wait
    more_questions  how many more were asked than the page shows
    doing           what somebody does for the person by a time, as was agreed
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
    left: int | None
    questions: tuple[QuestionLine, ...]
    more_questions: int
    promises: tuple[tuple[Promise, Said], ...]
    doing: tuple[ErrandLine, ...]
    may_write: bool
    unsent: bool
    empty: bool
    live: str
    live_state: str
