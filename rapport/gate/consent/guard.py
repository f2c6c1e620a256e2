"""Who may say who sees a record: the patient of their own, leads and privacy officers of any.

What a Consent says by law (a parent's, a guardian's, an agent's) is entered by staff, who saw the proof.
Nothing of it is deleted.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rapport.fhir.outcomes import Refused
from rapport.gate.guards import Guard, register

from . import words
from .ages import ages, birthday
from .reading import codings_of

Body = dict[str, Any]


def about_access(body: Body) -> bool:
    """Whether a body is a Consent that decides about access, or may."""
    if body.get("resourceType") != "Consent":
        return False
    scopes = set(codings_of(body.get("scope")))
    return not scopes or not scopes <= words.OTHER_SCOPES


def judge(door: Any, before: Body | None, after: Body | None) -> None:
    """Refuse who may not say this."""
    actor = door.actor
    if actor.kind in ("system", "client"):
        return
    if after is None:
        raise Refused("rule", "What was agreed about sharing is kept.", "End it: set its status to inactive.")
    if actor.kind == "staff":
        if not actor.duties & {"lead", "privacy"}:
            raise Refused("forbidden", "Only the patient says who sees what.", "Ask them, or a lead.")
        return
    performers = after.get("performer", [{"reference": actor.ref}])
    own = all(one.get("reference") == actor.ref for one in performers)
    if actor.kind != "patient" or not own:
        raise Refused("forbidden", "You can say this of your own record alone.", "Name nobody else.")
    if any(_by_law(body) for body in (before, after) if body is not None):
        said = "What somebody may do by law is entered by the people who saw the proof."
        raise Refused("forbidden", said, "Ask your team; you can add what you do not want them to see.")
    if _too_young(door, actor.ref):
        raise Refused("forbidden", "At your age a parent decides this.", "Talk to your team.")


def _by_law(node: Any) -> bool:
    """Whether any role in a Consent is one of legal authority."""
    if isinstance(node, dict):
        coding = (node.get("system"), node.get("code"))
        return coding in words.AUTHORITIES or any(_by_law(value) for value in node.values())
    return isinstance(node, list) and any(_by_law(item) for item in node)


def _too_young(door: Any, patient: str) -> bool:
    record = door.rapport("sharing").find(*patient.split("/"))
    until = birthday(str(record.json.get("birthDate", "")), ages().lower) if record else None
    return until is not None and datetime.now(UTC) < until


def set_up() -> None:
    """Let every write of such a Consent be judged."""
    register(Guard("sharing", about_access, judge, types=frozenset({"Consent"})))
