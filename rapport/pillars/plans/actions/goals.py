"""Verbs of goals: say one, propose one, answer a proposal, take steps, say how far one has come."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from rapport.gate.door import Door
from rapport.people import fits
from rapport.pillars.plans import finding
from rapport.pillars.plans.shapes import goals as shapes
from rapport.pillars.plans.shapes.goals import Resource, Said

_NAMES = uuid.UUID("c3b0d9ad-1a0e-4a55-9f0c-53c07c28f6a7")


def say(door: Door, *, once: str, patient: str, said: Said, reason: str = "") -> str:
    """A goal for `Patient/…`: theirs when they say it, else proposed. Its id; once a token.

    What a team proposes against the person's own words needs a reason.
    """
    rid = str(uuid.uuid5(_NAMES, f"{door.actor.ref} {patient} {once}"))
    by, own = (door.actor.ref, door.actor.name), door.actor.ref == patient
    with door.unit("saying a goal"):
        door.lock("goal", rid)
        if door.find("Goal", rid) is None:
            state = "active" if own else "proposed"
            body = shapes.goal(rid, said, patient=patient, by=by, at=datetime.now(UTC), state=state)
            door.create(body, rid=rid)
            if not own:
                fits.settle(door, patient, [finding.planned(said, f"Goal/{rid}")], reason)
    return rid


def move(door: Door, *, patient: str, goal: str, state: str, reason: str = "") -> None:
    """Bring it to another state of `shapes.STATES`. Twice is as once."""
    _change(
        door,
        patient,
        goal,
        lambda body: (
            body
            if shapes.read_goal(body).state == state
            else shapes.moved(body, state, at=datetime.now(UTC), reason=reason.strip())
        ),
    )


def steps(door: Door, *, patient: str, goal: str, done: frozenset[int]) -> None:
    """These steps (by number) are done, and the others are not."""

    def ticked(body: Resource) -> Resource:
        before = shapes.read_goal(body).steps
        each = [shapes.Step(one.words, place in done, one.helper) for place, one in enumerate(before)]
        return shapes.with_steps(body, each)

    _change(door, patient, goal, ticked)


def level(door: Door, *, patient: str, goal: str, level: int) -> None:
    """How far one has come, -2 to 2."""
    _change(door, patient, goal, lambda body: shapes.with_level(body, level))


def _change(door: Door, patient: str, rid: str, change: Callable[[Resource], Resource]) -> None:
    with door.unit("changing a goal"):
        body = finding.need(door, patient, rid)
        after = change(body)
        if after != body:
            door.update(after)
