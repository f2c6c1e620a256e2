"""What may be done with a wish and with a hold, by whom. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from rapport.fhir.outcomes import Refused
from rapport.pillars.hard_news.rules.law import Law
from rapport.pillars.hard_news.rules.results import kinds
from rapport.pillars.hard_news.shapes import (
    STANDS,
    TAKEN_OUT,
    TIMES,
    WAYS,
    is_watched,
    is_wish,
    read_wish,
    wish_id,
)

#: Longest words of a wish, in characters.
LONGEST = 1000


def judge(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, law: Law) -> None:
    """Refused for what no writer may make of a wish."""
    if after is None:
        raise Refused("rule", "How somebody wants to hear results is never deleted.", "Take it out.")
    if not is_wish(after) or (before is not None and not is_wish(before)):
        raise Refused("rule", "A wish about results stays one.", "Make a new one instead.")
    now = read_wish(after)
    if now.kind not in kinds() or now.way not in WAYS or now.time not in TIMES:
        raise Refused("rule", "It does not say which results, how and when.", "Choose one of each.")
    if after.get("status") not in (STANDS, TAKEN_OUT) or now.at is None or not now.patient:
        raise Refused("rule", "It does not say whose it is, since when, and whether it stands.", "Add that.")
    if after.get("id") != wish_id(now.patient, now.kind):
        raise Refused("rule", "There is one wish for each kind of result.", "Change the one that is there.")
    if len(now.words) > LONGEST or len(now.beside) > LONGEST:
        raise Refused("rule", f"The words are longer than {LONGEST} characters.", "Say it in fewer words.")
    if now.way != "portal" and not 1 <= now.days <= law.most_days:
        most = law.most_days
        raise Refused("rule", f"A result waits 1 to {most} days here.", f"Choose at most {most} days.")
    if is_watched(after) != (now.stands and now.way != "portal"):
        raise Refused(
            "rule", "The mark by which results find the wish is missing or too much.", "Leave it as it is."
        )


def judge_hold(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, kind: str, most: int
) -> None:
    """Refused for what nobody may make of a hold. `kind` of the writer; `most` days.

    Only Rapport holds, by what the person chose; who cares for them may end it, and nobody makes it longer.
    """
    if after is None:
        raise Refused("rule", "A hold is never deleted.", "End it.")
    period = (after.get("restriction") or {}).get("period") or {}
    try:
        begins, ends = (datetime.fromisoformat(str(period.get(side))) for side in ("start", "end"))
        fits = timedelta() < ends - begins <= timedelta(days=most)
    except (ValueError, TypeError):
        fits = False
    if not fits:
        raise Refused("rule", f"A hold says from when and until when, {most} days at most.", "Say both.")
    if before is None:
        if kind != "system":
            raise Refused("forbidden", "Results are held by what the person chose alone.", "Ask them.")
        return
    same = ("restriction", "input", "for", "focus", "partOf", "code")
    if any(before.get(name) != after.get(name) for name in same) or before.get("status") == "completed":
        raise Refused("rule", "A hold is only ever ended.", "End it, or leave it.")
    if kind not in ("staff", "system", "client"):
        raise Refused("forbidden", "Only the team ends this.", "Write a message to your team.")
