"""What the templates of goals are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.forms import Form
from django.utils.translation import gettext_lazy as _

from rapport.people.fits import Misfit
from rapport.people.paper import Sheet
from rapport.people.portrait import Person
from rapport.pillars.plans.reading.days import Line
from rapport.pillars.plans.reading.plans import Template
from rapport.pillars.plans.reading.supplies import Medicine
from rapport.pillars.plans.shapes.careplans import Activity, PlanFacts
from rapport.pillars.plans.shapes.days import Told
from rapport.pillars.plans.shapes.goals import GoalFacts
from rapport.ui.charts import Cell, LineChart

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
class ActivityLine:
    """An activity as a reader sees it; `because`: the words of each goal and entry it serves, and whether
    they are the person's (a goal that was only proposed is not)."""

    activity: Activity
    because: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A plan as a reader sees it: who made it, what it asks for, what of it goes against their words."""

    plan: PlanFacts
    by: str
    lines: tuple[ActivityLine, ...]
    against: tuple[Misfit, ...]


@dataclass(frozen=True, slots=True)
class PartLine:
    """A part of a template to adapt: whether it stays, and what it may be good for (value, words, here)."""

    key: str
    words: str
    kept: bool
    aims: tuple[tuple[str, Any, bool], ...] = ()

    @property
    def keep(self) -> str:
        """The name of the box that keeps it."""
        return f"keep-{self.key}"


@dataclass(frozen=True, slots=True)
class TemplatesPage:
    """`templates.html`: what plans may be made of."""

    person: Person
    called: str
    templates: tuple[Template, ...]


@dataclass(frozen=True, slots=True)
class ApplyPage:
    """`apply.html`: what a template would become for somebody, to adapt and propose."""

    person: Person
    called: str
    title: str
    purpose: str
    version: str
    goals: tuple[PartLine, ...]
    activities: tuple[PartLine, ...]
    against: tuple[Misfit, ...]
    form: Form
    once: str
    trouble: str
    own: bool = False
    staff: bool = True


@dataclass(frozen=True, slots=True)
class GoalsPage:
    """`goals.html`: proposals, what goes on, the plans, what is over.

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
    plans: tuple[PlanLine, ...]
    moved: float | None


@dataclass(frozen=True, slots=True)
class PaperPage:
    """`paper.html`: goals and plans to print. `posted`: the address stands on it."""

    sheet: Sheet
    posted: bool
    goals: tuple[GoalLine, ...]
    plans: tuple[PlanLine, ...]


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
    """`why.html`: declining or ending a goal, or an activity otherwise or not at all; `words` of it."""

    person: Person
    own: bool
    words: str
    verb: str
    form: Form
    trouble: str


@dataclass(frozen=True, slots=True)
class TodayLine:
    """One thing on the list: "done", "missed", "open" or "late" (its time was some hours ago); how what got
    in the way is said, what may help, and who ticked it for them ("" for none)."""

    line: Line
    state: str
    barrier: Any = ""
    help: Any = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class CounterPage:
    """`counter.html`: what somebody would like instead of an activity, for staff to answer."""

    person: Person
    called: str
    activity: Activity
    form: Form
    trouble: str


@dataclass(frozen=True, slots=True)
class TodayPage:
    """`today.html`: the list of a day; `helps`: the person lets the reader tick things off."""

    person: Person
    called: str
    own: bool
    staff: bool
    helps: bool
    shared: bool
    day: date
    today: bool
    earlier: date | None
    later: date | None
    lines: tuple[TodayLine, ...]
    untimed: int


@dataclass(frozen=True, slots=True)
class MissedPage:
    """`missed.html`: what got in the way of one thing."""

    person: Person
    words: str
    form: Form
    trouble: str


@dataclass(frozen=True, slots=True)
class TimesPage:
    """`times.html`: when each thing is wanted: its field, words, how, what is written, whether it reads."""

    person: Person
    rows: tuple[tuple[str, str, str, str, bool], ...]
    own: tuple[tuple[int, str, str, bool], ...]
    remind: bool
    helping: tuple[tuple[str, str, bool], ...]
    trouble: bool


@dataclass(frozen=True, slots=True)
class BarriersPage:
    """`barriers.html`: what got in people's way: the fact, how it is said, the person's name."""

    told: tuple[tuple[Told, Any, str], ...]


@dataclass(frozen=True, slots=True)
class SeriesChart:
    """Readings as a drawing: what, the unit, what is aimed at in words, the line, its title's id."""

    id: str
    words: str
    unit: str
    aim: str
    chart: LineChart


@dataclass(frozen=True, slots=True)
class ProgressChart:
    """A goal over time: its words, the line from -2 to 2, each day with how far one had come in words."""

    id: str
    words: str
    chart: LineChart
    rows: tuple[tuple[date, Any], ...]


@dataclass(frozen=True, slots=True)
class ChartsPage:
    """`charts.html`: goals and readings over time."""

    person: Person
    called: str
    own: bool
    staff: bool
    shared: bool
    goals: tuple[ProgressChart, ...]
    series: tuple[SeriesChart, ...]


@dataclass(frozen=True, slots=True)
class SupplyLine:
    """A medicine and how many days it was at hand.

    pdc, mpr  in hundredths, rounded down (mpr at most 100), None where there is no measure
    enough    whether the proportion, not rounded, is 0.8 or more
    cells     the calendar of the last weeks; `weeks`: each Monday, days at hand, days that count
    """

    id: str
    medicine: Medicine
    pdc: int | None
    mpr: int | None
    enough: bool
    cells: tuple[Cell, ...]
    weeks: tuple[tuple[date, int, int], ...]


@dataclass(frozen=True, slots=True)
class AdherencePage:
    """`adherence.html`: what was handed out, for staff."""

    person: Person
    called: str
    shared: bool
    lines: tuple[SupplyLine, ...]
    width: int
    height: int
