"""Verbs of what matters: write an entry, change it, say that it is still so, take it out."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from rapport.fhir.outcomes import Refused, not_found
from rapport.gate.door import Door
from rapport.pillars.what_matters import finding, shapes
from rapport.pillars.what_matters.shapes import reach

_NAMES = uuid.UUID("0f7a8a9e-58f1-4dd1-8a8e-64b0f1a0c7de")


def write(door: Door, *, once: str, patient: str, kind: str, words: str) -> str:
    """A new entry for `Patient/…`. Its id; sent twice with one token it is one."""
    rid = str(uuid.uuid5(_NAMES, f"{door.actor.ref} {patient} {once}"))
    with door.unit("writing what matters"):
        door.lock("what matters", rid)
        if door.find("QuestionnaireResponse", rid) is None:
            body = shapes.entry(
                rid, kind=kind, words=_kept(words), patient=patient, by=_signs(door), at=_now()
            )
            door.create(body, rid=rid)
    return rid


def change(door: Door, *, patient: str, entry: str, words: str) -> None:
    """Other words; the earlier ones stay in its history."""
    _again(door, patient, entry, _kept(words), stands=True)


def still_so(door: Door, *, patient: str, entry: str) -> None:
    """Read again, and nothing to change."""
    _again(door, patient, entry, "", stands=True)


def take_out(door: Door, *, patient: str, entry: str) -> None:
    """It does not hold any more. Twice is as once."""
    _again(door, patient, entry, "", stands=False)


def set_reach(door: Door, *, patient: str, how: reach.Reach) -> None:
    """How somebody wants to be reached from now on; the same again changes nothing."""
    with door.unit("saying how to reach them"):
        door.lock("reach", patient)
        known = door.find("QuestionnaireResponse", reach.reach_id(patient))
        if known is not None and reach.read(known.json) == how:
            return
        body = reach.resource(patient, how, by=_signs(door), at=_now())
        if known is None:
            door.create(body, rid=body["id"])
        else:
            kept = {name: value for name, value in known.json.items() if name != "item"}
            door.update({**kept, **body})


def go_on(door: Door, *, patient: str, order: str, entry: str, reason: str) -> None:
    """Why an order (`Type/id`) that goes against an entry is still right; both sides read it."""
    why, rid, at = _kept(reason), shapes.issue_id(order, entry), _now()
    with door.unit("saying why it is still right"):
        finding.need(door, patient, entry)
        rtype, _, name = order.partition("/")
        if shapes.patient_of(door.read(rtype, name).json) != patient:
            raise not_found()
        door.lock("against what matters", rid)
        known = door.find("DetectedIssue", rid)
        body = known.json if known else shapes.issue(patient=patient, order=order, entry=entry, at=at)
        was = shapes.read_reason(body)
        if was is None or (was.words, was.by) != (why, door.actor.ref):
            after = shapes.gone_on(body, why, by=_signs(door), at=at)
            door.update(after) if known else door.create(after, rid=rid)


def _again(door: Door, patient: str, rid: str, words: str, *, stands: bool) -> None:
    """A new version in the name of who acts."""
    with door.unit("changing what matters"):
        body = finding.need(door, patient, rid)
        was = shapes.read_entry(body)
        if not was.stands and not stands:
            return
        made = shapes.entry(
            rid,
            kind=was.kind,
            words=words or was.words,
            patient=patient,
            by=_signs(door),
            at=_now(),
            stands=stands,
        )
        door.update({**body, **made})


def _signs(door: Door) -> tuple[str, str]:
    return door.actor.ref, door.actor.name


def _now() -> datetime:
    return datetime.now(UTC)


def _kept(words: str) -> str:
    kept = words.replace("\r\n", "\n").strip()
    if not kept:
        raise Refused("rule", "There are no words yet.", "Write a sentence, in your own words.")
    return kept
