"""Alarms of other pillars: the same alert as for words of danger, in a conversation with who is on call.

The conversation is kept from the circle, and so is all that is written in it.
"""

from __future__ import annotations

import uuid

from rapport.fhir.labels import PRIVATE
from rapport.gate.door import Door
from rapport.people import site
from rapport.people.alarms import Alarm
from rapport.pillars.conversations import finding, moment
from rapport.pillars.conversations.guards import alarming, telling
from rapport.pillars.conversations.shapes import alerts as shape
from rapport.pillars.conversations.shapes import letters
from rapport.pillars.conversations.shapes.alerts import Found
from rapport.pillars.conversations.shapes.codes import Resource

_NAMES = uuid.UUID("3f0d7f4e-5b52-4a1b-8a86-0f6b7f1c2d55")


def sound(door: Door, alarm: Alarm) -> None:
    """Open the one alert of an alarm and ask the first person. An answer is no reading: there is no trial."""
    own, at = door.rapport("conversations"), moment.now()
    conversation, rid = _named(alarm.about), str(uuid.uuid5(_NAMES, f"alert {alarm.about}"))
    own.lock("conversation", f"Communication/{conversation}")
    if own.find("Task", rid) is not None:
        return
    if own.find("Communication", conversation) is None:
        own.create(_header(conversation, alarm), rid=conversation)
    body = shape.alert(
        rid,
        patient=alarm.patient,
        conversation=f"Communication/{conversation}",
        letter=alarm.about,
        team=alarm.team,
        found=(Found(alarm.rule, alarm.edition, alarm.why, "self_harm", 0, 0),),
        stat=True,
        trial=False,
        at=at,
        due=at,
    )
    own.create(body, rid=rid)
    telling.stir(door, alarm.team)
    alarming.ask_at_once(door, own, body, at)


def _header(rid: str, alarm: Alarm) -> Resource:
    rules = site.current()
    topic = next((one.id for one in rules.topics if one.team == alarm.team), "")
    topic = topic or next((one.id for one in rules.topics), "other")
    team = rules.team(alarm.team)
    body = letters.header(
        rid,
        patient=alarm.patient,
        title=alarm.title,
        topic=topic,
        recipients=[(alarm.team, rules.say(team.name) if team else "")],
        sender=(alarm.patient, ""),
        at=moment.now(),
        is_open=False,
    )
    return {**body, "meta": {"security": [{"system": PRIVATE[0], "code": PRIVATE[1]}]}}


def talk(door: Door, about: str) -> str:
    """The conversation about an alarm, as far as this door shows it."""
    found = finding.look(door, f"Communication/{_named(about)}", "conversation")
    return str(found["id"]) if found else ""


def _named(about: str) -> str:
    return str(uuid.uuid5(_NAMES, about))
