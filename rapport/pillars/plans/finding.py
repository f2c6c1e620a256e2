"""Looks through a door that verbs, guards and reading share; and who answers what is wished otherwise."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from rapport.fhir.labels import PRIVATE
from rapport.fhir.outcomes import not_found
from rapport.gate.door import Door
from rapport.people import actors, errand_clock, errands, teams
from rapport.people.errands import Errand
from rapport.people.fits import Planned
from rapport.pillars.plans.shapes.careplans import Activity, Choice, PlanFacts, is_plan, read_plan
from rapport.pillars.plans.shapes.goals import GoalFacts, Said, is_goal, read_goal

#: The errand to answer what somebody would like instead of a part of their plan: which plan, which part.
COUNTER: Final = "counter-proposal"
PLAN, KEY = "plan", "activity"
#: By when it is answered; open hours until the next name is asked.
ANSWER, TAKE_HOURS = timedelta(days=7), 8.0
_NAMES = uuid.UUID("5b1f0c3a-7d7e-4b8c-8a52-9f4e2f6f1f0b")


def need(door: Door, patient: str, rid: str) -> dict[str, Any]:
    """The resource of a goal of this person; not found for anything else."""
    body = door.read("Goal", rid).json
    if not is_goal(body) or read_goal(body).patient != patient:
        raise not_found()
    return body


def planned(said: Said | GoalFacts, ref: str = "") -> Planned:
    """A goal as something that may go against what the person said."""
    return Planned("Goal", ". ".join((said.words, *(step.words for step in said.steps))), ref)


def planned_of(choice: Choice, refs: Mapping[str, str] = MappingProxyType({})) -> tuple[Planned, ...]:
    """What was chosen of a template, each part as something that may go against what the person said.

    refs  key of a part -> what it was kept as
    """
    words = {**choice.goals, **{key: one.words for key, one in choice.activities.items()}}
    rtype = {key: "Goal" if key in choice.goals else "CarePlan" for key in words}
    return tuple(Planned(rtype[key], said, refs.get(key, "")) for key, said in words.items())


def part_of(body: Mapping[str, Any], patient: str, key: str) -> Activity:
    """A part of this person's plan; not found for anything else."""
    plan = read_plan(body)
    found = next((one for one in plan.activities if one.key == key), None)
    if found is None or not is_plan(body) or plan.patient != patient:
        raise not_found()
    return found


def counters(door: Door, patient: str, plan: str, key: str) -> tuple[Errand, ...]:
    """The open errands to answer what somebody would like instead of this part."""
    found = errands.of_patient(door, patient, COUNTER)
    return tuple(one for one in found if (one.part(PLAN), one.part(KEY)) == (plan, key))


def ask_team(own: Door, plan: PlanFacts, one: Activity) -> None:
    """Who proposed it is asked to answer what the person would like instead, else their team; once."""
    if counters(own, plan.patient, plan.rid, one.key):
        return
    at = datetime.now(UTC)
    owner, team = teams.whose(own, plan.patient, plan.by)
    body = errands.errand(
        str(uuid.uuid5(_NAMES, f"{plan.rid} {one.key} {at.isoformat()}")),
        COUNTER,
        patient=(plan.patient, actors.name_of(own.conn, plan.patient)),
        owner=owner,
        team=team,
        at=at,
        due=errand_clock.after_open_hours(at, TAKE_HOURS),
        parts=[(PLAN, plan.rid), (KEY, one.key), ("promised", errands.instant(at + ANSWER))],
        labels=[PRIVATE],
    )
    own.create(body, rid=body["id"])
    errand_clock.tell(own, errands.read_errand(body), "new")
