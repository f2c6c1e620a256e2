"""What may be done with a family meeting, what is brought to it, and what came of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rapport.fhir.outcomes import Refused
from rapport.pillars.family.shapes.common import kind_of
from rapport.pillars.family.shapes.meetings import KINDS, read_meeting, read_point, read_summary

#: Longest title or point, longest summary, in characters; most decisions.
LONGEST, LONGEST_SUMMARY, MOST_DECISIONS = 300, 4000, 20
_GUESTS = ("RelatedPerson/", "Practitioner/", "PractitionerRole/")


def judge(kind: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> None:
    """Refused for what somebody of this kind may not do: the team calls and sums up, everybody brings."""
    if after is None:
        raise Refused("rule", "What was said at a meeting is never deleted.", "Call the meeting off.")
    what = kind_of(after)
    if what not in KINDS or (before is not None and kind_of(before) != what):
        raise Refused("rule", "What belongs to a meeting stays that.", "Write a new one instead.")
    {"meeting": _meeting, "agenda": _point, "summary": _summary}[what](kind, before, after)


def _meeting(kind: str, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> None:
    now, was = read_meeting(after), read_meeting(before) if before is not None else None
    if not 0 < len(now.about.strip()) <= LONGEST or not now.state or not now.patient:
        raise Refused("rule", "A meeting says what it is about.", "Write a sentence.")
    if not all(ref.startswith(_GUESTS) for ref, _name in now.guests):
        raise Refused("rule", "Only people are asked to a meeting.", "Choose them by name.")
    if kind in ("system", "client"):
        return
    if kind != "staff":
        raise Refused("forbidden", "The team calls a meeting.", "Write a message and ask for one.")
    if was is None and now.state != "planned":
        raise Refused("rule", "A meeting begins as planned.", "Sum it up afterwards.")
    if was is not None and (was.patient, was.by) != (now.patient, now.by):
        raise Refused("rule", "A meeting stays whose it is.", "Call another one.")
    if was is not None and was.state != "planned" and was.state != now.state:
        raise Refused("rule", "This meeting is over.", "Call another one.")


def _point(kind: str, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> None:
    now = read_point(after)
    if not 0 < len(now.words.strip()) <= LONGEST or len(after.get("payload") or ()) != 1:
        raise Refused("rule", f"Say it in at most {LONGEST} characters.", "Write a sentence.")
    if not now.patient or len(after.get("partOf") or ()) != 1 or after.get("recipient"):
        raise Refused("rule", "A point belongs to one meeting.", "Open the meeting and write it there.")
    if before is not None and read_point(before) != now and kind not in ("system", "client"):
        raise Refused("rule", "A point stays as it was written.", "Write another one.")


def _summary(kind: str, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> None:
    now = read_summary(after)
    if not 0 < len(now.words.strip()) <= LONGEST_SUMMARY or len(now.decisions) > MOST_DECISIONS:
        raise Refused("rule", "A summary has words, and not too many.", "Write it shorter.")
    if not now.patient or not now.meeting or after.get("partOf"):
        raise Refused("rule", "A summary names its meeting.", "Open the meeting and write it there.")
    if not all(ref.startswith("RelatedPerson/") for ref, _name in now.readers):
        raise Refused("rule", "A summary is shared with people of the circle.", "Choose them by name.")
    if kind in ("system", "client"):
        return
    if kind != "staff":
        raise Refused("forbidden", "The team sums up a meeting.", "Write a message instead.")
    if before is not None:
        was = read_summary(before)
        if (was.words, was.decisions, was.meeting, was.by) != (now.words, now.decisions, now.meeting, now.by):
            raise Refused("rule", "A summary stays as it was written.", "Write a message to put it right.")
        if not set(now.readers) <= set(was.readers):
            raise Refused("rule", "Who reads a summary is chosen when it is written.", "Ask the patient.")
