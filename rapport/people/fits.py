"""What goes against a person's words, asked by whoever plans something for them before it is kept.

What matters to somebody is a room beside those that plan. It says at start-up how to look (`use`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rapport.fhir.outcomes import Refused
from rapport.gate.door import Door


@dataclass(frozen=True, slots=True)
class Planned:
    """What is planned: FHIR type, words, the local time at which it begins; `ref` "" until it is kept."""

    rtype: str
    words: str
    ref: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Misfit:
    """Something planned that goes against an entry of what matters, with the words on both sides.

    entry     the id of the entry; `said` the words in it that say so
    ordered   the words of the plan that say so, "" where its time alone does
    reason    why somebody went on with it, in words, "" where nobody said; `by` and `when` they said it
    """

    planned: Planned
    entry: str
    said: str
    ordered: str
    reason: str = ""
    by: str = ""
    when: datetime | None = None


@dataclass(frozen=True, slots=True)
class Saying:
    """One entry of what matters to somebody: its reference, and their words."""

    ref: str
    words: str


#: All that `Patient/…` says matters to them, as far as a door reads it.
Teller = Callable[[Door, str], tuple[Saying, ...]]
#: Looks through a door for what goes against what `Patient/…` said, as far as that door reads what they said.
Finder = Callable[[Door, str, Sequence[Planned]], tuple[Misfit, ...]]
#: Keeps why somebody goes on: (door, patient, misfit, reason).
Keeper = Callable[[Door, str, Misfit, str], None]

_used: list[tuple[Finder, Keeper, Teller]] = []


def use(finder: Finder, keeper: Keeper, teller: Teller) -> None:
    """Who looks, who keeps a reason, who tells what they said; called once at start-up."""
    _used[:] = [(finder, keeper, teller)]


def sayings(door: Door, patient: str) -> tuple[Saying, ...]:
    """What they say matters to them, for who plans something because of it."""
    return tuple(one for _, _, teller in _used for one in teller(door, patient))


def found(door: Door, patient: str, planned: Sequence[Planned]) -> tuple[Misfit, ...]:
    """What of this goes against what they said; never without the words that say so."""
    return tuple(one for finder, _, _ in _used for one in finder(door, patient, planned)) if planned else ()


def settle(door: Door, patient: str, planned: Sequence[Planned], reason: str) -> None:
    """Keep why somebody goes on with what goes against their words; refused where nobody says why.

    Called in the unit that keeps the plan, with the `ref` of what was kept.
    """
    for one in found(door, patient, planned):
        if not reason.strip():
            raise Refused(
                "rule",
                "This goes against what they said, and nobody said why it is still right.",
                "Read their words, then say why, or change it.",
            )
        for _, keeper, _ in _used:
            keeper(door, patient, one, reason.strip())
