"""Verbs of hard news: say how one wants to hear results, take a call, say how it went."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime

from django.utils.translation import gettext

from rapport.fhir.outcomes import Refused
from rapport.gate.door import Door
from rapport.people import errands, unsafe
from rapport.people.portrait import human_name
from rapport.pillars.hard_news import shapes
from rapport.pillars.hard_news.finding import CALL, CHECK_IN, make_check_in
from rapport.pillars.hard_news.rules.after import LONGEST, fits
from rapport.pillars.hard_news.shapes import Wish, read_wish

_NAMES = uuid.UUID("f5e3a1b0-0d52-4d68-9f39-8a2f8f0c7a44")


def wish(door: Door, *, patient: str, said: Wish) -> None:
    """How `Patient/…` wants to hear one kind of result, in the name of who writes it down."""
    body = shapes.wish(said, patient=patient, by=_signs(door), at=_now())
    _keep(door, patient, body)


def unwish(door: Door, *, patient: str, kind: str) -> None:
    """It does not hold any more: such results come as they come. Twice is as once."""
    record = door.find("QuestionnaireResponse", shapes.wish_id(patient, kind))
    if record is None or not read_wish(record.json).stands:
        return
    said = read_wish(record.json)
    _keep(door, patient, shapes.wish(said, patient=patient, by=_signs(door), at=_now(), stands=False))


def _keep(door: Door, patient: str, body: shapes.Resource) -> None:
    with door.unit("how to hear results"):
        door.lock("hard news", patient)
        before = door.find("QuestionnaireResponse", body["id"])
        if before is None:
            door.create(body, rid=body["id"])
            return
        kept = {name: value for name, value in (before.json.get("meta") or {}).items() if name != "tag"}
        door.update({**body, "meta": {**kept, **body.get("meta", {})}})


def take_call(door: Door, *, call: str) -> None:
    """I tell it."""
    errands.take(door, call, CALL)


def tell_done(door: Door, *, call: str, words: str, again: datetime | None = None, to_them: str = "") -> None:
    """It was told: what was held is free at once.

    again    it was hard news: when I ask how it is since, 24 to 72 hours from now
    to_them  what the person reads about that, in my words
    """
    outputs = []
    if again is not None:
        outputs = [("again", errands.instant(_fitting(again))), ("to-them", to_them.strip()[:LONGEST])]
    errands.end(door, call, CALL, words=words, outputs=outputs)


def not_needed(door: Door, *, call: str, words: str) -> None:
    """Nobody has to tell it any more, and why; what was held is free at once."""
    errands.end(door, call, CALL, words=words, state="dropped")


def plan_check_in(door: Door, *, once: str, patient: str, again: datetime, words: str = "") -> str:
    """I told `Patient/…` hard news, so I ask how it is since. Its id; twice is once."""
    mine = next(iter(door.actor.positions), "")
    if not mine:
        raise Refused("forbidden", "Only the team plans this.", "Write a message to your team.")
    rid = str(uuid.uuid5(_NAMES, f"{door.actor.ref} {patient} {once}"))
    with door.unit("planning a check-in"):
        name = human_name(door.read("Patient", patient.partition("/")[2]).json.get("name"))[0]
        if door.find("Task", rid) is None:
            whose = replace(errands.read_errand({}), patient=patient, patient_name=name, owner=mine)
            team = next(iter(door.actor.teams), "")
            whose = replace(whose, owner_name=door.actor.name, team=team)
            make_check_in(door, rid, whose, _fitting(again), words.strip()[:LONGEST])
    return rid


def answer(door: Door, *, check: str, how: str, words: str) -> str:
    """How it is since, in one's own words. Danger becomes an alert: the id of its conversation; else ""."""
    task = errands.read_errand(errands.need(door, check, CHECK_IN))
    rid = str(uuid.uuid5(_NAMES, f"answer {check}"))
    said = words.replace("\r\n", "\n").strip()[:LONGEST]
    with door.unit("answering a check-in"):
        if door.find("QuestionnaireResponse", rid) is not None:
            raise Refused("rule", "What was answered stays as it was.", "Write a message to say more.")
        body = shapes.answer(
            rid, check=check, how=how, words=said, patient=task.patient, by=_signs(door), at=_now()
        )
        door.create(body, rid=rid)
        if how == "danger":
            return unsafe.said_so(door, rid, said or gettext("I do not feel safe just now."))
    return ""


def check_in_done(door: Door, *, check: str, words: str) -> None:
    """I asked, and this is how it is."""
    errands.end(door, check, CHECK_IN, words=words)


def take_check_in(door: Door, *, check: str) -> None:
    """I ask, in a colleague's place."""
    errands.take(door, check, CHECK_IN)


def _fitting(again: datetime) -> datetime:
    if not fits(_now(), again):
        raise Refused("rule", "One asks again 24 to 72 hours after hard news.", "Choose one of the days.")
    return again


def _signs(door: Door) -> tuple[str, str]:
    return door.actor.ref, door.actor.name


def _now() -> datetime:
    return datetime.now(UTC)
