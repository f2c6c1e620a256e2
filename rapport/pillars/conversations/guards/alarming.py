"""Alerts: opened with the letter that they are about, in its transaction; passed on until a person has one.

Nothing here may keep a letter from being stored: a reading that fails is itself a reason to look.
"""

from __future__ import annotations

import logging
import uuid
from datetime import datetime, timedelta
from typing import Any

from rapport.fhir.outcomes import Refused
from rapport.gate.door import Door
from rapport.listening import Heard
from rapport.listening.edition import edition
from rapport.people import site
from rapport.pillars.conversations import finding, moment
from rapport.pillars.conversations.guards import telling
from rapport.pillars.conversations.rules import alerts as rules
from rapport.pillars.conversations.shapes import alerts as shape
from rapport.pillars.conversations.shapes.alerts import AlertTask, Found
from rapport.pillars.conversations.shapes.codes import kind_of
from rapport.pillars.conversations.shapes.events import By
from rapport.pillars.conversations.shapes.letters import Header, Message, read_header, with_recipient

log = logging.getLogger(__name__)

_NAMES = uuid.UUID("7c0a2f6e-0a8e-4f2b-9a51-6d2f0f8f9c21")
_CLOCK = By("", "Rapport")
#: So many letters of a text that could not be read are shown.
SHOWN = 160
#: What is written down of a letter in a language that we do not read, and where the reading failed.
UNREAD = ("unread", "in a language that our software does not read; please read it first", "urgent")
UNREADABLE = ("unreadable", "our software could not read this; please read it first", "urgent")


def heard_in(message: Message) -> Heard | None:
    """What a letter says; None where alerts are off, or where the reading failed (see `raise_for`)."""
    if site.current().alerts.mode == "off" or not message.text:
        return None
    try:
        return rules.hear(message.text, message.language)
    except Exception as broke:  # whatever a text may do to a reader, it is sent all the same
        log.error("a letter could not be read by software: %s", type(broke).__name__)
        return None


def raise_for(door: Door, header: Header, message: Message, heard: Heard | None) -> None:
    """Open the one alert of a letter if its words ask for one. `heard` None: it could not be read."""
    mode, at = site.current().alerts.mode, moment.now()
    if mode == "off" or not message.text:
        return
    found, stat = _findings(heard, message)
    rid = str(uuid.uuid5(_NAMES, message.ref))
    own = door.rapport("conversations")
    if not found or own.find("Task", rid) is not None:
        return
    team = next(iter(header.teams), "") or _team_of(own, header)
    body = shape.alert(
        rid,
        patient=header.patient,
        conversation=header.ref,
        letter=message.ref,
        team=team,
        found=found,
        stat=stat,
        trial=mode == "silent",
        at=at,
        due=at,
    )
    own.create(body, rid=rid)
    if mode == "on":
        telling.stir(door, team)
        if stat:
            ask_at_once(door, own, body, at)


def ask_at_once(door: Door, own: Door, body: dict[str, Any], at: datetime) -> None:
    """Ask the first person. If looking for them fails, the letter goes all the same and the clock asks."""
    try:
        _ask(door, own, body, at)
    except Refused:
        raise
    except Exception as broke:
        log.error("nobody could be asked at once for Task/%s: %s", body["id"], type(broke).__name__)


def _findings(heard: Heard | None, message: Message) -> tuple[tuple[Found, ...], bool]:
    if heard is None:
        rule, why, level = UNREADABLE
        return (Found(rule, edition(), why, level, 0, len(message.text)),), False
    alarms = rules.alarming(heard)
    found = rules.findings(alarms or rules.first_look(heard), edition())
    if not found and heard.unread:  # who writes in a language that nobody taught us is looked after first
        rule, why, level = UNREAD
        start = heard.unread[0].start
        found = (Found(rule, edition(), why, level, start, min(heard.unread[0].end, start + SHOWN)),)
    return found, bool(alarms)


def _team_of(own: Door, header: Header) -> str:
    held = finding.desks(own, header.recipients)
    return next((desk.team for desk in held.values() if desk.team), "")


def ask_next(door: Door, rid: str) -> bool:
    """Ask the next person for one alert, if its time has come and nobody has it yet."""
    with door.unit("the clock of an alert"):
        record = door.find("Task", rid)
        if record is None or kind_of(record.json) != "alert":
            return False
        door.lock("conversation", shape.read_alert(record.json).conversation)
        body, at = door.read("Task", rid).json, moment.now()
        one = shape.read_alert(body)
        if one.state != "open" or one.due is None or one.due > at:
            return False
        return _ask(door, door.rapport("conversations"), body, at)


def _ask(door: Door, own: Door, body: dict[str, Any], at: datetime) -> bool:
    """Ask the next person; where nobody is there, the whole team is told once and the clock waits."""
    one = shape.read_alert(body)
    ladder = finding.ladder(own, one.team, at)
    to = rules.whom_next([desk.ref for desk in ladder], one)
    if not to:
        if not one.events and one.raised == at:
            telling.tell(door, (one.team,), "urgent", one.conversation, f"{one.ref}:team", urgent=True)
        own.update(shape.put_off(body, _later(at)))
        return False
    desk = next(desk for desk in ladder if desk.ref == to)
    wait = rules.pause(site.current().alerts.minutes, [desk.ref for desk in ladder], one)
    own.update(shape.asked_next(body, (to, desk.name), _CLOCK, at, at + wait))
    _let_in(own, one, desk)
    telling.stir(door, one.team, to, *one.asked)
    key = f"{one.ref}:{len(one.events)}"
    telling.tell(door, (to,), "urgent", one.conversation, key, urgent=True)
    return True


def _later(at: datetime) -> datetime:
    """When to look again where nobody is there: when the site opens, in a while where it is open."""
    rules_now = site.current()
    if rules_now.alerts.always or rules_now.calendar.is_open(at):
        return at + timedelta(minutes=rules_now.alerts.minutes)
    return rules_now.calendar.next_open(at)


def _let_in(own: Door, one: AlertTask, desk: finding.Desk) -> None:
    """Who is asked may read the conversation, whatever team they are in."""
    own.lock("conversation", one.conversation)
    found = finding.look(own, one.conversation, "conversation")
    if found is None or desk.team in read_header(found).teams or desk.ref in read_header(found).recipients:
        return
    own.update(with_recipient(found, desk.ref, desk.name))
