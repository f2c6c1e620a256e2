"""What the templates of hard news are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.forms import Form
from django.utils.translation import gettext_lazy as _

from rapport.people.errands import Errand
from rapport.people.portrait import Person
from rapport.pillars.hard_news.reading import Held
from rapport.pillars.hard_news.shapes import Answer, Wish

#: Kind of result → its heading, and what it takes in; in the order of the page.
KINDS: Final[Mapping[str, tuple[Any, Any]]] = {
    "any": (_("Results of tests"), _("All results that you say nothing else about below.")),
    "scans": (_("Scans and X-rays"), _("CT, MRI, ultrasound, X-ray and other pictures.")),
    "tissue": (_("Samples of tissue, and smears"), _("Biopsies and what was taken out in an operation.")),
    "genes": (_("Tests of genes"), _("They may say something about your family, too.")),
    "infections": (_("Tests for infections"), _("HIV, hepatitis, and infections passed on by sex.")),
}
WAYS: Final[Mapping[str, Any]] = {
    "call": _("Ring me"),
    "visit": _("Tell me face to face"),
    "message": _("Write to me first, in plain words"),
    "portal": _("I read it myself, at once"),
}
TIMES: Final[Mapping[str, Any]] = {
    "any": _("At any time of day"),
    "morning": _("In the morning"),
    "afternoon": _("In the afternoon"),
    "evening": _("In the evening"),
}
#: Kind of errand -> what its words are, where they are not the person's own.
WORDS: Final[Mapping[str, Any]] = {"family": _("To know"), "check-in": _("What they read about it")}
#: How it is since, as the person chooses it.
HOW: Final[Mapping[str, Any]] = {
    "well": _("I manage"),
    "mixed": _("Now so, now so"),
    "hard": _("It is very hard. Please ring me"),
    "danger": _("I am not safe, or I may hurt myself"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of result: its words, and the wish about it, None where nothing is said."""

    kind: str
    title: Any
    hint: Any
    wish: Wish | None
    way: Any
    time: Any
    by: str


@dataclass(frozen=True, slots=True)
class HearingPage:
    """`hearing.html`: how somebody wants to hear results.

    holds  whether results wait here at all; `days` at most
    """

    person: Person
    called: str
    own: bool
    staff: bool
    shared: bool
    may_write: bool
    holds: bool
    days: int
    said: tuple[Part, ...]
    open: tuple[Part, ...]
    calls: tuple[Errand, ...]
    form: Form


@dataclass(frozen=True, slots=True)
class WishPage:
    """`wish.html`: one kind, to choose about."""

    person: Person
    called: str
    own: bool
    part: Part
    form: Form
    holds: bool
    days: int
    trouble: str


@dataclass(frozen=True, slots=True)
class CallPage:
    """`call.html`: an errand of ours, for who does it.

    agreed  headings and words of what the person wished
    held    the results that wait, each with until when at most
    answer  what the person answered to a check-in; `how` in words
    doubts  what speaks against ringing or writing to them
    may_take, mine   somebody else has it and I may; I have it
    """

    person: Person
    called: str
    errand: Errand
    title: Any
    agreed: tuple[tuple[Any, str], ...]
    held: tuple[Held, ...]
    until: datetime | None
    answer: Answer | None
    how: Any
    doubts: tuple[str, ...]
    may_take: bool
    mine: bool
    form: Form
    trouble: str


@dataclass(frozen=True, slots=True)
class AnswerPage:
    """`answer.html`: a check-in, for whom it is about."""

    errand: Errand
    words: str
    answer: Answer | None
    how: Any
    form: Form
    trouble: str


@dataclass(frozen=True, slots=True)
class BereavementPage:
    """`bereavement.html`: somebody died, asked twice (`sure`: the second time), or to be undone (`over`).

    keeps  who of the circle goes on seeing what was shared
    """

    person: Person
    called: str
    over: bool
    form: Form
    sure: bool
    keeps: str
    trouble: str


def part(kind: str, wish: Wish | None, reader: str) -> Part:
    """One kind with its words; `by` is who wrote it down where that was neither the person nor the reader."""
    title, hint = KINDS[kind]
    way, time = (WAYS.get(wish.way, ""), TIMES.get(wish.time, "")) if wish else ("", "")
    by = wish.by_name if wish and wish.by not in (wish.patient, reader) else ""
    return Part(kind, title, hint, wish, way, time, by)


def agreed(errand: Errand) -> tuple[tuple[Any, str], ...]:
    """What was agreed about an errand: headings and words."""
    rows = (
        (_("About"), KINDS.get(errand.part("kind"), ("", ""))[0]),
        (_("How"), WAYS.get(errand.part("way"), "")),
        (_("When"), TIMES.get(errand.part("time"), "")),
        (_("With whom"), errand.part("beside")),
        (WORDS.get(errand.kind, _("In their words")), errand.part("words")),
    )
    return tuple((title, str(value)) for title, value in rows if value)
