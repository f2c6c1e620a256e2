"""A plan for one person, as a FHIR CarePlan: build and read. Pure.

Each activity is of the plan's own (`detail`). What it is for is a goal (`detail.goal`) or, by an extension,
an entry of what matters: a reference, so that who may not read the words does not read them here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rapport.pillars.plans.shapes.goals import BECAUSE, KIND

Resource = dict[str, Any]

PLAN = "plan"
#: State -> CarePlan.activity.detail.status. "proposed" waits for the person; "going" is theirs; "countered":
#: they would like it otherwise, and the team is asked.
STATES = {
    "proposed": "not-started",
    "going": "in-progress",
    "done": "completed",
    "declined": "cancelled",
    "countered": "on-hold",
}
#: The extension of an activity that says what the person would like instead of it, in their words.
INSTEAD = "urn:rapport:extension:instead"


@dataclass(frozen=True, slots=True)
class Activity:
    """One thing to do: its key in the plan, a state of `STATES`, and what it is good for.

    because  references: `Goal/…`, `QuestionnaireResponse/…`; none: it serves nothing yet
    times    local times of day, "08:00", at which it is to be done
    reason   why it was declined, or is wished otherwise; of a proposed one why the team keeps to it
    instead  what the person would like instead, in their words
    """

    key: str
    words: str
    state: str
    because: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    reason: str = ""
    instead: str = ""


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """A plan: what it is called, whose it is, who made it, of which template ("address|version"), when."""

    rid: str
    title: str
    patient: str
    by: str
    by_name: str
    at: datetime | None
    template: str
    activities: tuple[Activity, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a form says of a template's part: words, what it is good for ("" for nothing yet), local times."""

    words: str
    because: str = ""
    times: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """What stays of a draft: goals and activities by their key; what is not named is left out."""

    goals: Mapping[str, str] = field(default_factory=dict)
    activities: Mapping[str, Chosen] = field(default_factory=dict)


def plan(
    rid: str,
    draft: Mapping[str, Any],
    choice: Choice,
    goals: Mapping[str, str],
    *,
    by: tuple[str, str],
    at: datetime,
) -> Resource:
    """The resource of a plan: of a draft (`$apply`) what was chosen. `goals`: key of a goal -> `Goal/…`."""
    kept = {
        name: value
        for name, value in draft.items()
        if name not in ("contained", "goal", "activity", "author")
    }
    found: Resource = {
        **kept,
        "id": rid,
        "status": "active",
        "intent": "plan",
        "category": [{"coding": [{"system": KIND, "code": PLAN}]}],
        "created": at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "author": {"reference": by[0], "display": by[1]},
        "activity": [
            _activity(one, choice.activities[one["id"]], goals)
            for one in draft.get("activity") or ()
            if one["id"] in choice.activities
        ],
    }
    if goals:
        found["goal"] = [{"reference": ref} for ref in goals.values()]
    return found


def _activity(told: Mapping[str, Any], chosen: Chosen, goals: Mapping[str, str]) -> Resource:
    detail = {name: value for name, value in told["detail"].items() if name != "goal"}
    detail |= {"description": chosen.words, "status": STATES["proposed"]}
    because = goals.get(chosen.because, "" if chosen.because.startswith("goal-") else chosen.because)
    if because.startswith("Goal/"):
        detail["goal"] = [{"reference": because}]
    elif because:
        detail["extension"] = [{"url": BECAUSE, "valueReference": {"reference": because}}]
    if chosen.times:
        detail.pop("scheduledPeriod", None)
        detail["scheduledTiming"] = {"repeat": repeat(chosen.times)}
    return {"id": told["id"], "detail": detail}


def repeat(times: tuple[str, ...]) -> Resource:
    """Timing.repeat of every day at these local times of day."""
    each = [f"{one}:00" for one in times]
    return {"frequency": len(each), "period": 1, "periodUnit": "d", "timeOfDay": each}


def answered(body: Mapping[str, Any], key: str, state: str, reason: str = "", instead: str = "") -> Resource:
    """The plan with an activity in another state; KeyError where there is none of this key.

    instead  what the person would like instead, for "countered"; a proposal that stays keeps it
    """
    found = deepcopy(dict(body))
    detail = {str(one.get("id")): one for one in found.get("activity") or ()}[key]["detail"]
    detail["status"] = STATES[state]
    detail.pop("statusReason", None)
    if reason:
        detail["statusReason"] = {"text": reason}
    said = instead or (_instead(detail) if state == "proposed" else "")
    others = [one for one in detail.pop("extension", ()) if one.get("url") != INSTEAD]
    if said:
        others.append({"url": INSTEAD, "valueString": said})
    if others:
        detail["extension"] = others
    return found


def agreed(body: Mapping[str, Any], key: str) -> Resource:
    """The plan with an activity as the person would like it; it goes on, in their words."""
    words = next(one.instead for one in read_plan(body).activities if one.key == key)
    found = answered(body, key, "going")
    {str(one.get("id")): one for one in found["activity"]}[key]["detail"]["description"] = words
    return found


def is_plan(body: Mapping[str, Any]) -> bool:
    """Whether a resource is one of our plans."""
    if body.get("resourceType") != "CarePlan":
        return False
    codings = (coding for concept in body.get("category") or () for coding in concept.get("coding") or ())
    return any((one.get("system"), one.get("code")) == (KIND, PLAN) for one in codings)


def read_plan(body: Mapping[str, Any]) -> PlanFacts:
    """The facts of any CarePlan; absent ones are empty."""
    author = body.get("author") or {}
    return PlanFacts(
        rid=str(body.get("id", "")),
        title=str(body.get("title") or ""),
        patient=str((body.get("subject") or {}).get("reference", "")),
        by=str(author.get("reference", "")),
        by_name=str(author.get("display", "")),
        at=_moment(body.get("created")),
        template=str(next(iter(body.get("instantiatesCanonical") or ()), "")),
        activities=tuple(_activities(body)),
    )


def _activities(body: Mapping[str, Any]) -> Iterator[Activity]:
    states = {status: state for state, status in STATES.items()}
    for place, one in enumerate(body.get("activity") or ()):
        detail = one.get("detail")
        if not detail:
            continue
        timing = (detail.get("scheduledTiming") or {}).get("repeat") or {}
        yield Activity(
            key=str(one.get("id", f"a{place}")),
            words=str(detail.get("description") or (detail.get("code") or {}).get("text") or ""),
            state=states.get(str(detail.get("status")), ""),
            because=tuple(_because(detail)),
            times=tuple(str(at)[:5] for at in timing.get("timeOfDay") or ()),
            reason=str((detail.get("statusReason") or {}).get("text", "")),
            instead=_instead(detail),
        )


def _instead(detail: Mapping[str, Any]) -> str:
    told = (one.get("valueString") for one in detail.get("extension") or () if one.get("url") == INSTEAD)
    return str(next(told, None) or "")


def _because(detail: Mapping[str, Any]) -> Iterator[str]:
    for goal in detail.get("goal") or ():
        yield str(goal.get("reference", ""))
    for one in detail.get("extension") or ():
        if one.get("url") == BECAUSE:
            yield str((one.get("valueReference") or {}).get("reference", ""))


def _moment(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else None
