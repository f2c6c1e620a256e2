"""What may be said of how to reach somebody. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rapport.fhir.outcomes import Refused
from rapport.pillars.what_matters.shapes.reach import NEEDS, WAYS, Reach, is_reach, reach_id, read, subject_of


def judge(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> None:
    """Refused for what no writer may say of how to reach somebody."""
    if after is None or (before is not None and subject_of(before) != subject_of(after)):
        raise Refused("rule", "How to reach somebody stays theirs, and is not deleted.", "Change it instead.")
    if not is_reach(after) or (before is not None and not is_reach(before)):
        raise Refused("rule", "How to reach somebody stays what it is.", "Make a new one instead.")
    if after.get("id") != reach_id(subject_of(after)) or after.get("status") != "completed":
        raise Refused("rule", "There is one of it for a person, and it stands.", "Change that one.")
    try:
        one = read(after)
    except ValueError:
        one = Reach("?")
    known = one.way in ("", *WAYS) and set(one.needs) <= set(NEEDS)
    if not known or (one.quiet and one.quiet[0] == one.quiet[1]):
        raise Refused(
            "rule",
            "It names a way and needs of its form, and two different times of day or none.",
            "Put that right and send it again.",
        )
