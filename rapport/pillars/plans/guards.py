"""Goals at the door: the rules hold for every writer."""

from __future__ import annotations

from typing import Any

from rapport.gate import guards
from rapport.gate.door import Door
from rapport.pillars.plans.rules import goals
from rapport.pillars.plans.shapes import is_goal

Body = dict[str, Any]


def register() -> None:
    """Put the guard at the door; called once at start-up."""
    guards.register(guards.Guard("goals", is_goal, _judge, types=frozenset({"Goal"})))


def _judge(door: Door, before: Body | None, after: Body | None) -> None:
    goals.judge(door.actor.kind, door.actor.ref, before, after)
