"""Categories that are no type of their own: a product's kinds carry the mark of theirs, nothing else does.

A mark is put on when a resource arrives (`labelling`), so that nobody has to think of it, and nobody can
leave it off or put it on something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rapport.fhir.labels import CATEGORY
from rapport.fhir.outcomes import Refused

from .claims import kinds
from .guards import Guard, register

Body = dict[str, Any]

#: A product's kind -> the category that it is shared by.
CATEGORY_OF: Final[Mapping[str, str]] = {
    "help": "practical-help",
    "to-do": "practical-help",
    "update": "updates",
    "meeting": "meetings",
    "agenda": "meetings",
    "summary": "meetings",
}


def of_kinds(body: Body) -> frozenset[str]:
    """The categories that the kinds of a body belong to; one at most where it is well made."""
    return frozenset(CATEGORY_OF[kind] for kind in kinds(body) if kind in CATEGORY_OF)


def of_labels(body: Body) -> frozenset[str]:
    """The categories whose marks a body carries."""
    found = (body.get("meta") or {}).get("security") or ()
    return frozenset(str(one.get("code")) for one in found if one.get("system") == CATEGORY)


def _applies(body: Body) -> bool:
    return bool(of_labels(body) or of_kinds(body))


def judge(door: Any, before: Body | None, after: Body | None) -> None:
    """Refuse a mark on what is not of its kind, and a kind that becomes another."""
    if after is None:
        return
    categories = of_kinds(after)
    if categories != of_labels(after) or (categories and len(kinds(after)) != 1):
        raise Refused("rule", "This mark belongs to another kind of thing.", "Leave the mark to Rapport.")
    if before is not None and (categories or of_kinds(before)) and kinds(before) != kinds(after):
        raise Refused("rule", "What this is cannot be changed.", "Write a new one instead.")


def set_up() -> None:
    """Let every write of what carries a mark be judged."""
    register(Guard("marks", _applies, judge))
