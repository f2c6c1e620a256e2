"""What matters, at the door: the rules hold for every writer."""

from __future__ import annotations

from typing import Any

from rapport.gate import guards
from rapport.gate.door import Door
from rapport.pillars.what_matters.rules import entries as rules
from rapport.pillars.what_matters.shapes import is_entry, preference, read_entry

Body = dict[str, Any]


def register() -> None:
    """Put the guard at the door; called once at start-up."""
    guards.register(guards.Guard("what matters", is_entry, _judge, _follow))


def _judge(_door: Door, before: Body | None, after: Body | None) -> None:
    rules.judge(before, after)


def _follow(door: Door, _before: Body | None, after: Body | None) -> None:
    """The same as an Observation, for systems that read preferences there."""
    body = preference(read_entry(after)) if after is not None else None
    if body is None:
        return
    own = door.rapport("what matters")
    known = own.find("Observation", body["id"])
    if known is None:
        own.create(body, rid=body["id"])
    else:
        own.update({**body, "meta": known.json["meta"]})
