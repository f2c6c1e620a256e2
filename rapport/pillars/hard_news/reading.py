"""What waits for somebody, and what they answered, read through a door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapport.gate.claims import KIND
from rapport.gate.door import Door
from rapport.people.errands import Errand
from rapport.pillars.hard_news.shapes import AFTER, Answer, read_answer, title_of


@dataclass(frozen=True, slots=True)
class Held:
    """A result that waits: its reference, what it is called, and until when it waits at most."""

    ref: str
    title: str
    until: datetime | None


def held_for(door: Door, call: Errand) -> tuple[Held, ...]:
    """The results that wait for a talk, for those who may see them."""
    query = [("code", f"{KIND}|hold"), ("part-of", call.ref), ("_count", "100")]
    holds = [record.json for record in door.search("Task", query).matches]
    refs = [str((body.get("focus") or {}).get("reference", "")) for body in holds]
    bodies = door.many(refs)
    return tuple(
        Held(ref, title_of(bodies[ref].json), _end(body))
        for ref, body in zip(refs, holds, strict=True)
        if ref in bodies
    )


def _end(body: Mapping[str, Any]) -> datetime | None:
    period = (body.get("restriction") or {}).get("period") or {}
    try:
        return datetime.fromisoformat(str(period.get("end")))
    except ValueError:
        return None


def answer_to(door: Door, check: Errand) -> Answer | None:
    """What somebody answered to a check-in; None before they did."""
    query = [
        ("subject", check.patient),
        ("questionnaire", AFTER),
        ("identifier", f"urn:rapport:check-in|{check.rid}"),
    ]
    found = door.search("QuestionnaireResponse", [*query, ("_count", "1")]).matches
    return read_answer(found[0].json)[1] if found else None
