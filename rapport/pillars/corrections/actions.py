"""Verbs of corrections: ask for one, take it, answer it, say that one does not agree."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from rapport.fhir.labels import PRIVATE
from rapport.fhir.outcomes import Refused, not_found
from rapport.gate.door import Door
from rapport.people import errand_clock, errands, teams
from rapport.pillars.corrections import shapes
from rapport.pillars.corrections.shapes import CORRECTION, OUTCOMES

_NAMES = uuid.UUID("7d0f5a52-6d4e-4b35-9f5f-2f8c7a3f4a10")
#: By when it is answered; open hours in which somebody takes it; longest words.
ANSWER, TAKE_HOURS, LONGEST = timedelta(days=14), 8.0, 2000


def ask(door: Door, *, once: str, about: str, title: str, wrong: str, wanted: str) -> str:
    """Something in my record is wrong. Its id; sent twice with one token it is one.

    about, title  the entry (`Type/id`) and what it is called; "" for something else
    """
    actor = door.actor
    if actor.kind != "patient":
        raise Refused("forbidden", "Only the person asks for this.", "Write down a call instead.")
    if about and not door.readable([about]):
        raise not_found()
    rid, at = str(uuid.uuid5(_NAMES, f"{actor.ref} {once}")), datetime.now(UTC)
    with door.unit("asking for a correction"):
        own = door.rapport("corrections")
        if own.find("Task", rid) is not None:
            return rid
        team = teams.first(own, actor.ref)
        body = errands.errand(
            rid,
            CORRECTION,
            patient=(actor.ref, actor.name),
            owner=team,
            team=team[0],
            at=at,
            due=errand_clock.after_open_hours(at, TAKE_HOURS),
            parts=[
                (shapes.ABOUT, about),
                (shapes.TITLE, title[:LONGEST]),
                (shapes.WRONG, _said(wrong)),
                (shapes.WANTED, wanted.strip()[:LONGEST]),
                ("promised", errands.instant(at + ANSWER)),
            ],
            labels=[PRIVATE],
        )
        own.create(body, rid=rid)
        errand_clock.tell(own, errands.read_errand(body), "new")
    return rid


def take(door: Door, *, correction: str) -> None:
    """I answer it."""
    errands.take(door, correction, CORRECTION)


def answer(door: Door, *, correction: str, outcome: str, words: str) -> None:
    """Accepted, partly or declined, each with words; a Provenance says who decided and why."""
    if outcome not in OUTCOMES:
        raise Refused("rule", "It is accepted, partly accepted or declined.", "Choose one of the answers.")
    with door.unit("answering a correction"):
        one = errands.read_errand(errands.need(door, correction, CORRECTION))
        if not one.is_open:
            return
        errands.end(door, correction, CORRECTION, words=words, outputs=[(shapes.OUTCOME, outcome)])
        who, at = (door.actor.ref, door.actor.name), datetime.now(UTC)
        targets = (one.patient, one.ref, one.part(shapes.ABOUT))
        door.rapport("corrections").create(
            shapes.provenance(targets, who=who, outcome=outcome, words=words.strip(), at=at)
        )


def disagree(door: Door, *, correction: str, words: str) -> None:
    """I do not agree with the answer, in my words; they stand beside it for everybody who reads it. Once."""
    with door.unit("a statement of disagreement"):
        body = errands.need(door, correction, CORRECTION)
        one = errands.read_errand(body)
        if door.actor.ref != one.patient:
            raise not_found()
        if one.is_open or one.part(shapes.OUTCOME) == "accepted" or one.part(shapes.STATEMENT):
            raise Refused("rule", "There is no answer to disagree with, or it was said.", "Write a message.")
        told = [*(body.get("output") or ()), errands.part(shapes.STATEMENT, _said(words))]
        door.rapport("corrections").update({**body, "output": told})


def _said(words: str) -> str:
    kept = words.replace("\r\n", "\n").strip()[:LONGEST]
    if not kept:
        raise Refused("rule", "There are no words yet.", "Write a sentence, in your own words.")
    return kept
