"""What may be done in a circle. Pure; the day is passed in. Refused("rule") says what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from rapport.fhir.outcomes import Refused
from rapport.pillars.circle.shapes import AUTHORITIES, CATEGORIES, ENDED, SENSITIVE, Authority, Choice

#: Duties of those who enter what the law says (see `gate.policy.sharing_keepers`).
KEEPERS = frozenset({"lead", "privacy"})
#: People in one circle; nobody shares for longer ahead than this.
MOST_MEMBERS = 30
LONGEST = timedelta(days=366 * 10)
#: Ends that a page offers, in days from today; None: until the patient ends it.
ENDS: Mapping[str, int | None] = {"month": 30, "quarter": 91, "year": 365, "open": None}


@dataclass(frozen=True, slots=True)
class Inviting:
    """Who is invited, as typed: `relation` a key of `RELATIONS` or ""; what is `wrong`, by field."""

    name: str = ""
    email: str = ""
    relation: str = ""
    relation_words: str = ""
    wrong: Mapping[str, str] = field(default_factory=dict)

    @property
    def called(self) -> str:
        """Who they are to the patient."""
        return self.relation_words or self.relation


def named(name: str) -> str:
    """A person's name as it is kept."""
    kept = " ".join(name.split())
    if not 2 <= len(kept) <= 100:
        raise Refused("rule", "Write the name of who you invite.", "First name and last name.")
    return kept


def relation(words: str) -> str:
    """Who somebody is to the patient, in a few words."""
    kept = " ".join(words.split())
    if not 1 <= len(kept) <= 40:
        raise Refused("rule", "Say who they are to you.", "Such as: son, friend, neighbour.")
    return kept


def sound(choice: Choice, today: date) -> Choice:
    """A choice that can be kept."""
    if not choice.until:
        raise Refused("rule", "Choose what to share.", "Tick one thing or more, or do not invite.")
    if unknown := set(choice.until) - set(CATEGORIES) | choice.sensitive - set(SENSITIVE):
        raise Refused("invalid", f"There is no such thing to share: {', '.join(sorted(unknown))}.", "")
    for end in choice.until.values():
        if end is not None and not today <= end <= today + LONGEST:
            raise Refused("rule", "An end lies between today and ten years from now.", "Choose another day.")
    return choice


def lawful(said: Authority, today: date) -> Authority:
    """An authority that can be entered: with proof, and for an agent with a clinician and a review."""
    if said.kind not in AUTHORITIES:
        raise Refused("rule", "Say what they are by law.", "Parent, guardian or health-care agent.")
    if len(said.evidence.split()) < 2:
        raise Refused("rule", "Say which paper you saw.", "Such as: court order, and its date.")
    if said.ends is not None and said.ends < max(said.begins, today):
        raise Refused("rule", "The end is past, or lies before the beginning.", "Write another day.")
    if said.kind == "agent" and not said.signer.startswith("Practitioner/"):
        raise Refused("rule", "An agent needs the sign-off of a clinician.", "Choose who signed.")
    if said.kind == "agent" and said.ends is None:
        raise Refused("rule", "An agent needs a day on which it is looked at again.", "Write that day.")
    return said


def room(members: int) -> None:
    """Nobody keeps a circle of hundreds."""
    if members >= MOST_MEMBERS:
        raise Refused("rule", "Your circle is full.", "End the sharing with somebody first.")


def may_change(choice: Choice) -> bool:
    """Whether a member's sharing is there to be changed: what was ended is begun by inviting anew."""
    return choice.state != ENDED


def mark_of(choice: Choice) -> str:
    """A choice as one word of a form, to tell whether it is the one whose effect was shown."""
    shared = (f"{name}.{choice.until[name] or ''}" for name in CATEGORIES if name in choice.until)
    return " ".join((*shared, *(("writes",) if choice.writes else ()), *sorted(choice.sensitive)))


def widens(before: Choice, after: Choice) -> bool:
    """Whether anything is shared that was not before, or for longer."""
    return (
        any(_longer(after.until[name], before, name) for name in after.until)
        or (after.writes and not before.writes)
        or not after.sensitive <= before.sensitive
    )


def _longer(end: date | None, before: Choice, name: str) -> bool:
    if name not in before.until:
        return True
    was = before.until[name]
    return was is not None and (end is None or end > was)
