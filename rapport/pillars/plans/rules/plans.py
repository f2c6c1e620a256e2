"""What may be done with a plan, by whom. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from rapport.fhir.outcomes import Refused
from rapport.pillars.plans.rules.goals import LONGEST
from rapport.pillars.plans.shapes.careplans import INSTEAD, Activity, is_plan, read_plan

#: State of an activity -> the states that the person may bring it to.
THEIRS = {
    "proposed": ("going", "declined", "countered"),
    "going": ("done", "declined", "countered"),
    "done": ("going",),
    "declined": ("going",),
    "countered": ("going", "declined", "countered"),
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
    was = {one.key: one for one in read_plan(before).activities}
    each = [(was.get(one.key, Activity(one.key, one.words, "proposed")), one) for one in now.activities]
    moved = [(old, one) for old, one in each if (old.state, old.instead) != (one.state, one.instead)]
    if kind == "staff":
        if not all(_answers(old, one) for old, one in moved):
            raise Refused("rule", "Whose plan it is decides what they do.", "Ask them.")
        return
    if _fixed(before) != _fixed(after):
        raise Refused("rule", "A plan is changed by who made it.", "Say what you would like instead.")
    for old, one in moved:
        _may_bring(old, one)


def _may_bring(old: Activity, one: Activity) -> None:
    """Whether the person may bring an activity from `old` to `one`; refused else."""
    if one.state not in THEIRS.get(old.state, ()) or (one.instead and one.state != "countered"):
        raise Refused("rule", "This cannot be brought to that state.", "Open it again and look.")
    if one.state == "declined" and not one.reason.strip():
        raise Refused("rule", "This needs a reason in words.", "Say why in a sentence.")
    if one.state == "countered" and not 0 < len(one.instead.strip()) <= LONGEST:
        raise Refused(
            "rule", "It needs words on what they would like instead.", f"Say it in {LONGEST} characters."
        )


def _answers(old: Activity, one: Activity) -> bool:
    """Whether the team answers what the person would like instead: so it is, or why it stays as it was."""
    if old.state != "countered":
        return False
    if one.state == "going":
        return one.words == old.instead and not one.instead
    stays = (one.words, one.instead) == (old.words, old.instead)
    return one.state == "proposed" and stays and bool(one.reason.strip())


def _fixed(body: Mapping[str, Any]) -> dict[str, Any]:
    """All of a plan that its person does not change."""
    found = deepcopy({name: value for name, value in body.items() if name not in ("meta", "id")})
    for one in found.get("activity") or ():
        detail = one.get("detail") or {}
        for name in ("status", "statusReason"):
            detail.pop(name, None)
        others = [each for each in detail.pop("extension", ()) if each.get("url") != INSTEAD]
        if others:
            detail["extension"] = others
    return found
