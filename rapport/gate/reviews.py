"""After an emergency: who answers for privacy here looks into it. A Task of its own kind says who.

Nobody makes one by hand. Whose it is reads it and what it is about, and closes it with what they found.
"""

from __future__ import annotations

from typing import Any

from rapport.fhir.outcomes import Refused

from .claims import KIND, kinds
from .guards import Guard, register

CODE = "emergency-review"
OPEN, DONE = "requested", "completed"
_MAY_CHANGE = frozenset({"status", "note", "meta", "lastModified"})

Body = dict[str, Any]


def review_of(task: Body, owner: str, name: str) -> Body:
    """The Task that asks `owner` to look into the emergency access of `task`; "" for nobody yet."""
    asked = {"owner": {"reference": owner, "display": name}} if owner else {}
    return {
        "resourceType": "Task",
        "status": OPEN,
        "intent": "order",
        "code": {"coding": [{"system": KIND, "code": CODE}]},
        "focus": {"reference": f"Task/{task['id']}"},
        "for": task["for"],
        "authoredOn": task["authoredOn"],
        **asked,
    }


def is_review(body: Body) -> bool:
    """Whether a body is, or claims to be, such a Task."""
    return body.get("resourceType") == "Task" and CODE in kinds(body)


def reviewer(body: Body) -> tuple[str, str, str]:
    """Who looks into it (a reference, "" for nobody), their name, and the Task that it is about."""
    owner = body.get("owner") or {}
    found = str(owner.get("reference", ""))
    who = found if found.startswith(("Practitioner/", "PractitionerRole/")) else ""
    return (
        who,
        str(owner.get("display") or "A colleague"),
        str((body.get("focus") or {}).get("reference", "")),
    )


def close(door: Any, rid: str, found: str) -> None:
    """Say what looking into it has shown; for whose task it is. Refused("invalid") without a word."""
    found = " ".join(found.split())[:1000]
    if not found:
        raise Refused("invalid", "Say in a few words what you found.", "The person can read it.")
    with door.unit("emergency reviewed"):
        body = door.read("Task", rid).json
        if not is_review(body):
            raise Refused("not-found", "This is not here.", "Go back and choose again.")
        door.update({**body, "status": DONE, "note": [{"text": found}]})


def _judge(door: Any, before: Body | None, after: Body | None) -> None:
    if door.actor.kind == "system":
        return
    if before is None or after is None or not is_review(before) or not is_review(after):
        raise Refused("rule", "What follows emergency access is opened by Rapport, and stays written.")
    changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    owner = reviewer(before)[0]
    mine = door.actor.kind == "staff" and owner in (door.actor.ref, *door.actor.positions)
    if not mine or changed - _MAY_CHANGE or before.get("status") != OPEN or after.get("status") != DONE:
        raise Refused("rule", "Whose task it is closes it, with a word on what they found.")


def set_up() -> None:
    """Let every write of such a Task be judged."""
    register(Guard("emergency review", is_review, _judge, types=frozenset({"Task"})))
