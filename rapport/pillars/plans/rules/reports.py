"""What may be said of a day, and by whom. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rapport.fhir.outcomes import Refused
from rapport.pillars.plans.rules.days import MOST, MOST_TIMES, tellings
from rapport.pillars.plans.rules.goals import LONGEST
from rapport.pillars.plans.shapes import days


def judge(kind: str, ref: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> None:
    """Refused for what nobody may say of a day: only the person says how theirs went."""
    if after is None:
        raise Refused("rule", "What somebody said of a day is never deleted.", "Say it anew.")
    if not days.is_day(after) or (before is not None and not days.is_day(before)):
        raise Refused("rule", "What was said of a day stays that.", "Make a new one instead.")
    patient = str((after.get("subject") or {}).get("reference", ""))
    if kind not in ("system", "client") and not patient == ref == (after.get("author") or {}).get(
        "reference"
    ):
        raise Refused("rule", "How a day went says only who lived it.", "Ask them.")
    items = after.get("item") or ()
    if len(items) > MOST * MOST_TIMES or any(len(one.get("answer") or ()) > MOST_TIMES for one in items):
        raise Refused("rule", "That is more than a day holds.", "Leave something out.")
    if after.get("questionnaire") == days.DAY:
        _whole(after, patient)
        if kind == "patient" and not _helped(after) <= _helped(before or {}):
            raise Refused("rule", "Nobody ticks in the name of somebody else.", "Tick it as yourself.")


def _helped(body: Mapping[str, Any]) -> set[tuple[str, str]]:
    return {(one.key, one.by) for one in days.read_day(body) if one.by}


def _whole(after: Mapping[str, Any], patient: str) -> None:
    day = days.day_of(after)
    if day is None or (after.get("id") and after["id"] != days.day_id(patient, day)):
        raise Refused("rule", "It is not said of which day this tells.", "Leave that to Rapport.")
    for one in days.read_day(after):
        if one.barrier and (one.done or one.barrier not in tellings()):
            raise Refused("rule", "What got in the way is one of a few things.", "Choose one of them.")
        if len(one.said) > LONGEST or len(one.words) > LONGEST:
            raise Refused("rule", f"The words are longer than {LONGEST} characters.", "Say it shorter.")
