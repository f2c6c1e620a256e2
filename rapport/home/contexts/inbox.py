"""Context of the team inbox."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from rapport.people.portrait import age_words, apart
from rapport.people.portrait import person as portrait
from rapport.pillars.conversations.contexts import addresses, said
from rapport.pillars.conversations.contexts.said import Said
from rapport.pillars.conversations.reading import Concern, Face, Undelivered
from rapport.ui import dates


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One question as a line. `act` is "take", "answer" or "look"; `loud` has the filled button.

    talk, href   the addresses of the conversation, and of the question in it
    """

    concern: Concern
    talk: str
    href: str
    said: Said
    name: str
    about: str
    act: str
    loud: bool = False


@dataclass(frozen=True, slots=True)
class InboxPage:
    """`inbox.html`: what is open for the team, in the order in which it counts.

    tabs     items of the `tabs` tag
    undelivered  notices that did not arrive, each with why
    more     cursor of the next page, "" at the end
    next_due  for the empty inbox: nothing is open in this view
    """

    lede: str
    teams: tuple[str, ...]
    covering: tuple[Face, ...]
    tabs: tuple[dict[str, Any], ...]
    whose: str
    order: str
    rows: tuple[InboxRow, ...]
    undelivered: tuple[tuple[Undelivered, str], ...]
    more: str
    live: str
    live_state: str


def inbox_rows(concerns: Iterable[Concern], today: date) -> tuple[InboxRow, ...]:
    """Questions as lines; the first that needs someone at once has the filled button."""
    found = []
    loud = False
    for concern in concerns:
        stands = said.to_staff(concern)
        first = stands.state == "urgent" and not loud
        loud = loud or first
        name, about = _who(concern, today)
        talk = addresses.talk(concern.conversation)
        href = f"{talk}?concern={concern.rid}"
        found.append(InboxRow(concern, talk, href, stands, name, about, _act(concern), first))
    return tuple(found)


def _act(concern: Concern) -> str:
    if concern.owner is None and "take" in concern.may:
        return "take"
    owned = concern.covered or bool(concern.owner and concern.owner.you)
    return "answer" if "answer" in concern.may and owned and concern.state != "answered" else "look"


def _who(concern: Concern, today: date) -> tuple[str, str]:
    """Who asked, and what to know at a glance: "Amina Haddad", "58, wrote today at 9.02 am"."""
    age = _age(concern.patient, today)
    if concern.asked_by.ref != concern.patient.ref:
        named = ", ".join(filter(None, (apart(concern.patient.name), age)))
        return concern.asked_by.name, _("for %(name)s") % {"name": named}
    if concern.state == "reopened":
        what = _("said “not yet”")
    else:
        local = timezone.localtime(concern.raised)
        what = _("wrote %(time)s") % {"time": dates.when(local, timezone.localtime())}
    return concern.patient.name, ", ".join(filter(None, (age, what)))


def _age(patient: Face, today: date) -> str:
    return age_words(portrait({"birthDate": patient.born}, today).age) if patient.born else ""
