"""A goal in somebody's own words, as a FHIR Goal: build and read. Pure.

Steps are targets; who could help stands with each. How far one has come is an answer of the scale of Goal
Attainment Scaling (LOINC LL6900-6). Codes follow HL7's Person-Centered Outcomes guide; no profile is claimed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

Resource = dict[str, Any]

KIND = "urn:rapport:kind"
GOAL = "goal"
STEP = "urn:rapport:goal-step"
LOINC = "http://loinc.org"
ACHIEVED = "http://terminology.hl7.org/CodeSystem/goal-achievement"
#: Where a goal says how much it matters and how sure the person is, 0 to 10 each; and for what it is good.
IMPORTANCE, CONFIDENCE = "urn:rapport:extension:importance", "urn:rapport:extension:confidence"
BECAUSE = "urn:rapport:extension:because"

#: State -> Goal.lifecycleStatus. "proposed" waits for the person; "active" is theirs.
STATES = {
    "proposed": "proposed",
    "active": "active",
    "reached": "completed",
    "declined": "rejected",
    "ended": "cancelled",
}
#: Level of attainment -> LOINC answer, and the nearest code of FHIR's own list.
LEVELS = {
    -2: ("LA34484-8", "worsening"),
    -1: ("LA34483-0", "in-progress"),
    0: ("LA34481-4", "achieved"),
    1: ("LA34480-6", "achieved"),
    2: ("LA34479-8", "achieved"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its words, whether it is done, and who could help ("" for nobody named)."""

    words: str
    done: bool = False
    helper: str = ""


@dataclass(frozen=True, slots=True)
class GoalFacts:
    """A goal: a state of `STATES`, the words and whose they are, the steps, and how far one has come.

    by          `Patient/…`, `Practitioner/…` or `RelatedPerson/…` who said it; `by_name`
    because     what it is good for, in words; "" for none
    level       -2 to 2 as the person sees it, None before anybody said
    importance  and confidence: 0 to 10, None where not said
    reason      why it was declined or ended, in words
    """

    rid: str
    state: str
    words: str
    patient: str
    by: str
    by_name: str
    since: date | None
    because: str
    steps: tuple[Step, ...]
    level: int | None
    importance: int | None
    confidence: int | None
    reason: str

    @property
    def theirs(self) -> bool:
        """Whether the person said it themselves."""
        return self.by == self.patient

    @property
    def open(self) -> bool:
        """Whether it waits for a word, or goes on."""
        return self.state in ("proposed", "active")


@dataclass(frozen=True, slots=True)
class Said:
    """What a form says of a goal: see `GoalFacts`."""

    words: str
    steps: tuple[Step, ...] = ()
    importance: int | None = None
    confidence: int | None = None
    because: str = ""


def goal(
    rid: str, said: Said, *, patient: str, by: tuple[str, str], at: datetime, state: str = "active"
) -> Resource:
    """The resource of a goal; `by` as (reference, name)."""
    found: Resource = {
        "resourceType": "Goal",
        "id": rid,
        "lifecycleStatus": STATES[state],
        "category": [{"coding": [{"system": KIND, "code": GOAL}]}],
        "description": {"text": said.words},
        "subject": {"reference": patient},
        "startDate": at.date().isoformat(),
        "statusDate": at.astimezone(UTC).date().isoformat(),
        "expressedBy": {"reference": by[0], "display": by[1]},
    }
    return with_steps(_with_extensions(found, said), said.steps)


def _with_extensions(found: Resource, said: Said) -> Resource:
    numbers = ((IMPORTANCE, said.importance), (CONFIDENCE, said.confidence))
    each: list[Resource] = [
        {"url": url, "valueInteger": value} for url, value in numbers if value is not None
    ]
    if said.because:
        each.append({"url": BECAUSE, "valueString": said.because})
    return {**found, "extension": each} if each else found


def with_steps(body: Mapping[str, Any], steps: Sequence[Step]) -> Resource:
    """The goal with these steps in place of its own."""
    found = {name: value for name, value in body.items() if name != "target"}
    if steps:
        found["target"] = [_target(step) for step in steps]
    return found


def _target(step: Step) -> Resource:
    state: Resource = {"coding": [{"system": STEP, "code": "done" if step.done else "open"}]}
    if step.helper:
        state["text"] = step.helper
    words = {"coding": [{"system": KIND, "code": "step"}], "text": step.words}
    return {"measure": words, "detailCodeableConcept": state}


def moved(body: Mapping[str, Any], state: str, *, at: datetime, reason: str = "") -> Resource:
    """The goal in another state; why, where somebody said so."""
    found = {name: value for name, value in body.items() if name != "statusReason"}
    found |= {"lifecycleStatus": STATES[state], "statusDate": at.astimezone(UTC).date().isoformat()}
    return {**found, "statusReason": reason} if reason else found


def with_level(body: Mapping[str, Any], level: int) -> Resource:
    """The goal with how far one has come; KeyError for no level."""
    answer, near = LEVELS[level]
    codes = [{"system": LOINC, "code": answer}, {"system": ACHIEVED, "code": near}]
    return {**body, "achievementStatus": {"coding": codes}}


def is_goal(body: Mapping[str, Any]) -> bool:
    """Whether a resource is one of our goals."""
    return body.get("resourceType") == "Goal" and any(
        GOAL in _codes(concept, KIND) for concept in body.get("category") or ()
    )


def read_goal(body: Mapping[str, Any]) -> GoalFacts:
    """The facts of a goal; absent ones are empty."""
    by = body.get("expressedBy") or {}
    states = {status: state for state, status in STATES.items()}
    answers = _codes(body.get("achievementStatus"), LOINC)
    return GoalFacts(
        rid=str(body.get("id", "")),
        state=states.get(str(body.get("lifecycleStatus")), ""),
        words=str((body.get("description") or {}).get("text", "")),
        patient=str((body.get("subject") or {}).get("reference", "")),
        by=str(by.get("reference", "")),
        by_name=str(by.get("display", "")),
        since=_day(body.get("startDate")),
        because=str(_extension(body, BECAUSE).get("valueString", "")),
        steps=tuple(_step(target) for target in body.get("target") or ()),
        level=next((level for level, codes in LEVELS.items() if codes[0] in answers), None),
        importance=_number(body, IMPORTANCE),
        confidence=_number(body, CONFIDENCE),
        reason=str(body.get("statusReason") or "") if isinstance(body.get("statusReason"), str) else "",
    )


def _step(target: Mapping[str, Any]) -> Step:
    state = target.get("detailCodeableConcept") or {}
    words = str((target.get("measure") or {}).get("text", ""))
    return Step(words, "done" in _codes(state, STEP), str(state.get("text", "")))


def _codes(concept: object, system: str) -> list[str]:
    codings = concept.get("coding") or [] if isinstance(concept, Mapping) else []
    return [str(coding.get("code", "")) for coding in codings if coding.get("system") == system]


def _extension(body: Mapping[str, Any], url: str) -> Mapping[str, Any]:
    return next((one for one in body.get("extension") or () if one.get("url") == url), {})


def _number(body: Mapping[str, Any], url: str) -> int | None:
    value = _extension(body, url).get("valueInteger")
    return value if isinstance(value, int) else None


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None
