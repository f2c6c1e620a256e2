"""What was handed out, when somebody was in hospital, what was measured and aimed at: FHIR in. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

_DAYS = {"d": 1, "day": 1, "days": 1, "wk": 7, "week": 7, "weeks": 7, "mo": 30, "month": 30, "months": 30}


@dataclass(frozen=True, slots=True)
class Supply:
    """One dispensing: of what (`drug` tells it apart, `words` says it), which day, for how many days."""

    drug: str
    words: str
    day: date | None
    days: int | None


@dataclass(frozen=True, slots=True)
class Reading:
    """One value: of what (`code`, `words`), when, how much, in which unit."""

    code: str
    words: str
    day: date
    value: float
    unit: str


def supply(body: Mapping[str, Any]) -> Supply:
    """A MedicationDispense."""
    code, words = _named(body.get("medicationCodeableConcept") or {})
    reference = body.get("medicationReference") or {}
    amount = body.get("daysSupply") or {}
    unit = str(amount.get("code") or amount.get("unit") or "d").lower()
    value = amount.get("value")
    days = value * _DAYS[unit] if isinstance(value, int | float) and unit in _DAYS else None
    return Supply(
        drug=code or words.casefold() or str(reference.get("reference", "")),
        words=words or str(reference.get("display", "")),
        day=_day(body.get("whenHandedOver")),
        days=int(days) if days is not None and days == int(days) and days >= 1 else None,
    )


def stay(body: Mapping[str, Any]) -> tuple[date, date | None] | None:
    """The first and last day of an Encounter in hospital (None while it goes on); None for anything else."""
    period = body.get("period") or {}
    first = _day(period.get("start"))
    if (body.get("class") or {}).get("code") not in ("IMP", "ACUTE", "NONAC") or first is None:
        return None
    return first, _day(period.get("end"))


def readings(body: Mapping[str, Any]) -> Iterator[Reading]:
    """The numbers of an Observation, those of its components each for itself."""
    day = _day(body.get("effectiveDateTime") or (body.get("effectivePeriod") or {}).get("start"))
    for part in (body, *(body.get("component") or ())):
        amount = part.get("valueQuantity") or {}
        code, words = _named(part.get("code") or {})
        if day and words and isinstance(amount.get("value"), int | float):
            yield Reading(
                code or words.casefold(), words, day, float(amount["value"]), str(amount.get("unit", ""))
            )


def targets(body: Mapping[str, Any]) -> Iterator[tuple[str, tuple[float | None, float | None]]]:
    """What a Goal aims at: the code of what is measured, and from where to where it shall be."""
    for target in body.get("target") or ():
        code, words = _named(target.get("measure") or {})
        amount, span = target.get("detailQuantity"), target.get("detailRange")
        if span:
            ends = (_value(span.get("low")), _value(span.get("high")))
        elif amount:
            value, sign = _value(amount), str(amount.get("comparator", ""))
            ends = (value if not sign.startswith("<") else None, value if not sign.startswith(">") else None)
        else:
            continue
        if ends != (None, None):
            yield code or words.casefold(), ends


def _value(amount: Mapping[str, Any] | None) -> float | None:
    value = (amount or {}).get("value")
    return float(value) if isinstance(value, int | float) else None


def _named(concept: Mapping[str, Any]) -> tuple[str, str]:
    """What tells a concept apart, and how it is said."""
    coding: Mapping[str, Any] = next(iter(concept.get("coding") or ()), {})
    code = f"{coding.get('system', '')}|{coding['code']}" if coding.get("code") else ""
    return code, str(concept.get("text") or coding.get("display") or coding.get("code") or "")


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
