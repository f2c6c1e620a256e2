"""What may be done with a need of the help calendar. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from rapport.fhir.outcomes import Refused
from rapport.pillars.family.shapes.helping import WHATS, Need, is_need, read_need

#: Longest words, in characters; longest need; how far ahead.
LONGEST = 300
LONGEST_TIME, FURTHEST = timedelta(days=14), timedelta(days=366)
#: Somebody of the family is reminded this long before it begins; the patient hears if nobody comes.
REMINDED = timedelta(hours=24)


def judge(
    kind: str, ref: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, now: datetime
) -> None:
    """Refused for what somebody of this kind ("patient", "kin", …) may not do with a need.

    The patient and their circle ask; somebody of the circle takes it for themselves, while nobody has it.
    """
    if after is None:
        raise Refused("rule", "A need is never deleted.", "Say that it is not needed any more.")
    if not is_need(after) or (before is not None and not is_need(before)):
        raise Refused("rule", "A need stays a need.", "Write a new one instead.")
    need, was = read_need(after), read_need(before) if before is not None else None
    _whole(need)
    if kind in ("system", "client"):
        return
    if kind not in ("patient", "kin"):
        raise Refused("forbidden", "The patient and their circle arrange this.", "Read it, and ask them.")
    if was is None:
        _new(need, now)
    else:
        _moved(kind, ref, was, need, now)


def _whole(need: Need) -> None:
    if not 0 < len(need.words.strip()) <= LONGEST:
        raise Refused("rule", f"Say what is needed, in at most {LONGEST} characters.", "Write a sentence.")
    if need.begins is None or need.ends is None or not need.begins < need.ends:
        raise Refused("rule", "A need has a time, and an end after it.", "Choose day, time and how long.")
    if need.ends - need.begins > LONGEST_TIME:
        raise Refused("rule", "This is longer than two weeks.", "Ask for some days first.")
    if need.what not in WHATS or not need.state or not need.patient or not need.by[0]:
        raise Refused("rule", "A need says what it is, whose, and how it stands.", "Add what is missing.")
    if (need.state == "claimed") != bool(need.comes[0]) and need.state != "withdrawn":
        raise Refused("rule", "Who comes stands with a need that is taken, and only there.", "Look again.")


def _new(need: Need, now: datetime) -> None:
    assert need.begins is not None
    if need.state != "open":
        raise Refused("rule", "A need begins as open.", "Somebody takes it afterwards.")
    if need.begins < now - timedelta(minutes=5):
        raise Refused("rule", "That time is past.", "Choose a later one.")
    if need.begins > now + FURTHEST:
        raise Refused("rule", "That is more than a year ahead.", "Choose an earlier day.")


def _moved(kind: str, ref: str, was: Need, need: Need, now: datetime) -> None:
    if replace(was, state=need.state, comes=need.comes) != need:
        raise Refused("rule", "What is needed and when stays as it was written.", "Write a new one instead.")
    if (was.state, was.comes[0]) == (need.state, need.comes[0]):
        return
    if was.ends is None or was.ends < now:
        raise Refused("rule", "That time is past.", "Write a new one.")
    step = (was.state, need.state)
    if step == ("open", "claimed"):
        if kind != "kin" or need.comes[0] != ref:
            raise Refused("rule", "Each of the circle takes something for themselves.", "Ask them to.")
    elif step == ("claimed", "open"):
        if ref not in (was.comes[0], was.patient):
            raise Refused("rule", "Who has taken it gives it back, or the patient.", "Ask them.")
    elif step in (("open", "withdrawn"), ("claimed", "withdrawn")):
        if ref not in (was.by[0], was.patient):
            raise Refused("rule", "Who asked for it takes it back, or the patient.", "Ask them.")
    elif step == ("claimed", "claimed"):
        raise Refused("conflict", "Somebody comes already.", "Look again who it is.")
    else:
        raise Refused("rule", "This is over.", "Write a new one.")


def may_take(need: Need, kind: str, now: datetime) -> bool:
    """Whether somebody of this kind may take it for themselves."""
    return kind == "kin" and need.state == "open" and _ahead(need, now)


def may_give_back(need: Need, ref: str, now: datetime) -> bool:
    """Whether it may be given back by this person."""
    return need.state == "claimed" and ref in (need.comes[0], need.patient) and _ahead(need, now)


def may_withdraw(need: Need, ref: str, now: datetime) -> bool:
    """Whether this person may say that it is not needed any more."""
    return need.state != "withdrawn" and ref in (need.by[0], need.patient) and _ahead(need, now)


def _ahead(need: Need, now: datetime) -> bool:
    return need.ends is not None and need.ends >= now


def soon(need: Need, now: datetime) -> bool:
    """Whether it begins within the time of a reminder."""
    return need.begins is not None and now <= need.begins <= now + REMINDED
