"""What the pages of the shared list are given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.forms import Form
from django.utils.translation import gettext as _

from rapport.gate.actor import Actor
from rapport.people.portrait import short
from rapport.pillars.family.contexts.places import Place
from rapport.pillars.family.rules import todos as rules
from rapport.pillars.family.shapes.helping import Need
from rapport.pillars.family.shapes.todos import ToDo, side


@dataclass(frozen=True, slots=True)
class Line:
    """One thing of the list. who: who does it, "" where its heading says so; late: its day is past.

    talk  the conversation of a promise; help: it is a need that somebody took, of the help calendar
    """

    rid: str
    words: str
    who: str
    due: datetime | None
    late: bool
    talk: str = ""
    help: bool = False
    may_tick: bool = False
    may_drop: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """What one side does."""

    key: str
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class ListPage:
    """`todos.html`: the shared list, by who does it; what was done lately, folded away."""

    place: Place
    parts: tuple[Part, ...]
    done: tuple[Line, ...]
    may_plan: bool
    live: str
    live_state: str


@dataclass(frozen=True, slots=True)
class PlanPage:
    """`plan.html`: something to put on the list."""

    place: Place
    form: Form
    once: str
    trouble: str


def parts(
    todos: Iterable[ToDo], needs: Iterable[Need], place: Place, actor: Actor, now: datetime
) -> tuple[Part, ...]:
    """The list by sides: the patient's, the family's, the team's; each by what is due first."""
    found: dict[str, list[Line]] = {"patient": [], "family": [], "team": []}
    for one in todos:
        found[side(one.owner)].append(line(one, actor, now))
    for need in needs:
        if need.comes[0]:
            who = _("You") if need.comes[0] == actor.ref else short(need.comes[1])
            found["family"].append(Line(need.rid, need.words, who, need.begins, False, help=True))
    return tuple(Part(key, _title(key, place), _by_due(lines)) for key, lines in found.items())


def _by_due(lines: list[Line]) -> tuple[Line, ...]:
    return tuple(sorted(lines, key=lambda one: (one.due is None, one.due)))


def _title(key: str, place: Place) -> str:
    if key == "patient":
        return _("What I do") if place.own else _("What %(name)s does") % {"name": place.called}
    return _("What family and friends do") if key == "family" else _("What the team does")


def line(one: ToDo, actor: Actor, now: datetime) -> Line:
    """One thing as this reader sees it."""
    mine = one.owner[0] == actor.ref
    who: Any = "" if side(one.owner) == "patient" else _("You") if mine else one.owner[1]
    if side(one.owner) == "family" and not mine:
        who = short(one.owner[1])
    return Line(
        rid=one.rid,
        words=one.words,
        who=who,
        due=one.due,
        late=one.due is not None and one.due < now and one.state == "open",
        talk=one.talk,
        may_tick=rules.may_tick(one, actor.kind, actor.ref),
        may_drop=one.state == "open" and rules.may_drop(one, actor.kind, actor.ref),
    )
