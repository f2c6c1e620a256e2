"""Contexts of the circle, and the words for what can be shared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from rapport.people.portrait import short
from rapport.pillars.circle.reading import Line, Member, Part
from rapport.pillars.circle.rules import ENDS, Inviting, mark_of
from rapport.pillars.circle.shapes import CATEGORIES, ENDED, NOTHING, PAUSED, RELATIONS, SENSITIVE, Choice
from rapport.ui.dates import full_day
from rapport.ui.roles import role_said

#: What each category is called on pages, and what it means for who gets it.
NAMES: Mapping[str, tuple[str | Promise, str | Promise]] = {
    "conversations": (
        lazy("Messages"),
        lazy("What you and your team write to each other"),
    ),
    "appointments": (lazy("Visits"), lazy("When and where, so that they can come along")),
    "what-matters": (lazy("What matters to me"), lazy("What you told your team about yourself")),
    "plan": (lazy("My plan and my goals"), lazy("So that they can help with the steps")),
    "health-record": (lazy("My health record"), lazy("Problems, medicines, allergies, measurements")),
    "decisions": (lazy("Decisions"), lazy("What there is to choose, and what you chose")),
    "learning": (lazy("Things to read and learn"), lazy("What your team gave you to read")),
    "practical-help": (
        lazy("Help in daily life"),
        lazy("Rides, meals, company: what you need, who comes"),
    ),
    "updates": (lazy("News from my team"), lazy("Short letters in plain words, for the family")),
}
SENSITIVE_NAMES: Mapping[str, str | Promise] = {
    "mental-health": lazy("Feelings and mental health"),
    "sexual-health": lazy("Sex, pregnancy and birth control"),
    "substance-use": lazy("Alcohol and drugs"),
    "hiv": lazy("HIV"),
    "violence": lazy("Violence"),
    "genetics": lazy("Genes"),
}
ENDS_SAID: Mapping[str, str | Promise] = {
    "month": lazy("for a month"),
    "quarter": lazy("for three months"),
    "year": lazy("for a year"),
    "open": lazy("until I end it"),
}
#: What the parts of a record are called to who sees them.
PART_NAMES: Mapping[str, str | Promise] = {
    "identity": lazy("Name and details"),
    "conversations": lazy("Messages"),
    "appointments": lazy("Next visits"),
    "plan": lazy("Goals"),
    "problems": lazy("Problems"),
    "medicines": lazy("Medicines"),
    "allergies": lazy("Allergies"),
    "measured": lazy("Measurements"),
    "contacts": lazy("Visits until now"),
    "decisions": lazy("Decisions"),
    "practical-help": lazy("Help in daily life"),
    "updates": lazy("News from the team"),
}


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A member as the list shows them: what is shared in a sentence each, and what may be done."""

    member: Member
    called: str
    relation: str
    shares: tuple[str, ...]
    state: str
    way: str
    paused: bool
    ended: bool


@dataclass(frozen=True, slots=True)
class CirclePage:
    """`circle.html`, for the patient."""

    lines: tuple[MemberLine, ...]
    past: tuple[MemberLine, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that can be shared: ticked or not, and its ends as (value, words, chosen)."""

    key: str
    label: str
    hint: str
    ticked: bool
    ends: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True, slots=True)
class PartShown:
    """A part of a record under its title."""

    title: str
    lines: tuple[Line, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class SharePage:
    """`share.html`: what somebody may see, the boxes and the mirror.

    rows, secret   what can be shared; what always starts as "no" (key, words, ticked)
    mirror         what they would see; None before it was asked for
    look_first     the choice opens more than was shown: look, then save
    who            whom to invite, None where they are in the circle already
    """

    member: Member | None
    called: str
    rows: tuple[Row, ...]
    writes: bool
    secret: tuple[tuple[str, str, bool], ...]
    mirror: tuple[PartShown, ...] | None
    seen: str
    look_first: bool
    who: Inviting | None
    relations: tuple[tuple[str, str], ...]
    once: str
    trouble: str


@dataclass(frozen=True, slots=True)
class EndPage:
    """`end.html`: the second of two clicks."""

    member: Member
    called: str


@dataclass(frozen=True, slots=True)
class PrivatePage:
    """`private.html`: the own record, line by line."""

    parts: tuple[PartShown, ...]


@dataclass(frozen=True, slots=True)
class SharedPage:
    """`shared.html`: what a patient shares with the reader."""

    name: str
    parts: tuple[PartShown, ...]


def member_lines(members: tuple[Member, ...], today: date) -> tuple[MemberLine, ...]:
    """Members as the list shows them."""
    return tuple(_line(one, today) for one in members)


def _line(one: Member, today: date) -> MemberLine:
    choice = one.choice
    ended = choice.state == ENDED
    shares = (
        () if ended else tuple(_shared(name, choice, today) for name in CATEGORIES if name in choice.until)
    )
    if choice.sensitive and shares:
        named = ", ".join(str(SENSITIVE_NAMES[key]) for key in SENSITIVE if key in choice.sensitive)
        shares += (_("Also: %(things)s") % {"things": named},)
    words = {
        PAUSED: _("Paused: nothing is shared now"),
        ENDED: _("Nothing is shared any more"),
        NOTHING: _("Nothing is shared yet"),
    }
    state = words.get(choice.state, "" if shares else _("Nothing is shared now: the time is over"))
    ways = {"invited": _("Invited, has not joined yet"), "joined": ""}
    way = "" if ended else ways.get(one.way, _("Has no way in yet"))
    paused = choice.state == PAUSED
    return MemberLine(one, short(one.name), role_said(one.relation), shares, state, way, paused, ended)


def _shared(name: str, choice: Choice, today: date) -> str:
    label, end = str(NAMES[name][0]), choice.until[name]
    if name == "conversations" and choice.writes:
        label = _("Messages, and may write")
    if end is None:
        return label
    return _("%(thing)s, until %(day)s") % {"thing": label, "day": full_day(end, today)}


def rows(choice: Choice, today: date) -> tuple[Row, ...]:
    """Everything that can be shared, as ticked."""
    return tuple(
        Row(name, str(label), str(hint), name in choice.until, _ends(name, choice, today))
        for name, (label, hint) in NAMES.items()
    )


def _ends(name: str, choice: Choice, today: date) -> tuple[tuple[str, str, bool], ...]:
    chosen = choice.until.get(name) if name in choice.until else None
    found = [(key, str(ENDS_SAID[key]), key == "open" and chosen is None) for key in ENDS]
    if chosen is not None:
        day = _("until %(day)s") % {"day": full_day(chosen, today)}
        found.insert(0, (chosen.isoformat(), day, True))
    return tuple(found)


def secret(choice: Choice) -> tuple[tuple[str, str, bool], ...]:
    """What always starts as "no", as ticked."""
    return tuple((key, str(SENSITIVE_NAMES[key]), key in choice.sensitive) for key in SENSITIVE)


def parts_shown(parts: tuple[Part, ...]) -> tuple[PartShown, ...]:
    """Parts under their titles."""
    return tuple(PartShown(str(PART_NAMES[part.kind]), part.lines, part.more) for part in parts)


def relations() -> tuple[tuple[str, str], ...]:
    """Who somebody can be to the patient, as one chooses."""
    return tuple((key, role_said(key)) for key in RELATIONS)


def share_page(
    *,
    member: Member | None,
    who: Inviting | None,
    choice: Choice,
    mirror: tuple[Part, ...] | None,
    today: date,
    once: str = "",
    look_first: bool = False,
    trouble: str = "",
) -> SharePage:
    """The page of a choice; `seen` is the mark of the choice whose mirror it shows."""
    name = member.name if member else (who.name if who else "")
    return SharePage(
        member=member,
        called=short(name) if name else _("they"),
        rows=rows(choice, today),
        writes=choice.writes,
        secret=secret(choice),
        mirror=None if mirror is None else parts_shown(mirror),
        seen="" if mirror is None else mark_of(choice),
        look_first=look_first,
        who=who,
        relations=relations(),
        once=once,
        trouble=trouble,
    )
