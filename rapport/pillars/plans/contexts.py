"""What the templates of goals are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.forms import Form
from django.utils.translation import gettext_lazy as _

from rapport.people.fits import Misfit
from rapport.people.portrait import Person
from rapport.pillars.plans.shapes import GoalFacts

#: How far one has come, in the person's words, from the least to the most.
LEVELS: Final[Mapping[int, Any]] = {
    -2: _("Much less than I hoped"),
    -1: _("A little less"),
    0: _("What I hoped"),
    1: _("A little more"),
    2: _("Much more than I hoped"),
}


@dataclass(frozen=True, slots=True)
class GoalLine:
    """A goal as a reader sees it.

    by      who said it, "" for the person
    level   how far one has come, in words, None before anybody said
    against  what of it goes against the person's words
    levels  the answers to "how far have you come", least first: value, words, whether it is this one
    """

    goal: GoalFacts
    by: str
    level: Any
    levels: tuple[tuple[int, Any, bool], ...]
    against: tuple[Misfit, ...] = ()


@dataclass(frozen=True, slots=True)
class GoalsPage:
    """`goals.html`: proposals, what goes on, what is over.

    moved  the T-score of the goals that were judged, for staff (50: as hoped); None where undefined
    """

    person: Person
    called: str
    own: bool
    staff: bool
    shared: bool
    may_say: bool
    proposed: tuple[GoalLine, ...]
    active: tuple[GoalLine, ...]
    over: tuple[GoalLine, ...]
    moved: float | None


@dataclass(frozen=True, slots=True)
class SayPage:
    """`say.html`: a goal to say, or to propose; `against`: what of it goes against the person's words."""

    person: Person
    called: str
    own: bool
    form: Form
    once: str
    trouble: str
    staff: bool
    against: tuple[Misfit, ...]


@dataclass(frozen=True, slots=True)
class WhyPage:
    """`why.html`: declining or ending a goal, with words."""

    person: Person
    own: bool
    goal: GoalFacts
    verb: str
    form: Form
    trouble: str
