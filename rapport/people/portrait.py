"""Who a Patient resource is about: name, age, languages, as people say them. Time is passed in.

Real records are uneven: a name without a family name, a birth date that is only a year. Every reader
here takes what is there and never raises for what is not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from unicodedata import bidirectional

from babel import Locale, UnknownLocaleError
from django.utils.translation import get_language, ngettext

PRONOUNS = "http://hl7.org/fhir/StructureDefinition/individual-pronouns"
#: SNOMED CT's kind of a concept, in brackets behind its name: nothing a reader needs.
KIND_IN_BRACKETS = re.compile(
    r"\s*\((?:disorder|finding|procedure|situation|regime/therapy|environment|event|person)\)$"
)
#: Before a name, not part of it.
TITLE = re.compile(r"^(?:dr|prof|mr|mrs|ms|miss|sr|sra|mme|mlle|m)\.?\s+", re.IGNORECASE)

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


def apart(name: str) -> str:
    """A name for the middle of a sentence: one that runs right to left turns nothing around it."""
    runs_left = any(bidirectional(letter) in ("R", "AL") for letter in name)
    return f"\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}" if runs_left else name


def short(name: str) -> str:
    """What one calls a person in a sentence: "Dr Chen" for "Dr Mei Chen", "Amina" for "Amina Haddad"."""
    title = TITLE.match(name)
    parts = name[title.end() :].split() if title else name.split()
    if not parts:
        return name
    return f"{title.group().strip()} {apart(parts[-1])}" if title else apart(parts[0])


def age_words(age: Age | None) -> str:
    """An age as people say it: "58", "14 months", "5 weeks", "11 days"; empty when unknown."""
    if age is None:
        return ""
    said = {
        "days": lambda n: ngettext("%(n)s day", "%(n)s days", n),
        "weeks": lambda n: ngettext("%(n)s week", "%(n)s weeks", n),
        "months": lambda n: ngettext("%(n)s month", "%(n)s months", n),
    }
    pattern = said[age.unit](age.count) if age.unit in said else "%(n)s"
    return (pattern % {"n": age.count}).replace(" ", "\u00a0")


def language_name(code: str) -> str:
    """The name of a language in the reader's language: Arabic, árabe; the code itself when unknown."""
    try:
        here = Locale.parse((get_language() or "en").replace("-", "_"))
        named = here.languages.get(code) or here.languages.get(code.partition("-")[0])
    except (ValueError, UnknownLocaleError):
        return code
    return named or code


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
