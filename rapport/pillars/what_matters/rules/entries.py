"""What may be done with an entry, and which are shown first. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from rapport.fhir.outcomes import Refused
from rapport.pillars.what_matters.shapes import KINDS, STANDS, TAKEN_OUT, Entry, is_entry, read_entry

#: Longest entry, in characters.
LONGEST = 2000
#: After so long somebody is asked whether it is still so.
REVIEW = timedelta(days=365)
#: What a team reads first, most urgent to know before one speaks: kinds, and how many lines there are.
FIRST, LINES = ("important", "talk", "please-not", "unwilling", "please", "helps"), 5


def needs_review(entry: Entry, now: datetime) -> bool:
    """Whether it was written, or said to be still so, more than a year ago."""
    return entry.stands and entry.at is not None and now - entry.at > REVIEW


def first_lines(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The five lines that a team reads first: the newest of each kind in order, then what is left."""
    known = [one for one in entries if one.stands and one.kind in FIRST]
    seen: set[str] = set()
    leading: list[Entry] = []
    rest: list[Entry] = []
    for one in sorted(known, key=lambda one: FIRST.index(one.kind)):
        (rest if one.kind in seen else leading).append(one)
        seen.add(one.kind)
    return tuple([*leading, *rest][:LINES])


def judge(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> None:
    """Refused for a step that no writer may take with an entry."""
    if after is None:
        raise Refused(
            "rule",
            "What somebody said matters to them is never deleted.",
            "Take it out: then nobody reads it but in its history.",
        )
    if not is_entry(after) or (before is not None and not is_entry(before)):
        raise Refused("rule", "What matters to somebody stays what it is.", "Make a new one instead.")
    now = read_entry(after)
    if now.kind not in KINDS or not now.words.strip() or len(now.words) > LONGEST:
        raise Refused(
            "rule",
            f"An entry has one question of the form, and 1 to {LONGEST} characters of words.",
            "Put that right and send it again.",
        )
    if len(after.get("item") or ()) != 1 or len(after["item"][0].get("answer") or ()) != 1:
        raise Refused("rule", "An entry answers one question, once.", "Make one entry for each.")
    if after.get("status") not in (STANDS, TAKEN_OUT) or not now.patient or now.at is None:
        raise Refused(
            "rule", "An entry says whose it is, when, and whether it stands.", "Add what is missing."
        )
    if before is not None and (read_entry(before).kind, read_entry(before).patient) != (
        now.kind,
        now.patient,
    ):
        raise Refused("rule", "An entry stays about the same question and person.", "Make a new one instead.")
