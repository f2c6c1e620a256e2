"""Plans of a person and the templates they are made of, read through a door."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rapport.fhir.outcomes import not_found
from rapport.gate.door import Door
from rapport.gate.together import Asks, inquiry
from rapport.pillars.plans.shapes.careplans import PLAN, PlanFacts, read_plan
from rapport.pillars.plans.shapes.goals import KIND

#: Kinds of PlanDefinition that make a plan for somebody; decisions and measures have kinds of their own.
TYPES = "clinical-protocol,workflow-definition"
#: Most plans of one person, and most templates, that are read.
MOST = 100


@dataclass(frozen=True, slots=True)
class Template:
    """A PlanDefinition that is in use: its id, what it is called, what it is for, its address and version."""

    rid: str
    title: str
    purpose: str
    url: str
    version: str


@inquiry
def plans(_door: Door, patient: str) -> Asks[tuple[PlanFacts, ...]]:
    """The plans of a person that are in force, the newest first."""
    query = [("patient", patient), ("category", f"{KIND}|{PLAN}"), ("status", "active,on-hold")]
    found = yield "CarePlan", [*query, ("_sort", "-_lastUpdated"), ("_count", str(MOST))]
    told = (read_plan(record.json) for record in found.matches)
    return tuple(sorted(told, key=lambda one: str(one.at), reverse=True))


def templates(door: Door) -> tuple[Template, ...]:
    """The templates in use, of each the latest version, by name."""
    query = [("status", "active"), ("type", TYPES), ("_count", str(MOST))]
    each = (_template(record.json) for record in door.search("PlanDefinition", query).matches)
    latest: dict[str, Template] = {}
    for one in each:
        key = one.url or one.rid
        if key not in latest or _order(one.version) > _order(latest[key].version):
            latest[key] = one
    return tuple(sorted(latest.values(), key=lambda one: one.title.casefold()))


def need_template(door: Door, rid: str) -> dict[str, Any]:
    """A PlanDefinition that is in use; not found for another."""
    body = door.read("PlanDefinition", rid).json
    if body.get("status") != "active":
        raise not_found()
    return body


def _template(body: dict[str, Any]) -> Template:
    told = {name: str(body.get(name) or "") for name in ("id", "title", "name", "url", "version")}
    purpose = str(body.get("purpose") or body.get("description") or "")
    return Template(told["id"], told["title"] or told["name"], purpose, told["url"], told["version"])


def _order(version: str) -> tuple[tuple[int, str], ...]:
    """Versions in order: 1.10 is later than 1.9."""
    return tuple((int(part), "") if part.isdecimal() else (0, part) for part in version.split("."))
