"""What the pages of the help calendar are given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.forms import Form
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from rapport.gate.actor import Actor
from rapport.people.portrait import short
from rapport.pillars.family.contexts.places import Place
from rapport.pillars.family.rules import helping as rules
from rapport.pillars.family.shapes.helping import Need

#: What can be needed, as people say it.
WHATS: Mapping[str, Any] = {
    "ride": _("A ride"),
    "meal": _("A meal"),
    "company": _("Company"),
    "other": _("Something else"),
}


@dataclass(frozen=True, slots=True)
class NeedLine:
    """A need as a reader sees it. `you`: the reader comes; `by`: who wrote it down, "" for the patient."""

    need: Need
    what: Any
    comes: str
    you: bool
    by: str
    may_take: bool
    may_give_back: bool
    may_withdraw: bool


@dataclass(frozen=True, slots=True)
class HelpPage:
    """`help.html`: what is needed, by day; what is past, folded away.

    sees  who of the circle sees this page, for the patient; None for others
    """

    place: Place
    days: tuple[tuple[date, tuple[NeedLine, ...]], ...]
    past: tuple[NeedLine, ...]
    may_ask: bool
    sees: tuple[str, ...] | None
    live: str
    live_state: str


@dataclass(frozen=True, slots=True)
class AskPage:
    """`ask.html`: asking for something."""

    place: Place
    form: Form
    once: str
    trouble: str


def lines(needs: Iterable[Need], actor: Actor, now: datetime) -> tuple[NeedLine, ...]:
    """Needs as this reader sees them."""
    return tuple(_line(need, actor, now) for need in needs)


def _line(need: Need, actor: Actor, now: datetime) -> NeedLine:
    return NeedLine(
        need=need,
        what=WHATS.get(need.what, need.what),
        comes=short(need.comes[1]),
        you=need.comes[0] == actor.ref,
        by="" if need.by[0] in (need.patient, actor.ref) else short(need.by[1]),
        may_take=rules.may_take(need, actor.kind, now),
        may_give_back=rules.may_give_back(need, actor.ref, now),
        may_withdraw=rules.may_withdraw(need, actor.ref, now),
    )


def by_day(found: Iterable[NeedLine]) -> tuple[tuple[date, tuple[NeedLine, ...]], ...]:
    """Lines by the day on which they begin, in the site's time."""

    def day(line: NeedLine) -> date:
        return timezone.localdate(line.need.begins)

    return tuple((key, tuple(group)) for key, group in groupby(found, key=day))
