"""What pages say of a record: FHIR in, plain facts out. Pure: no Django, no door, time passed in.

Real records are uneven: a name without a family name, a date that is only a year, a code without words.
Every reader here takes what is there and never raises for what is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rapport.people.portrait import Moment, moment, words

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the record: its words, what stands under it, and since (or on) when."""

    words: str
    under: str = ""
    since: Moment | None = None
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Contact:
    """A visit or stay as the record tells it. `kind`: "visit", "stay", "emergency", "online"."""

    kind: str
    words: str
    who: str
    at: Moment
    planned: bool = False


def has_code(concept: Any, *codes: str) -> bool:
    """Whether a CodeableConcept carries one of these codes."""
    codings = concept.get("coding") or [] if isinstance(concept, dict) else []
    return any(isinstance(coding, dict) and coding.get("code") in codes for coding in codings)


def problem(condition: Json) -> Fact:
    """A Condition as a line: what it is, since when."""
    since = condition.get("onsetDateTime") or (condition.get("onsetPeriod") or {}).get("start")
    return Fact(words(condition.get("code")), since=moment(since or condition.get("recordedDate")))


def medicine(request: Json) -> Fact:
    """A MedicationRequest or MedicationStatement as a line: what it is, how it is taken, since when."""
    named = words(request.get("medicationCodeableConcept"))
    named = named or (request.get("medicationReference") or {}).get("display", "")
    dosage = [
        str(line["text"])
        for line in request.get("dosageInstruction") or request.get("dosage") or []
        if isinstance(line, dict) and line.get("text")
    ]
    since = moment(request.get("authoredOn") or request.get("effectiveDateTime"))
    return Fact(named, "; ".join(dosage), since)


def allergy(intolerance: Json) -> Fact:
    """An AllergyIntolerance as a line: to what, how it showed, since when; strong where it is dangerous."""
    shown = [
        words(sign)
        for reaction in intolerance.get("reaction") or []
        for sign in reaction.get("manifestation") or []
    ]
    since = moment(intolerance.get("onsetDateTime") or intolerance.get("recordedDate"))
    strong = intolerance.get("criticality") == "high"
    return Fact(words(intolerance.get("code")), ", ".join(dict.fromkeys(filter(None, shown))), since, strong)


def visit(encounter: Json) -> Contact | None:
    """An Encounter as a contact; None where it has no time or did not happen."""
    at = moment((encounter.get("period") or {}).get("start"))
    if at is None or encounter.get("status") in ("cancelled", "entered-in-error"):
        return None
    kind = {"IMP": "stay", "ACUTE": "stay", "NONAC": "stay", "EMER": "emergency", "VR": "online"}
    code = str((encounter.get("class") or {}).get("code") or "")
    said = words((encounter.get("type") or [None])[0])
    met = [(part.get("individual") or {}).get("display", "") for part in encounter.get("participant") or []]
    return Contact(
        kind.get(code, "visit"),
        said,
        ", ".join(filter(None, met)),
        at,
        planned=encounter.get("status") == "planned",
    )


def booking(appointment: Json) -> Contact | None:
    """An Appointment as a contact to come; None where it has no time."""
    at = moment(appointment.get("start"))
    if at is None:
        return None
    said = appointment.get("description") or words(appointment.get("appointmentType"))
    with_whom = [(part.get("actor") or {}) for part in appointment.get("participant") or []]
    others = [actor for actor in with_whom if not str(actor.get("reference")).startswith("Patient/")]
    names = [actor.get("display", "") for actor in others]
    return Contact("visit", str(said or ""), ", ".join(filter(None, names)), at, planned=True)


def facts(found: Iterable[Fact]) -> tuple[Fact, ...]:
    """Facts without empty or repeated lines (imports repeat a medicine often): the first of each stays."""
    kept: dict[str, Fact] = {}
    for fact in found:
        if fact.words:
            kept.setdefault(fact.words.casefold(), fact)
    return tuple(kept.values())
