"""What the pages of family meetings are given."""

from __future__ import annotations

from dataclasses import dataclass

from django.forms import Form

from rapport.pillars.family.contexts.places import Place
from rapport.pillars.family.contexts.todos import Line
from rapport.pillars.family.reading.meetings import Planned, Whole


@dataclass(frozen=True, slots=True)
class MeetingsPage:
    """`meetings.html`: what is planned, then what was."""

    place: Place
    planned: tuple[Planned, ...]
    over: tuple[Planned, ...]
    may_call: bool


@dataclass(frozen=True, slots=True)
class MeetingPage:
    """`meeting.html`: one meeting, what each brings, and what came of it.

    guests    who comes: names;  todo: what was to be done after it
    readers   who of the circle reads the summary, for the patient and the team; None for the circle
    """

    place: Place
    whole: Whole
    guests: tuple[str, ...]
    todo: tuple[Line, ...]
    readers: tuple[str, ...] | None
    form: Form | None
    once: str
    may_sum_up: bool


@dataclass(frozen=True, slots=True)
class CallPage:
    """`call.html`: asking people to a meeting."""

    place: Place
    form: Form
    once: str
    trouble: str


@dataclass(frozen=True, slots=True)
class SumUpPage:
    """`sum_up.html`: what came of a meeting."""

    place: Place
    whole: Whole
    form: Form
    trouble: str
