"""What a plan becomes for somebody, seen through a door: it and what it names as that door reads them."""

from __future__ import annotations

from typing import Any

from rapport.fhir.applying import applied, canonicals

from .door import Door

Json = dict[str, Any]


def apply(door: Door, plan: Json, patient: str, *, author: str = "") -> Json:
    """The CarePlan that a PlanDefinition makes for `Patient/…`; nothing is stored. See `fhir.applying`."""
    person = door.read("Patient", patient.partition("/")[2]).json
    return applied(plan, person, _definitions(door, plan), author=author)


def _definitions(door: Door, plan: Json) -> dict[str, Json]:
    """The ActivityDefinitions that a plan names, by the address that it names them by."""
    found: dict[str, Json] = {}
    for canonical in sorted(canonicals(plan)):
        url, _, version = canonical.partition("|")
        query = [("url", url), *([("version", version)] if version else ()), ("_sort", "-date")]
        for one in door.search("ActivityDefinition", [*query, ("_count", "1")]).matches:
            found[canonical] = one.json
    return found
