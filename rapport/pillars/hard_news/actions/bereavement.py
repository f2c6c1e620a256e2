"""Verbs of bereavement: somebody died, and it was a mistake; a word to the family."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from rapport.fhir.outcomes import Refused, not_found
from rapport.gate.door import Door
from rapport.people import errands, resting
from rapport.people.errands import Errand
from rapport.people.portrait import human_name
from rapport.pillars.hard_news import shapes
from rapport.pillars.hard_news.finding import FAMILY
from rapport.pillars.hard_news.shapes import STAFF_ONLY

#: Days in which somebody speaks with the family.
SPEAK = timedelta(days=3)


def record_death(door: Door, *, patient: str, day: date, keep: str = "", words: str = "") -> str:
    """`Patient/…` died: all that reminds or writes to them rests, and the family is not left alone.

    keep   `RelatedPerson/…` who goes on seeing what was shared with them; the rest of the circle no longer
    words  whom to speak with, and what to know. Gives the id of the errand to speak with the family.
    """
    _of_the_team(door, patient)
    at, own = datetime.now(UTC), door.rapport(resting.NAME)
    if day > at.date() + timedelta(days=1):
        raise Refused("rule", "This day is still to come.", "Write the day on which they died.")
    with door.unit("somebody died"):
        door.lock("hard news", patient)
        body = own.read("Patient", patient.partition("/")[2]).json
        if resting.died(body):
            raise Refused("conflict", "It is written down already.", "Look at the person's page.")
        was = {name: body[name] for name in shapes.DEATH if name in body}
        own.update(shapes.dead(body, day.isoformat()))
        _close(own, patient, keep, at)
        return _ask_to_speak(
            door, own, patient, human_name(body.get("name"))[0], (words, json.dumps(was)), at
        )


def _close(own: Door, patient: str, keep: str, at: datetime) -> None:
    """Nobody of the circle sees the record any more but who is kept."""
    found = own.search("RelatedPerson", [("patient", patient), ("_count", "200")]).matches
    kin = [(one.ref, human_name(one.json.get("name"))[0]) for one in found if one.ref != keep]
    rid = shapes.consent_id(patient)
    if kin:
        before = own.find("Consent", rid)
        body = shapes.closed_to(rid, patient=patient, kin=kin, at=at)
        if before is None:
            own.create(body, rid=rid)
        else:
            own.update({**body, "meta": before.json["meta"]})


def _ask_to_speak(door: Door, own: Door, patient: str, name: str, said: tuple[str, str], at: datetime) -> str:
    """The errand to speak with the family, in the hands of who wrote it down."""
    rid = str(uuid.uuid4())
    body = errands.errand(
        rid,
        FAMILY,
        patient=(patient, name),
        owner=(door.actor.positions[0], door.actor.name),
        team=next(iter(door.actor.teams), ""),
        at=at,
        due=at + SPEAK,
        parts=[("words", said[0].strip()[: errands.LONGEST]), ("was", said[1])],
        labels=[STAFF_ONLY],
    )
    own.create(errands.moved(body, "taken", at), rid=rid)
    return rid


def undo_death(door: Door, *, patient: str, words: str) -> None:
    """It was a mistake: everything is as it was before, and the errand to the family is not needed."""
    _of_the_team(door, patient)
    own = door.rapport(resting.NAME)
    if not words.strip():
        raise Refused("rule", "There are no words yet.", "Say in a sentence what was wrong.")
    with door.unit("it was a mistake: nobody died"):
        door.lock("hard news", patient)
        body = own.read("Patient", patient.partition("/")[2]).json
        if not resting.died(body):
            raise Refused("conflict", "Nothing of the kind is written down.", "Look at the person's page.")
        spoke = errands.of_patient(own, patient, FAMILY, still=False)
        own.update({**shapes.alive(body), **_as_it_was(spoke)})
        closed = own.find("Consent", shapes.consent_id(patient))
        if closed is not None:
            own.update({**closed.json, "status": "inactive"})
        for one in spoke:
            if one.is_open:
                errands.end(door, one.rid, FAMILY, words=words, state="dropped")


def _as_it_was(spoke: Iterable[Errand]) -> dict[str, object]:
    """What the record said about death before."""
    latest = max((one for one in spoke if one.raised), key=lambda one: str(one.raised), default=None)
    found: dict[str, object] = json.loads(latest.part("was") or "{}") if latest else {}
    return found


def take_family(door: Door, *, errand: str) -> None:
    """I speak with the family, in a colleague's place."""
    errands.take(door, errand, FAMILY)


def family_done(door: Door, *, errand: str, words: str) -> None:
    """I spoke with the family."""
    errands.end(door, errand, FAMILY, words=words)


def _of_the_team(door: Door, patient: str) -> None:
    """Who cares for somebody writes this down; to all others they are not there."""
    if door.actor.kind != "staff" or not door.actor.positions or not door.reaches(patient):
        raise not_found()
