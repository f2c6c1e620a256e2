"""A score, as a FHIR Observation: whole points, or the reason why there are none. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rapport.pillars.screens.shapes.codes import (
    LABEL,
    RESULT,
    Body,
    Resource,
    codes_in,
    concept,
    instant,
    moment,
    ref_of,
    reference,
    refs_of,
)
from rapport.pillars.screens.shapes.instruments import INSTRUMENTS, Code, Instrument

_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_UNITS = "http://unitsofmeasure.org"

#: Code of a sum -> its instrument; the short sums, too.
_BY_TOTAL: Mapping[Code, Instrument] = {
    code: one for one in INSTRUMENTS.values() for code in (one.total, one.short) if code
}


@dataclass(frozen=True, slots=True)
class Scored:
    """A score as recorded. `total` None: there is none. `result`: a band, or positive, negative, acute."""

    rid: str
    instrument: Instrument
    answers: str
    total: int | None
    result: str
    positive: bool | None
    short: bool
    at: datetime | None
    note: str


def observation(
    rid: str,
    *,
    title: str,
    code: Code,
    subject: str,
    answers: str,
    at: datetime,
    total: int | None,
    result: str,
    positive: bool | None,
    note: str,
) -> Resource:
    """The score of finished answers; a carer who answers about themselves is its `focus`."""
    said = [concept(RESULT, word) for word in (result, _word(positive)) if word]
    found: Resource = {
        "resourceType": "Observation",
        "id": rid,
        "meta": {"security": [LABEL]},
        "status": "final",
        "category": [concept(_CATEGORY, "survey")],
        "code": concept(*code, title),
        "effectiveDateTime": instant(at),
        "performer": [reference(subject)],
        "derivedFrom": [reference(answers)],
    }
    found["subject" if subject.startswith("Patient/") else "focus"] = (
        reference(subject) if subject.startswith("Patient/") else [reference(subject)]
    )
    if total is not None:
        found["valueQuantity"] = {"value": total, "unit": "{score}", "system": _UNITS, "code": "{score}"}
    elif result in ("negative", "positive", "acute"):
        found["valueCodeableConcept"] = concept(RESULT, result)
    else:
        found["dataAbsentReason"] = concept(_ABSENT, "unknown")
    if said:
        found["interpretation"] = list({one["coding"][0]["code"]: one for one in said}.values())
    return {**found, "note": [{"text": note}]} if note else found


def _word(positive: bool | None) -> str:
    return {True: "positive", False: "negative", None: ""}[positive]


def read_score(body: Body) -> Scored | None:
    """A recorded score; None for any other observation."""
    code = next((pair for pair in codes_in(body.get("code")) if pair in _BY_TOTAL), None)
    answers = next(iter(refs_of(body.get("derivedFrom"))), "")
    if code is None or not answers.startswith("QuestionnaireResponse/"):
        return None
    words = [word for system, word in codes_in(body.get("interpretation")) if system == RESULT]
    value = (body.get("valueQuantity") or {}).get("value")
    return Scored(
        rid=str(body.get("id", "")),
        instrument=_BY_TOTAL[code],
        answers=answers,
        total=int(value) if isinstance(value, int | float) else None,
        result=words[0] if words else "",
        positive=True if {"positive", "acute"} & set(words) else False if "negative" in words else None,
        short=code == _BY_TOTAL[code].short,
        at=moment(body.get("effectiveDateTime")),
        note=" ".join(str(note.get("text", "")) for note in body.get("note") or ()),
    )


def subject_of(body: Body) -> str:
    """Whom a score is about."""
    return ref_of(body.get("subject")) or next(iter(refs_of(body.get("focus"))), "")
