"""What the glance says of a record: FHIR in, plain facts out. Pure: no Django, no door, time passed in.

Real records are uneven: a name without a family name, a date that is only a year, a code without words.
Every reader here takes what is there and never raises for what is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

PRONOUNS = "http://hl7.org/fhir/StructureDefinition/individual-pronouns"
#: SNOMED CT's kind of a concept, in brackets behind its name: nothing a reader needs.
KIND_IN_BRACKETS = re.compile(
    r"\s*\((?:disorder|finding|procedure|situation|regime/therapy|environment|event|person)\)$"
)

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Moment:
    """A date as exactly as it was recorded: `shape` is "year", "month", "day" or "time"."""

    at: datetime
    shape: str

    @property
    def day(self) -> date:
        return self.at.date()


@dataclass(frozen=True, slots=True)
class Age:
    """How old: `count` of `unit` ("days", "weeks", "months", "years"); small ones not in years."""

    count: int
    unit: str


@dataclass(frozen=True, slots=True)
class Person:
    """Who a Patient resource is about. `first` is what to call them; `languages` preferred first."""

    ref: str
    name: str
    first: str
    born: Moment | None
    age: Age | None
    gender: str
    pronoun: str
    languages: tuple[str, ...]
    died: Moment | None

    @property
    def rid(self) -> str:
        return self.ref.partition("/")[2]


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


def moment(text: Any) -> Moment | None:
    """A FHIR date, dateTime or instant, as exactly as it was written; None for anything else."""
    if not isinstance(text, str):
        return None
    shape = {4: "year", 7: "month", 10: "day"}.get(len(text), "time")
    try:
        at = datetime.fromisoformat(text + {"year": "-01-01", "month": "-01"}.get(shape, ""))
    except ValueError:
        return None
    return Moment(at, shape)


def age(born: date, on: date) -> Age:
    """The age on a day; for the first two years in days, weeks or months."""
    months = (on.year - born.year) * 12 + on.month - born.month - (on.day < born.day)
    days = (on - born).days
    if days < 14:
        return Age(max(days, 0), "days")
    if months < 3:
        return Age(days // 7, "weeks")
    if months < 24:
        return Age(months, "months")
    return Age(months // 12, "years")


def human_name(names: Any) -> tuple[str, str]:
    """(full name, first name) of a FHIR HumanName list: the official or usual one, whatever parts it has."""
    listed = [name for name in names if isinstance(name, dict)] if isinstance(names, list) else []
    current = [name for name in listed if name.get("use") not in ("old", "maiden")] or listed
    ranked = sorted(
        current,
        key=lambda name: (
            ("usual", "official").index(name.get("use")) if name.get("use") in ("usual", "official") else 2
        ),
    )
    for name in ranked:
        given = [part for part in name.get("given") or [] if isinstance(part, str)]
        family = name.get("family") if isinstance(name.get("family"), str) else ""
        full = " ".join(filter(None, (*given, family))) or (name.get("text") or "")
        if full:
            return full, given[0] if given else full
    return "", ""


def words(concept: Any) -> str:
    """The words of a CodeableConcept: its text, else the first display, else the first code."""
    if not isinstance(concept, dict):
        return ""
    codings = [coding for coding in concept.get("coding") or [] if isinstance(coding, dict)]
    found = concept.get("text") or next((c["display"] for c in codings if c.get("display")), "")
    found = found or next((c["code"] for c in codings if c.get("code")), "")
    return KIND_IN_BRACKETS.sub("", str(found))


def has_code(concept: Any, *codes: str) -> bool:
    """Whether a CodeableConcept carries one of these codes."""
    codings = concept.get("coding") or [] if isinstance(concept, dict) else []
    return any(isinstance(coding, dict) and coding.get("code") in codes for coding in codings)


def person(patient: Json, today: date) -> Person:
    """Who this Patient is, with the age today (or at death)."""
    full, first = human_name(patient.get("name"))
    born = moment(patient.get("birthDate"))
    died = moment(patient.get("deceasedDateTime"))
    until = died.day if died else today
    known = born if born and born.shape == "day" and born.day <= until else None
    whole_years = Age(until.year - born.day.year, "years") if born and born.day <= until else None
    return Person(
        ref=f"Patient/{patient.get('id', '')}",
        name=full,
        first=first,
        born=born,
        age=age(known.day, until) if known else whole_years,
        gender=str(patient.get("gender") or ""),
        pronoun=_pronoun(patient),
        languages=_languages(patient),
        died=died,
    )


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


def _languages(patient: Json) -> tuple[str, ...]:
    spoken = [entry for entry in patient.get("communication") or [] if isinstance(entry, dict)]
    spoken.sort(key=lambda entry: not entry.get("preferred"))
    codes = [
        coding.get("code")
        for entry in spoken
        for coding in (entry.get("language") or {}).get("coding") or []
        if isinstance(coding, dict)
    ]
    return tuple(dict.fromkeys(code for code in codes if isinstance(code, str)))


def _pronoun(patient: Json) -> str:
    """The pronoun that the person chose ("she", "they"), from the standard extension; empty when unknown."""
    for extension in patient.get("extension") or []:
        if isinstance(extension, dict) and extension.get("url") == PRONOUNS:
            for part in extension.get("extension") or []:
                if isinstance(part, dict) and part.get("url") == "value":
                    return words(part.get("valueCodeableConcept"))
    return ""
