"""Who a body says it is from. Nobody speaks in another's name, and nothing moves between records.

The patient that a body names is not trusted either: the filter judges the row that came of it.
"""

from __future__ import annotations

from typing import Any

from rapport.fhir.outcomes import Refused

from .actor import Actor

Body = dict[str, Any]

KIND = "urn:rapport:kind"
#: Where a resource says who it is from.
_FROM = {"Communication": "sender", "Task": "requester"}


def kinds(body: Body) -> frozenset[str]:
    """The product codes of a body (`urn:rapport:kind`), from its code and its categories."""
    concepts = [body.get("code"), *_list(body.get("category"))]
    return frozenset(
        coding["code"]
        for concept in concepts
        if isinstance(concept, dict)
        for coding in _list(concept.get("coding"))
        if isinstance(coding, dict) and coding.get("system") == KIND and isinstance(coding.get("code"), str)
    )


def check(actor: Actor, before: Body | None, after: Body) -> None:
    """Refuse a person who speaks as somebody else, and a patient who writes what is no conversation."""
    if actor.kind in ("system", "client"):
        return
    rtype = str(after["resourceType"])
    if actor.kind in ("patient", "kin") and not _conversational(rtype, before, after):
        raise Refused(
            "forbidden", "Only your own messages and questions can be written here.", "Write a message."
        )
    place = _FROM.get(rtype)
    if place is None:
        return
    said = _reference(after.get(place))
    if before is not None:
        if said != _reference(before.get(place)):
            raise Refused(
                "forbidden", f"Who this is from ({place}) cannot be changed.", "Leave it as it was."
            )
    elif not _may_say(actor, said):
        raise Refused(
            "forbidden", f"This is written in somebody else's name ({place}).", "Write as yourself."
        )


def _conversational(rtype: str, before: Body | None, after: Body) -> bool:
    """What patients and family write: product-coded messages and tasks, and the files that go with them."""
    if rtype == "Binary":
        return before is None
    if rtype not in _FROM:
        return False
    return bool(kinds(after)) and (before is None or kinds(before) == kinds(after))


def _may_say(actor: Actor, said: str) -> bool:
    if actor.kind != "staff":
        return said == actor.ref
    own = ("", actor.ref, *actor.positions, *actor.teams)
    return said in own or said.startswith(("Patient/", "RelatedPerson/"))  # noted down for somebody who rang


def _reference(value: Any) -> str:
    return str(value.get("reference", "")) if isinstance(value, dict) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
