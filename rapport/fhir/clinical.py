"""The invariants of the clinical and workflow types, as quick functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rapport.fhir.moments import span

Json = dict[str, Any]

#: Characters of a date with a time: more digits make it no more precise.
_CLOCK: Final = len("YYYY-MM-DDT")


def ordered(first: str, last: str) -> bool:
    """As in FHIRPath: moments of different precision that overlap are not ordered."""
    start, end = span(first), span(last)
    if start is None or end is None:
        return True
    vague = min(len(first), _CLOCK) != min(len(last), _CLOCK)
    return start[1] <= end[0] if vague else start[0] <= end[0]


#: Code systems of the states of allergies and conditions.
_STATES: Final = "http://terminology.hl7.org/CodeSystem/"


def _has(concept: Any, system: str, *codes: str) -> bool:
    """True when a CodeableConcept holds one of the codes."""
    codings = concept.get("coding", []) if type(concept) is dict else []
    return any(one.get("code") in codes and one.get("system") == _STATES + system for one in codings)


def allergy(value: Json) -> Iterator[str]:
    """An AllergyIntolerance."""
    mistaken = _has(value.get("verificationStatus"), "allergyintolerance-verification", "entered-in-error")
    if mistaken and "clinicalStatus" in value:
        yield "must not have a clinicalStatus when it was entered in error (ait-2)"
    if not mistaken and "clinicalStatus" not in value:
        yield "must have a clinicalStatus (ait-1)"


def condition(value: Json) -> Iterator[str]:
    """A Condition."""
    mistaken = _has(value.get("verificationStatus"), "condition-ver-status", "entered-in-error")
    if mistaken and "clinicalStatus" in value:
        yield "must not have a clinicalStatus when it was entered in error (con-5)"
    ended = any(key.startswith("abatement") for key in value)
    if ended and not _has(
        value.get("clinicalStatus"), "condition-clinical", "inactive", "resolved", "remission"
    ):
        yield "must be inactive, resolved or in remission when it has an end (con-4)"


def appointment(value: Json) -> Iterator[str]:
    """An Appointment."""
    there = ("start" in value) + ("end" in value)
    if there == 1:
        yield "must have both start and end, or neither (app-2)"
    if there < 2 and value.get("status") not in ("proposed", "cancelled", "waitlist"):
        yield "must have start and end unless it is proposed, cancelled or waitlisted (app-3)"
    if "cancelationReason" in value and value.get("status") not in ("noshow", "cancelled"):
        yield "must not have a cancelationReason unless it was cancelled or not kept (app-4)"


def observation(value: Json) -> Iterator[str]:
    """An Observation."""
    if not any(key.startswith("value") for key in value) or "component" not in value:
        return
    own = _codings(value.get("code"))
    if any(own & _codings(one.get("code")) for one in value["component"]):
        yield "must not have a component with its own code beside a value (obs-7)"


def _codings(concept: Any) -> set[tuple[Any, Any]]:
    codings = concept.get("coding", []) if type(concept) is dict else []
    return {(coding.get("system"), coding.get("code")) for coding in codings if "code" in coding}


def organization(value: Json) -> Iterator[str]:
    """An Organization."""
    for key, name in (("org-2", "address"), ("org-3", "telecom")):
        if any(one.get("use") == "home" for one in value.get(name, ())):
            yield f"must not have a {name} of use home ({key})"


def group(value: Json) -> Iterator[str]:
    """A Group."""
    if "member" in value and value.get("actual") is not True:
        yield "must be actual to have members (grp-1)"


def list_(value: Json) -> Iterator[str]:
    """A List."""
    entries = value.get("entry", ())
    if value.get("mode") != "changes" and any("deleted" in entry for entry in entries):
        yield "must be a list of changes to have deleted entries (lst-2)"
    if value.get("mode") != "working" and any("date" in entry for entry in entries):
        yield "must be a working list to have dated entries (lst-3)"


def task(value: Json) -> Iterator[str]:
    """A Task."""
    if not ordered(value.get("authoredOn", ""), value.get("lastModified", "")):
        yield "must not be modified before it was authored, or be too vague to tell (inv-1)"


def dispense(value: Json) -> Iterator[str]:
    """A MedicationDispense."""
    if not ordered(value.get("whenPrepared", ""), value.get("whenHandedOver", "")):
        yield "must not be handed over before it was prepared, or be too vague to tell (mdd-1)"


def prediction(value: Json) -> Iterator[str]:
    """A prediction of a RiskAssessment."""
    if value.get("probabilityDecimal", 0) > 100:
        yield "must have a probability of at most 100 (ras-2)"


def linkage(value: Json) -> Iterator[str]:
    """A Linkage."""
    if len(value.get("item", ())) < 2:
        yield "must have two items or more (lnk-1)"
