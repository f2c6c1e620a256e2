"""`PlanDefinition/$apply`: what a plan becomes for one person. Nothing is stored."""

from __future__ import annotations

from typing import Any

import orjson

from rapport.fhir.outcomes import Refused
from rapport.gate import applying, packages
from rapport.gate.permissions import READ

from . import parameters
from .http import Answer
from .visit import Visit

Json = dict[str, Any]

_OFFERED = {"planDefinition", "subject", "practitioner", "_format", "_pretty"}


def apply(visit: Visit) -> Answer:
    """GET or POST PlanDefinition/[id]/$apply and PlanDefinition/$apply"""
    asked = parameters.values(visit.request)
    unknown = sorted(set(asked) - _OFFERED)
    if unknown:
        raise Refused("invalid", f"$apply has no parameter {unknown[0][:80]} here.", "Leave it out.")
    for rtype in ("PlanDefinition", "ActivityDefinition", "Patient"):
        visit.within_scope(READ, rtype)
    plan, subject = _definition(visit, asked), _id(asked, "subject", "Patient")
    practitioner = _id(asked, "practitioner", "Practitioner") if "practitioner" in asked else ""
    author = f"Practitioner/{practitioner}" if practitioner else ""
    return Answer(200, orjson.dumps(applying.apply(visit.door, plan, f"Patient/{subject}", author=author)))


def _definition(visit: Visit, asked: Json) -> Json:
    given = asked.get("planDefinition")
    if len(visit.request.path) == 3:
        return visit.door.read("PlanDefinition", visit.rid()).json
    if not isinstance(given, dict) or given.get("resourceType") != "PlanDefinition":
        raise Refused("invalid", "It is not said which plan is meant.", "Name it, or send planDefinition.")
    issues = packages.errors(given, "PlanDefinition", False)
    if issues:
        raise Refused("invalid", f"This is no valid PlanDefinition: {issues[0].text}", "Mend it.", issues)
    return given


def _id(asked: Json, name: str, rtype: str) -> str:
    """The id of a resource that is asked for, written as `Type/id` or alone."""
    given = asked.get(name)
    if isinstance(given, dict):
        given = given.get("reference")
    if not isinstance(given, str) or not given:
        raise Refused("invalid", f"It is not said for whom ({name}).", f"Give {rtype}/[id].")
    kind, slash, rid = given.rpartition("/")
    if slash and kind != rtype:
        raise Refused("invalid", f"{name} is no {rtype}.", f"Give {rtype}/[id].")
    return rid
