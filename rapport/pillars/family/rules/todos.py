"""What may be done with something of the shared list. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rapport.fhir.outcomes import Refused
from rapport.pillars.family.shapes.todos import ToDo, is_todo, read_todo, side

#: Longest words, in characters.
LONGEST = 300
_OWNERS = ("Patient/", "RelatedPerson/", "Practitioner/", "PractitionerRole/", "Organization/")


def judge(kind: str, ref: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> None:
    """Refused for what somebody of this kind ("patient", "kin", "staff", …) may not do."""
    if after is None:
        raise Refused("rule", "What is to be done is never deleted.", "Take it off the list.")
    if not is_todo(after) or (before is not None and not is_todo(before)):
        raise Refused("rule", "Something to do stays that.", "Write a new one instead.")
    now, was = read_todo(after), read_todo(before) if before is not None else None
    if not 0 < len(now.words.strip()) <= LONGEST:
        raise Refused(
            "rule", f"Say what is to be done, in at most {LONGEST} characters.", "Write a sentence."
        )
    if not now.state or not now.patient or not now.by[0] or not now.owner[0].startswith(_OWNERS):
        raise Refused("rule", "What is to be done says for whom, and who does it.", "Add what is missing.")
    if side(now.owner) == "patient" and now.owner[0] != now.patient:
        raise Refused("rule", "This is another patient.", "Choose whose it is.")
    if kind in ("system", "client"):
        return
    if was is None:
        if now.state != "open":
            raise Refused("rule", "What is to be done begins as open.", "Tick it off afterwards.")
        if kind == "kin" and side(now.owner) == "family" and now.owner[0] != ref:
            raise Refused("rule", "Each of the circle takes something for themselves.", "Ask them to.")
        return
    if replace(was, state=now.state) != now:
        raise Refused("rule", "What is to be done stays as it was written.", "Write a new one instead.")
    if was.state == now.state:
        return
    if now.state == "dropped" or was.state == "dropped":
        if not may_drop(was, kind, ref):
            raise Refused("rule", "Who wrote it takes it off, or the patient.", "Ask them.")
    elif not may_tick(was, kind, ref):
        raise Refused("rule", "Each side ticks off its own.", "Ask whose it is.")


def may_tick(one: ToDo, kind: str, ref: str) -> bool:
    """Whether it is theirs to tick off: one's own, or one's team's."""
    if one.talk:
        return False  # a promise is kept in its conversation
    return kind == "staff" if side(one.owner) == "team" else one.owner[0] == ref


def may_drop(one: ToDo, kind: str, ref: str) -> bool:
    """Whether they may take it off the list."""
    return not one.talk and ref in (one.by[0], one.patient)
