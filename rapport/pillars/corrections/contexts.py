"""What the templates of corrections are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.forms import Form
from django.utils.translation import gettext_lazy as _

from rapport.people.errands import Errand

#: Outcome → what the person reads.
SAID: Final[Mapping[str, Any]] = {
    "accepted": _("It is put right"),
    "partly": _("It is put right in part"),
    "declined": _("It stays as it is"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One correction: what was asked, and the outcome in words ("" while it is open)."""

    errand: Errand
    outcome: Any
    wrong: str
    wanted: str
    title: str
    statement: str


@dataclass(frozen=True, slots=True)
class ListPage:
    """`list.html`: what one asked for, and how it ended."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class AskPage:
    """`ask.html`: asking for one."""

    form: Form
    once: str
    trouble: str


@dataclass(frozen=True, slots=True)
class OnePage:
    """`one.html`: one correction.

    form  to answer it (staff), or to say that one does not agree (the person); None for neither
    """

    line: Line
    staff: bool
    called: str
    patient: str
    may_take: bool
    mine: bool
    form: Form | None
    trouble: str


def line(one: Errand) -> Line:
    """One correction in words."""
    parts = (one.part(name) for name in ("words", "wanted", "title", "statement"))
    return Line(one, SAID.get(one.part("outcome"), ""), *parts)
