"""Contexts of the small pages of verbs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.forms import Form

from rapport.pillars.conversations.contexts.talking import QuestionLine
from rapport.pillars.conversations.contexts.writing import Trouble
from rapport.pillars.conversations.reading import Letter, LetterVersion, Promise, Undelivered


@dataclass(frozen=True, slots=True)
class WorkedOn:
    """What a verb is about: one of these, or none for the whole conversation."""

    question: QuestionLine | None = None
    letter: Letter | None = None
    promise: Promise | None = None


@dataclass(frozen=True, slots=True)
class ActPage:
    """`act.html`: one form, one button. `name` and `rid` say what it works on."""

    title: Any
    hint: Any
    button: Any
    form: Form
    about: WorkedOn
    name: str
    rid: str
    once: str
    place: str
    conversation: str
    heading: str
    trouble: Trouble | None


@dataclass(frozen=True, slots=True)
class VersionsPage:
    """`versions.html`: how a letter read before, first wording first."""

    conversation: str
    heading: str
    letter: Letter
    versions: tuple[LetterVersion, ...]


@dataclass(frozen=True, slots=True)
class SettlePage:
    """`settle.html`: a notice that did not reach its person, and what was done instead."""

    task: str
    lost: Undelivered
    why: str
    form: Form
    trouble: Trouble | None
