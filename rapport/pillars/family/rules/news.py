"""What may be done with an update for the family. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rapport.fhir.outcomes import Refused
from rapport.pillars.family.shapes.news import is_update, read_update

#: Longest update, in characters; the school grade above which the writer is asked to look again.
LONGEST, PLAIN = 1200, 8.0


def judge(kind: str, ref: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> None:
    """Refused for who may not write or take back an update: the team writes, its writer takes back."""
    if after is None:
        raise Refused("rule", "An update is never deleted.", "Take it back.")
    if not is_update(after) or (before is not None and not is_update(before)):
        raise Refused("rule", "An update stays an update.", "Write a new one instead.")
    now, was = read_update(after), read_update(before) if before is not None else None
    if not 0 < len(now.words.strip()) <= LONGEST or len(after.get("payload") or ()) != 1:
        raise Refused("rule", f"An update has words, at most {LONGEST} characters.", "Write it shorter.")
    if not now.state or not now.patient or now.at is None or after.get("recipient"):
        raise Refused("rule", "An update says about whom it is and when it was sent.", "Add what is missing.")
    if kind in ("system", "client"):
        return
    if kind != "staff":
        raise Refused("forbidden", "The team writes updates.", "Write a message instead.")
    if was is None and now.state != "sent":
        raise Refused("rule", "An update begins as sent.", "Take it back afterwards.")
    if was is not None and (replace(was, state=now.state) != now or was.state == "withdrawn"):
        raise Refused("rule", "An update stays as it was written.", "Take it back, and write a new one.")
    if was is not None and was.by[0] != ref:
        raise Refused("rule", "Who wrote it takes it back.", "Ask them.")
