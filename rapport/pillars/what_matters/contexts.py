"""What the templates of what matters are given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.forms import Form
from django.utils.translation import gettext_lazy as _

from rapport.people.fits import Misfit
from rapport.people.portrait import Person
from rapport.pillars.what_matters.rules import entries as rules
from rapport.pillars.what_matters.shapes import Entry

#: Kind -> its heading for the person, for others, and what helps one to begin.
WORDS: Final[Mapping[str, tuple[Any, Any, Any]]] = {
    "important": (
        _("What is most important to me"),
        _("What is most important"),
        _("For example: being at home, staying clear in my head, seeing my grandchildren."),
    ),
    "people": (
        _("People who matter to me"),
        _("People who matter"),
        _("Who they are, and what part they have in your life. Animals count too."),
    ),
    "talk": (
        _("How to talk with me"),
        _("How to talk with them"),
        _("What to call you, which language, how much to say, numbers or pictures, sight and hearing."),
    ),
    "good-day": (_("A good day"), _("A good day"), _("What you do on it, and with whom.")),
    "worry": (
        _("What I worry about"),
        _("What they worry about"),
        _("Now, or about what may come. If you need an answer, write us a message."),
    ),
    "helps": (
        _("What helps when it gets too much"),
        _("What helps when it gets too much"),
        _("What calms you, whom you ring, what nobody should do then. You find it again under “Help now”."),
    ),
    "please": (
        _("Please do"),
        _("Please do"),
        _("For example: knock, say who you are, tell my daughter too."),
    ),
    "please-not": (
        _("Please don’t"),
        _("Please don’t"),
        _("For example: don’t take blood from my left arm, don’t ring before ten."),
    ),
    "willing": (
        _("Treatments I am willing to have"),
        _("Treatments they are willing to have"),
        _("Also those that are hard, if they get you something that matters to you."),
    ),
    "unwilling": (
        _("Treatments I do not want"),
        _("Treatments they do not want"),
        _("Say why if you like. You can change your mind at any time."),
    ),
    "wishes": (
        _("Wishes for later, and who speaks for me"),
        _("Wishes for later, and who speaks for them"),
        _("If you could not speak for yourself. Say where a signed paper is, if there is one."),
    ),
}


def summary(entries: Iterable[Entry]) -> tuple[tuple[Any, str], ...]:
    """What who cares for somebody reads first: headings and words, at most five lines."""
    return tuple((WORDS[one.kind][1], one.words) for one in rules.first_lines(entries))


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry as a reader sees it. `review`: to be asked whether it is still so; `by`: "" for themselves."""

    entry: Entry
    by: str
    review: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One heading of the page and what stands under it."""

    kind: str
    title: Any
    hint: Any
    lines: tuple[EntryLine, ...]


@dataclass(frozen=True, slots=True)
class MattersPage:
    """`matters.html`: all of it. `told` holds something, `open` does not yet; `own`: it is the reader's.

    against  what is planned and goes against what is said
    reach    how they want to be reached, as one line
    """

    person: Person
    called: str
    own: bool
    staff: bool
    shared: bool
    reach: str
    may_write: bool
    against: tuple[Misfit, ...]
    told: tuple[Part, ...]
    open: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class WritePage:
    """`write.html`: one entry, new (`entry` None) or to be changed."""

    person: Person
    called: str
    own: bool
    part: Part
    entry: Entry | None
    form: Form
    once: str
    trouble: str


@dataclass(frozen=True, slots=True)
class ReachPage:
    """`reach.html`: how somebody wants to be reached, to choose."""

    person: Person
    called: str
    own: bool
    form: Form


@dataclass(frozen=True, slots=True)
class BeforePage:
    """`before.html`: how an entry read before, the newest first."""

    person: Person
    own: bool
    part: Part
    versions: tuple[EntryLine, ...]


@dataclass(frozen=True, slots=True)
class GoOnPage:
    """`go_on.html`: why what goes against their words is still right."""

    person: Person
    called: str
    misfit: Misfit
    form: Form
