"""What a PlanDefinition becomes for one person: `$apply` of R4, without storing anything. Pure.

The answer is a CarePlan. Its goals are contained in it, as the definition proposes them; every action without
parts is one activity, with what its ActivityDefinition says. What can't be worked out is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rapport.fhir.fhirpath import compiled
from rapport.fhir.fhirpath.values import PathError
from rapport.fhir.outcomes import Refused

Json = dict[str, Any]

#: What an ActivityDefinition may ask for that a CarePlan may name as an activity's kind.
_KINDS = frozenset(
    {
        "Appointment", "CommunicationRequest", "DeviceRequest", "MedicationRequest",
        "NutritionOrder", "Task", "ServiceRequest", "VisionPrescription",
    }
)  # fmt: skip
_TIMES = {"timingTiming": "scheduledTiming", "timingPeriod": "scheduledPeriod"}


def applied(
    definition: Mapping[str, Any],
    person: Mapping[str, Any],
    activities: Mapping[str, Mapping[str, Any]],
    *,
    author: str = "",
) -> Json:
    """The CarePlan of a PlanDefinition for a Patient.

    activities  ActivityDefinition by canonical address, with and without "|version"
    Refused("rule") for a definition that is no longer in use, or that asks for what is not offered here.
    """
    if definition.get("status") == "retired":
        raise Refused("rule", "This plan is retired.", "Choose a later version.")
    subject = f"Patient/{person['id']}"
    goals = [_goal(one, number, subject) for number, one in enumerate(definition.get("goal") or (), 1)]
    known = {
        str(one.get("id", "")): f"#{made['id']}" for one, made in zip(_goals(definition), goals, strict=True)
    }
    each = [
        _activity(action, place, known, activities)
        for place, action in enumerate(_actions(definition.get("action") or (), person), 1)
    ]
    found: Json = {
        "resourceType": "CarePlan",
        "status": "draft",
        "intent": "proposal",
        "title": str(definition.get("title") or definition.get("name") or ""),
        "subject": {"reference": subject},
        "contained": goals,
        "goal": [{"reference": f"#{goal['id']}"} for goal in goals],
        "activity": each,
    }
    if url := definition.get("url"):
        version = definition.get("version")
        found["instantiatesCanonical"] = [f"{url}|{version}" if version else str(url)]
    if author:
        found["author"] = {"reference": author}
    return {name: value for name, value in found.items() if value not in ([], "")}


def canonicals(definition: Mapping[str, Any]) -> set[str]:
    """The addresses of the ActivityDefinitions that its actions name."""
    found: set[str] = set()
    parts: list[Any] = list(definition.get("action") or ())
    while parts:
        action = parts.pop()
        found.add(str(action.get("definitionCanonical", "")))
        parts += action.get("action") or ()
    return found - {""}


def _goals(definition: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(definition.get("goal") or ())


def _goal(told: Mapping[str, Any], number: int, subject: str) -> Json:
    made: Json = {
        "resourceType": "Goal",
        "id": f"goal-{number}",
        "lifecycleStatus": "proposed",
        "description": told["description"],
        "subject": {"reference": subject},
    }
    made |= {name: told[name] for name in ("priority", "addresses") if name in told}
    if "category" in told:
        made["category"] = [told["category"]]
    if targets := told.get("target"):
        made["target"] = [
            {("dueDuration" if name == "due" else name): value for name, value in target.items()}
            for target in targets
        ]
    return made


def _actions(actions: Any, person: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The actions without parts that apply to somebody, in order."""
    for action in actions:
        if all(_holds(condition, person) for condition in action.get("condition") or ()):
            if action.get("dynamicValue") or action.get("transform"):
                raise Refused(
                    "rule", "This plan works out values, which is not offered here.", "Use another."
                )
            yield from _actions(action["action"], person) if action.get("action") else (action,)


def _holds(condition: Mapping[str, Any], person: Mapping[str, Any]) -> bool:
    """Whether an action applies; a condition to start or to stop it says nothing of that."""
    if condition.get("kind") != "applicability":
        return True
    expression = condition.get("expression") or {}
    if expression.get("language") != "text/fhirpath":
        raise Refused("rule", "This plan has a condition that can't be read here.", "Use text/fhirpath.")
    try:
        return compiled(str(expression.get("expression", ""))).holds(dict(person))
    except PathError as wrong:
        raise Refused("rule", f"A condition of this plan {wrong}.", "Mend the plan.") from wrong


def _activity(
    action: Mapping[str, Any],
    place: int,
    goals: Mapping[str, str],
    activities: Mapping[str, Mapping[str, Any]],
) -> Json:
    canonical = str(action.get("definitionCanonical", ""))
    if canonical and canonical not in activities:
        raise Refused("rule", f"The activity {canonical[:200]} is not here.", "Store its definition first.")
    named = activities.get(canonical, {})
    texts = [action.get("title") or named.get("title"), action.get("description") or named.get("description")]
    kind = str(named.get("kind") or "Task")
    detail: Json = {
        "kind": kind if kind in _KINDS else "Task",
        "status": "not-started",
        "description": ". ".join(dict.fromkeys(str(one).rstrip(".") for one in texts if one)),
    }
    if canonical:
        detail["instantiatesCanonical"] = [canonical]
    code = next(iter(action.get("code") or ()), None) or named.get("code")
    aims = [goals[one] for one in action.get("goalId") or () if one in goals]
    more = {
        "code": code,
        "reasonCode": action.get("reason"),
        "goal": [{"reference": aim} for aim in aims],
        **{mine: action.get(theirs) or named.get(theirs) for theirs, mine in _TIMES.items()},
    }
    detail |= {name: value for name, value in more.items() if value}
    return {"id": str(action.get("id") or f"a{place}"), "detail": detail}
