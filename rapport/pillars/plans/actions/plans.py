"""Verbs of plans: make one of a template, answer what it asks for."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from rapport.fhir.outcomes import Refused
from rapport.gate import applying
from rapport.gate.door import Door
from rapport.people import errands, fits
from rapport.pillars.plans import finding
from rapport.pillars.plans.shapes import careplans, goals
from rapport.pillars.plans.shapes.careplans import Choice

_NAMES = uuid.UUID("7a4d5c0e-2f64-4f2d-9d0f-55a3a0a7c1de")


def apply(door: Door, *, once: str, patient: str, template: str, choice: Choice, reason: str = "") -> str:
    """Goals and a plan for `Patient/…`, of what was chosen of a PlanDefinition. Its id; once a token.

    The goals are proposed and so is each activity: the person decides. What goes against their words needs a
    reason.
    """
    if not choice.activities and not choice.goals:
        raise Refused("rule", "Nothing of the plan was chosen.", "Keep one thing at least.")
    rid = str(uuid.uuid5(_NAMES, f"{door.actor.ref} {patient} {once}"))
    at, by = datetime.now(UTC), (door.actor.ref, door.actor.name)
    with door.unit("making a plan"):
        door.lock("plan", rid)
        if door.find("CarePlan", rid) is not None:
            return rid
        draft = applying.apply(door, door.read("PlanDefinition", template).json, patient)
        known = {one["id"] for one in draft.get("contained") or ()}
        made = {}
        for key in sorted(known & choice.goals.keys()):
            said, name = goals.Said(choice.goals[key]), str(uuid.uuid5(_NAMES, f"{rid} {key}"))
            goal = goals.goal(name, said, patient=patient, by=by, at=at, state="proposed")
            made[key] = door.create(goal, rid=name).ref
        body = careplans.plan(rid, draft, choice, made, by=by, at=at)
        door.create(body, rid=rid)
        refs = dict.fromkeys(choice.activities, f"CarePlan/{rid}") | made
        fits.settle(door, patient, finding.planned_of(choice, refs), reason)
    return rid


def answer(
    door: Door, *, patient: str, plan: str, key: str, state: str, reason: str = "", instead: str = ""
) -> None:
    """The person brings an activity to another state of `careplans.STATES`. Twice is as once.

    instead  what they would like instead, for "countered"
    """
    with door.unit("answering a plan"):
        body = door.read("CarePlan", plan).json
        now = finding.part_of(body, patient, key)
        if (now.state, now.instead) != (state, instead.strip()):
            door.update(careplans.answered(body, key, state, reason.strip(), instead.strip()))


def settle_counter(door: Door, *, patient: str, plan: str, key: str, agree: bool, words: str) -> None:
    """Staff answer what somebody would like instead: so it is, or why they keep to what they proposed."""
    if not agree and not words.strip():
        raise Refused("rule", "This needs a reason in words.", "Say why in a sentence.")
    with door.unit("answering a counter-proposal"):
        body = door.read("CarePlan", plan).json
        if door.actor.kind != "staff" or finding.part_of(body, patient, key).state != "countered":
            raise Refused("rule", "There is nothing to answer here any more.", "Go back and look again.")
        said = words.strip() or "Agreed."
        for one in finding.counters(door, patient, plan, key):
            errands.end(door, one.rid, finding.COUNTER, words=said)
        after = careplans.agreed(body, key) if agree else careplans.answered(body, key, "proposed", said)
        door.update(after)
