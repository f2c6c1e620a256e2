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
from rapport.pillars.conversations.contexts.hearing import alert_words
from rapport.pillars.conversations.contexts.said import Said
from rapport.pillars.conversations.reading import Alert, Concern, Face, Undelivered
from rapport.pillars.screens.contexts import LookLine
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
class AlertRow:
    """One alert as a line: what it asks, who has it or is asked, and the filled button for the first."""

    alert: Alert
    name: str
    about: str
    asks: str
    who: str
    loud: bool = False


@dataclass(frozen=True, slots=True)
class InboxPage:
    """`inbox.html`: what is open for the team, in the order in which it counts.

    tabs     items of the `tabs` tag
    alerts   words that speak of danger, each with what it asks; `looks` ask to be read first
    results  answers to checks that somebody has to look at
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
    alerts: tuple[AlertRow, ...]
    looks: tuple[AlertRow, ...]
    results: tuple[LookLine, ...]
    rows: tuple[InboxRow, ...]
    undelivered: tuple[tuple[Undelivered, str], ...]
    more: str
    live: str
    live_state: str


def alert_rows(alerts: Iterable[Alert], today: date) -> tuple[AlertRow, ...]:
    """Alerts as lines; the first that nobody has yet has the filled button."""
    found: list[AlertRow] = []
    for one in alerts:
        local = timezone.localtime(one.raised)
        time = {"time": dates.when(local, timezone.localtime())}
        did = _("answered %(time)s") % time if one.answers else _("wrote %(time)s") % time
        about = ", ".join(filter(None, (_age(one.patient, today), did)))
        loud = one.stat and one.owner is None and not any(row.loud for row in found)
        found.append(AlertRow(one, one.patient.name, about, alert_words(one.level), _whose(one), loud))
    return tuple(found)


def _whose(one: Alert) -> str:
    if one.mine:
        return _("You have it")
    if one.owner:
        return said.has_it(one.owner)
    return _("%(name)s is asked") % {"name": one.asked.name} if one.asked else _("Nobody has it yet")


def inbox_rows(concerns: Iterable[Concern], today: date, *, quiet: bool = False) -> tuple[InboxRow, ...]:
    """Questions as lines; the first that needs someone at once has the filled button, unless `quiet`."""
    found = []
    loud = quiet
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
