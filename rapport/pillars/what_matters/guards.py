"""What matters, at the door: the rules hold for every writer."""

from __future__ import annotations

from typing import Any

from rapport.gate import guards
from rapport.gate.door import Door
from rapport.pillars.what_matters.rules import entries as rules
from rapport.pillars.what_matters.shapes import is_entry

Body = dict[str, Any]


def register() -> None:
    """Put the guard at the door; called once at start-up."""
    kinds = frozenset({"QuestionnaireResponse"})
    guards.register(guards.Guard("what matters", is_entry, _judge, types=kinds))


def _judge(_door: Door, before: Body | None, after: Body | None) -> None:
    rules.judge(before, after)
