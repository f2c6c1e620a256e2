"""What the pages of updates are given."""

from __future__ import annotations

from dataclasses import dataclass

from django.forms import Form

from rapport.pillars.family.contexts.places import Place
from rapport.pillars.family.shapes.news import Update


@dataclass(frozen=True, slots=True)
class NewsPage:
    """`news.html`: what the team wrote, the latest first: (update, whether the reader may take it back).

    reads  who of the circle reads it, for the patient and the team; None for the circle
    """

    place: Place
    updates: tuple[tuple[Update, bool], ...]
    reads: tuple[str, ...] | None
    may_write: bool
    live: str
    live_state: str


@dataclass(frozen=True, slots=True)
class ReportPage:
    """`report.html`: writing to the family. hard: terms with plainer words; heavy: it reads hard."""

    place: Place
    form: Form
    once: str
    reads: tuple[str, ...]
    trouble: str
    hard: tuple[tuple[str, str], ...]
    heavy: bool
