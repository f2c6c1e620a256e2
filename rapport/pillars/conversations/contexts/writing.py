"""Contexts of the pages where people write."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rapport.people.alarms import Help
from rapport.people.asides import Paper
from rapport.people.hours import Span
from rapport.people.portrait import apart, short
from rapport.people.site import Site
from rapport.pillars.conversations.contexts import said
from rapport.pillars.conversations.contexts.coaching import CoachLine
from rapport.pillars.conversations.reading import ConversationLine, Face, TopicChoice
from rapport.ui import dates
from rapport.ui.roles import role_said

#: So many people are named in "Goes to …"; the others are counted.
NAMED = 3


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong with what was sent, and what to do next. The words stay on the page."""

    text: str
    next: str = ""


@dataclass(frozen=True, slots=True)
class TopicLine:
    """One topic: in plain words, who reads it, and when the full answer is there if it is sent now."""

    code: str
    label: str
    hint: str
    goes_to: str
    take_by: datetime
    answer_by: datetime
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class WritePage:
    """`write.html`: a new message, or more in a conversation (then there are no topics).

    chips    questions as `(number, words, was, kept)`; None before they were looked for
    spare    whether one empty line stands under them
    needs_kind  no question was seen: the person says whether it is one
    topic    the one that was chosen
    wait     the day until which it must be able to wait, for the safety notice
    lost_files  files were chosen on a page that was not sent: they must be chosen again
    help        where to get help now, when the words speak of danger
    """

    once: str
    place: str
    back: str
    title: str
    topics: tuple[TopicLine, ...]
    hours: str
    text: str
    chips: tuple[tuple[int, str, str, bool], ...] | None
    spare: bool
    needs_kind: bool
    kind: str
    topic: TopicLine | None
    wait: datetime | None
    trouble: Trouble | None
    wrong: tuple[str, ...]
    lost_files: bool
    conversation: str
    draft: bool
    help: Help | None = None


@dataclass(frozen=True, slots=True)
class StartPage:
    """`start.html`: staff begin a conversation with a patient.

    paper  why they may need it on paper; `on_paper`: that is ticked
    stop   what to think of before it goes
    """

    once: str
    place: str
    patient: Face
    called: str
    back: str
    topics: tuple[TopicLine, ...]
    title: str
    text: str
    paper: Paper | None
    on_paper: bool
    stop: tuple[CoachLine, ...]
    trouble: Trouble | None
    wrong: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecordPage:
    """`record.html`: staff write down a call or a talk, for people with or without an account.

    doubts  what speaks against calling them
    """

    once: str
    place: str
    patient: Face
    called: str
    back: str
    topics: tuple[TopicLine, ...]
    doubts: tuple[str, ...]
    conversations: tuple[ConversationLine, ...]
    values: dict[str, Any]
    trouble: Trouble | None
    wrong: tuple[str, ...]


def goes_to(choice: TopicChoice) -> str:
    """Who reads it: "Dr Mei Chen (GP) and Dara Okafor (nurse)", or the team where nobody is named yet."""
    first = choice.faces[:NAMED]
    names = [
        f"{apart(face.name)} ({role_said(face.role)})" if face.role else apart(face.name) for face in first
    ]
    more = len(choice.faces) - len(names)
    if more > 0:
        names.append(ngettext("%(n)s more", "%(n)s more", more) % {"n": more})
    return said.join(names) if names else choice.team.name


def topic_lines(choices: Iterable[TopicChoice], chosen: str) -> tuple[TopicLine, ...]:
    """The topics as lines; the only one is chosen by itself."""
    found = tuple(choices)
    return tuple(
        TopicLine(
            code=choice.code,
            label=choice.label,
            hint=choice.hint,
            goes_to=goes_to(choice),
            take_by=choice.take_by,
            answer_by=choice.answer_by,
            chosen=choice.code == chosen or len(found) == 1,
        )
        for choice in found
    )


def first_name(face: Face) -> str:
    """What one calls a patient."""
    return short(face.name)


def open_hours(site: Site) -> str:
    """When the clinic is open: "Monday to Friday, 8 am to 5 pm; Saturday, 9 am to 12 noon"."""
    runs: list[tuple[int, int, tuple[Span, ...]]] = []
    for number in range(7):
        spans = tuple(site.hours.get(number, ()))
        if runs and runs[-1][2] == spans and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number, spans)
        elif spans:
            runs.append((number, number, spans))
    return "; ".join(_run(first, last, spans) for first, last, spans in runs)


def _run(first: int, last: int, spans: tuple[Span, ...]) -> str:
    monday = date(2024, 1, 1)
    days = [dates.weekday(monday + timedelta(days=number)) for number in (first, last)]
    named = days[0] if first == last else _("%(first)s to %(last)s") % {"first": days[0], "last": days[1]}
    hours = (
        _("%(from)s to %(to)s") % {"from": _clock(opens), "to": _clock(closes)} for opens, closes in spans
    )
    return f"{named}, {said.join(list(hours))}"


def _clock(at: time) -> str:
    return dates.clock(datetime.combine(date(2024, 1, 1), at))
