"""Goals at the door: the rules hold for every writer."""

from __future__ import annotations

from typing import Any

from rapport.gate import guards
from rapport.gate.door import Door
from rapport.pillars.plans.rules import goals, plans
from rapport.pillars.plans.shapes.careplans import is_plan
from rapport.pillars.plans.shapes.goals import is_goal

Body = dict[str, Any]


def register() -> None:
    """Put the guard at the door; called once at start-up."""
    guards.register(guards.Guard("goals", is_goal, _judge))
    guards.register(guards.Guard("plans", is_plan, _judge_plan))


def _judge(door: Door, before: Body | None, after: Body | None) -> None:
    goals.judge(door.actor.kind, door.actor.ref, before, after)


def _judge_plan(door: Door, before: Body | None, after: Body | None) -> None:
    plans.judge(door.actor.kind, before, after)
