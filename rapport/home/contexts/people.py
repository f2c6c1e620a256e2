"""Contexts of finding people and of the person at a glance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from rapport.people.portrait import Person
from rapport.people.record import Contact as Visit
from rapport.people.record import Fact
from rapport.pillars.conversations.contexts import QuestionLine, said
from rapport.pillars.conversations.contexts.said import Said
from rapport.pillars.conversations.reading import Contact, Promise
from rapport.pillars.screens.contexts import TrendLine


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """One person found; `number` is a record number, to tell namesakes apart."""

    person: Person
    number: str


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """`people.html`: find a person by name, birth date, or both. `found` is None before one asked."""

    name: str
    born: str
    wrong: str
    found: tuple[FoundPerson, ...] | None
    more: bool


@dataclass(frozen=True, slots=True)
class ContactLine:
    """One line of the timeline: when, with which mark, what, and what stands under it."""

    contact: Contact
    icon: str
    title: str
    line: str


@dataclass(frozen=True, slots=True)
class PersonPage:
    """`person.html`: one person, calm, on one page. What is active stands here; the rest is behind links.

    matters    what matters to the person: headings and their own words, at most five
    speak      who speaks for them by law: as what, the name, the last day (None for none)
    checks     what checks of how they are came to, the newest first
    more       names of the lists that hold more than the page shows
    shared     whether the record may be read; else only who it is
    carers     who cares for the person: teams and people of their care teams
    twice      the id of a record that may be of the same person, for leads; "" for none
    may_give   teams (ref, name) that who reads may give the person to
    """

    person: Person
    called: str
    matters: tuple[tuple[Any, str], ...]
    speak: tuple[tuple[Any, str, date | None], ...]
    checks: tuple[TrendLine, ...]
    next_visit: Visit | None
    last_visit: Visit | None
    questions: tuple[QuestionLine, ...]
    more_questions: int
    promises: tuple[tuple[Promise, Said], ...]
    problems: tuple[Fact, ...]
    medicines: tuple[Fact, ...]
    allergies: tuple[Fact, ...]
    contacts: tuple[ContactLine, ...]
    more: frozenset[str]
    may_invite: bool
    shared: bool
    carers: tuple[str, ...]
    may_give: tuple[tuple[str, str], ...]
    twice: str
    live: str
    live_state: str


@dataclass(frozen=True, slots=True)
class AllPage:
    """`all.html`: the whole of one list of a person, a page at a time."""

    person: Person
    called: str
    title: Any
    facts: tuple[Fact, ...]
    contacts: tuple[ContactLine, ...]
    more: str


_ICONS = {
    "message": "mail",
    "post": "mail",
    "phone": "phone",
    "in-person": "people",
    "visit": "calendar",
    "note": "lock",
}


def contact_lines(contacts: Iterable[Contact]) -> tuple[ContactLine, ...]:
    """The timeline of contacts as lines."""
    return tuple(_contact_line(contact) for contact in contacts)


def _contact_line(contact: Contact) -> ContactLine:
    """A contact in words: who did what leads, what was said follows."""
    who = _("You") if contact.by and contact.by.you else (said.called(contact.by) if contact.by else "")
    title = contact.title or (_("Visit") if contact.kind == "visit" else "")
    pattern = {
        "message": _("%(who)s wrote: %(title)s"),
        "post": _("%(who)s, on paper: %(title)s"),
        "phone": _("%(who)s, by phone: %(title)s"),
        "in-person": _("%(who)s, in person: %(title)s"),
        "note": _("%(who)s, to the team: %(title)s"),
    }.get(contact.kind)
    if pattern and who:
        return ContactLine(
            contact, _ICONS[contact.kind], said.isolated(pattern, who=who, title=title), contact.detail
        )
    named = said.named(contact.by) if contact.by else ""
    line = ". ".join(part for part in (named, contact.detail) if part and part != title)
    return ContactLine(contact, _ICONS.get(contact.kind, "calendar"), title, line)
