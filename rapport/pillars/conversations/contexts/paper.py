"""Context of the page for paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rapport.people.paper import Sheet


@dataclass(frozen=True, slots=True)
class PaperLetter:
    """One letter on paper.

    role     code of the role of who wrote it, "" for the patient
    asked    the words of the questions that it answers
    files    names of what hangs on it: to be printed by themselves
    drafted  software wrote the draft, and who signs it checked it
    """

    rid: str
    by: str
    role: str
    at: datetime
    text: str
    language: str
    asked: tuple[str, ...]
    files: tuple[str, ...]
    drafted: bool


@dataclass(frozen=True, slots=True)
class PaperPage:
    """`paper.html`: letters to print. `posted`: the address stands on them.

    alone  one letter was asked for: a letter has no heading but its own
    """

    sheet: Sheet
    posted: bool
    conversation: str
    title: str
    alone: bool
    letters: tuple[PaperLetter, ...]
