"""What may be done with a plan, by whom. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from rapport.fhir.outcomes import Refused
from rapport.pillars.plans.rules.goals import LONGEST
from rapport.pillars.plans.shapes.careplans import is_plan, read_plan

#: State of an activity -> the states that the person may bring it to.
THEIRS = {
    "proposed": ("going", "declined"),
    "going": ("done", "declined"),
    "done": ("going",),
    "declined": ("going",),
}


def judge(kind: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> None:
    """Refused for a step that somebody of this kind may not take: the person decides what they do."""
    if after is None:
        raise Refused("rule", "A plan is never deleted.", "Revoke it, so that it is seen that it was.")
    if not is_plan(after) or (before is not None and not is_plan(before)):
        raise Refused("rule", "A plan stays a plan.", "Make a new one instead.")
    now = read_plan(after)
    if not all(0 < len(one.words.strip()) <= LONGEST for one in now.activities):
        raise Refused("rule", f"An activity has words, at most {LONGEST} characters.", "Put that right.")
    if kind in ("system", "client"):
        return
    if before is None:
        if any(one.state != "proposed" for one in now.activities):
            raise Refused("rule", "What a plan asks for is proposed; the person decides.", "Propose it.")
        return
    was = {one.key: one.state for one in read_plan(before).activities}
    each = [(was.get(one.key, "proposed"), one) for one in now.activities]
    moved = [(state, one) for state, one in each if state != one.state]
    if kind == "staff":
        if moved:
            raise Refused("rule", "Whose plan it is decides what they do.", "Ask them.")
        return
    if _fixed(before) != _fixed(after):
        raise Refused("rule", "A plan is changed by who made it.", "Say what you would like instead.")
    for state, one in moved:
        if one.state not in THEIRS.get(state, ()):
            raise Refused("rule", "This cannot be brought to that state.", "Open it again and look.")
        if one.state == "declined" and not one.reason.strip():
            raise Refused("rule", "This needs a reason in words.", "Say why in a sentence.")


def _fixed(body: Mapping[str, Any]) -> dict[str, Any]:
    """All of a plan that its person does not change."""
    found = deepcopy({name: value for name, value in body.items() if name not in ("meta", "id")})
    for one in found.get("activity") or ():
        for name in ("status", "statusReason"):
            (one.get("detail") or {}).pop(name, None)
    return found
