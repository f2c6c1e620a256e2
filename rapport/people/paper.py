"""A page on paper: to whom it goes, where to, and in which language it speaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language

from rapport.gate.door import Door
from rapport.people.portrait import Person, person


@dataclass(frozen=True, slots=True)
class Sheet:
    """The head of a printed page: whose it is, the lines of their address, its language, the day."""

    person: Person
    address: tuple[str, ...]
    language: str
    day: date


def sheet(door: Door, rid: str) -> Sheet:
    """The head of a page for `Patient/<rid>`; refused for whom this door does not show."""
    body = door.read("Patient", rid).json
    today = timezone.localdate()
    who = person(body, today)
    return Sheet(who, address_of(body, today), _language(who.languages), today)


def address_of(patient: Mapping[str, Any], today: date) -> tuple[str, ...]:
    """Where post reaches somebody, a line each: an address that holds today; () for none."""
    for one in sorted(patient.get("address") or (), key=_rank):
        if _over(one, today):
            continue
        place = " ".join(str(one[name]) for name in ("postalCode", "city") if one.get(name))
        lines = (
            [*(one.get("line") or ()), place] if one.get("line") else str(one.get("text", "")).splitlines()
        )
        return tuple(line.strip() for line in map(str, lines) if line.strip())
    return ()


def _rank(address: Mapping[str, Any]) -> tuple[bool, bool]:
    return address.get("type") == "physical", address.get("use") not in ("home", None)


def _over(address: Mapping[str, Any], today: date) -> bool:
    """Whether an address is not a place for letters today."""
    period, day = address.get("period") or {}, today.isoformat()
    start, end = (str(period.get(name) or "")[:10] for name in ("start", "end"))  # "2025" is all of that year
    return address.get("use") in ("old", "billing") or start > day or (bool(end) and end < day[: len(end)])


def _language(spoken: tuple[str, ...]) -> str:
    """The first of somebody's languages in which pages are written here; else the reader's."""
    ours = dict(settings.LANGUAGES)
    for code in spoken:
        if (found := code if code in ours else code.partition("-")[0]) in ours:
            return found
    return get_language() or settings.LANGUAGE_CODE
