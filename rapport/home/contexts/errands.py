"""Errands as lines of the first page, the inbox and the glance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from rapport.people import errands
from rapport.people.errands import Errand

_TITLES = {
    "result-call": lambda: _("A result is there. It is told as you asked"),
    "check-in": lambda: _("How are you since?"),
}


@dataclass(frozen=True, slots=True)
class ErrandLine:
    """One errand: what it is, whose, where it leads ("" for nowhere), what was agreed, how long it waits."""

    errand: Errand
    title: str
    href: str
    how: str
    until: datetime | None = None
    mine: bool = False

    @property
    def state(self) -> str:
        """Its shape: somebody has it, or not yet."""
        return "accepted" if self.errand.state == "taken" else "raised"


def own_lines(found: Iterable[Errand]) -> tuple[ErrandLine, ...]:
    """What somebody does for the reader: what was agreed, who, by when."""
    known = (one for one in found if one.kind in _TITLES)
    return tuple(
        ErrandLine(one, _TITLES[one.kind](), _leads(one), _how(one), one.moment("held-until"))
        for one in known
    )


def _leads(one: Errand) -> str:
    return errands.page_of(one) if one.kind == "check-in" else ""


def _how(one: Errand) -> str:
    """Dr Chen rings you, in the afternoon"""
    ways: dict[str, str] = {
        "call": _("%(name)s rings you"),
        "visit": _("%(name)s tells you face to face"),
        "message": _("%(name)s writes to you"),
    }
    times = {
        "morning": _("in the morning"),
        "afternoon": _("in the afternoon"),
        "evening": _("in the evening"),
    }
    pattern = ways.get(one.part("way"), _("%(name)s asks you"))
    parts = [pattern % {"name": one.owner_name or _("Your team")}, times.get(one.part("time"), "")]
    return ", ".join(filter(None, parts))


_STAFF = {
    "result-call": lambda: _("A result to tell"),
    "check-in": lambda: _("Ask how it is"),
    "family": lambda: _("Speak with the family"),
    "correction": lambda: _("A correction is asked for"),
    "counter-proposal": lambda: _("A part of the plan is wished otherwise"),
}


def staff_lines(found: Iterable[Errand], positions: Iterable[str]) -> tuple[ErrandLine, ...]:
    """What waits for the reader and their teams."""
    mine = set(positions)
    return tuple(
        ErrandLine(one, str(_STAFF[one.kind]()), errands.page_of(one), "", mine=one.owner in mine)
        for one in found
        if one.kind in _STAFF
    )
