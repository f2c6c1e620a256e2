"""One look through a door that verbs and reading share."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from rapport.fhir.outcomes import not_found
from rapport.gate.door import Door
from rapport.people.fits import Planned
from rapport.pillars.plans.shapes.careplans import Choice
from rapport.pillars.plans.shapes.goals import GoalFacts, Said, is_goal, read_goal


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
