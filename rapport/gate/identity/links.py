"""Which record took the place of which is said by merging alone: nobody writes such a link by hand."""

from __future__ import annotations

from typing import Any

from rapport.fhir.outcomes import Refused
from rapport.gate.guards import Guard, register

Body = dict[str, Any]
KINDS = ("replaces", "replaced-by")


def links(body: Body | None) -> list[Any]:
    """The links of a Patient that say that one record is in the place of another."""
    found = (body or {}).get("link") or ()
    return [one for one in found if isinstance(one, dict) and one.get("type") in KINDS]


def replaced(body: Body) -> bool:
    """Whether another record is in the place of this one."""
    return any(one["type"] == "replaced-by" for one in links(body))


def _applies(body: Body) -> bool:
    return body.get("resourceType") == "Patient" and bool(body.get("link"))


def _judge(door: Any, before: Body | None, after: Body | None) -> None:
    """Programs and Rapport itself may write what another system says; it opens nothing."""
    if door.actor.kind not in ("system", "client") and links(before) != links(after):
        said = "Records are joined on their own page, and undone there."
        raise Refused("rule", said, "Leave the links of the record as they are.")


def set_up() -> None:
    """Let every write of such a Patient be judged."""
    register(Guard("identity", _applies, _judge, types=frozenset({"Patient"})))
