"""What may be done with a goal, by whom. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rapport.fhir.outcomes import Refused
from rapport.pillars.plans.shapes.goals import LEVELS, GoalFacts, is_goal, read_goal

#: Longest goal or step, in characters; most steps of a goal.
LONGEST, MOST_STEPS = 500, 12
#: State -> the states that the person may bring it to, and those that a team may.
THEIRS = {"proposed": ("active", "declined"), "active": ("reached", "ended"), "reached": ("active",)}
TEAMS = {"proposed": ("ended",), "active": ("ended",)}


def judge(kind: str, ref: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> None:
    """Refused for a step that somebody of this kind ("patient", "staff", …) may not take with a goal.

    A team proposes, the person accepts, declines or says another; only they say that it is reached.
    """
    if after is None:
        raise Refused("rule", "A goal is never deleted.", "End it, and say why.")
    if not is_goal(after) or (before is not None and not is_goal(before)):
        raise Refused("rule", "A goal stays a goal.", "Make a new one instead.")
    now, was = read_goal(after), read_goal(before) if before is not None else None
    _whole(now, after)
    if kind in ("system", "client"):
        return
    if was is None:
        _new(kind, now)
    else:
        _moved(kind, ref, was, now)


def _whole(now: GoalFacts, after: Mapping[str, Any]) -> None:
    said = [now.words, *(step.words for step in now.steps)]
    if not all(0 < len(words.strip()) <= LONGEST for words in said) or len(now.steps) > MOST_STEPS:
        raise Refused(
            "rule",
            f"A goal and its steps have words, at most {LONGEST} characters each, and {MOST_STEPS} steps.",
            "Put that right and send it again.",
        )
    if not now.state or not now.patient or now.since is None:
        raise Refused(
            "rule", "A goal says whose it is, since when, and how it stands.", "Add what is missing."
        )
    if "achievementStatus" in after and now.level not in LEVELS:
        raise Refused("rule", "How far one has come is not one of the five answers.", "Choose one of them.")
    if any(number is not None and not 0 <= number <= 10 for number in (now.importance, now.confidence)):
        raise Refused("rule", "How much it matters and how sure one is are 0 to 10.", "Choose a number.")


def _new(kind: str, now: GoalFacts) -> None:
    if kind == "staff" and not now.theirs and now.state != "proposed":
        raise Refused("rule", "A team proposes a goal; the person decides.", "Propose it.")
    if now.theirs and now.state != "active":
        raise Refused("rule", "An own goal begins as theirs.", "Leave its state to Rapport.")


def _moved(kind: str, ref: str, was: GoalFacts, now: GoalFacts) -> None:
    if (was.words, was.patient, was.by) != (now.words, now.patient, now.by) and ref != was.by:
        raise Refused("rule", "The words of a goal are changed by who said them.", "Say another one.")
    if (was.patient, was.by) != (now.patient, now.by):
        raise Refused("rule", "A goal stays whose it is.", "Say another one.")
    if kind == "kin" and (was.state, was.level) != (now.state, now.level):
        raise Refused("rule", "Whose goal it is decides about it.", "Ask them.")
    if was.state != now.state:
        allowed = (TEAMS if kind == "staff" else THEIRS).get(was.state, ())
        if now.state not in allowed:
            raise Refused("rule", "This goal cannot be brought to that state.", "Open it again and look.")
        if now.state in ("declined", "ended") and not now.reason.strip():
            raise Refused("rule", "This needs a reason in words.", "Say why in a sentence.")
    if kind == "staff" and was.level != now.level:
        raise Refused("rule", "How far somebody has come they say themselves.", "Ask them.")
