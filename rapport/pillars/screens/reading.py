"""Screens, read through a door."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rapport.gate.door import Door
from rapport.gate.together import Asks, inquiry
from rapport.pillars.screens import finding
from rapport.pillars.screens.shapes import orders as shape
from rapport.pillars.screens.shapes.answers import STATES, Answers, read_answers
from rapport.pillars.screens.shapes.codes import FOLLOW_UP, KIND, ORDER
from rapport.pillars.screens.shapes.instruments import INSTRUMENTS, Instrument
from rapport.pillars.screens.shapes.orders import FollowUp, Order, read_follow_up, read_order
from rapport.pillars.screens.shapes.packs import Pack
from rapport.pillars.screens.shapes.scores import Scored, read_score

#: The forms that the site has installed.
packs = finding.packs

#: Most results of one person that are read.
MOST = 200
_TOTALS = ",".join(
    f"{system}|{code}"
    for one in INSTRUMENTS.values()
    for system, code in filter(None, (one.total, one.short))
)
_OPEN = ("status", f"{shape.STATES['open']},{shape.STATES['taken']}")
_LOOKS = ("code", f"{KIND}|{FOLLOW_UP}")


@dataclass(frozen=True, slots=True)
class Trend:
    """The results of one instrument, the newest first."""

    instrument: Instrument
    scores: tuple[Scored, ...]


@inquiry
def waiting(door: Door, subject: str) -> Asks[tuple[tuple[Answers, Pack], ...]]:
    """Forms that wait for somebody (`Patient/…`, `RelatedPerson/…`), the newest first."""
    query = [("subject", subject), ("status", STATES["open"]), ("_sort", "-authored"), ("_count", "20")]
    drafts = yield "QuestionnaireResponse", query
    if not drafts.matches:
        return ()
    installed = {one.url: one for one in (yield from finding.packs.begin(door))}
    found = (read_answers(record.json) for record in drafts.matches)
    return tuple((one, installed[one.form]) for one in found if one.form in installed)


@inquiry
def trends(_door: Door, patient: str) -> Asks[tuple[Trend, ...]]:
    """The results of a person, by instrument; the one with the newest first. Of a carer: those about them."""
    whose = "patient" if patient.startswith("Patient/") else "focus"
    query = [(whose, patient), ("code", _TOTALS), ("_sort", "-date"), ("_count", str(MOST))]
    found = yield "Observation", query
    known = [one for record in found.matches if (one := read_score(record.json))]
    return by_instrument(known)


def by_instrument(known: Iterable[Scored]) -> tuple[Trend, ...]:
    """Scores side by side with those of the same instrument."""
    held: dict[str, list[Scored]] = {}
    for one in known:
        held.setdefault(one.instrument.key, []).append(one)
    return tuple(Trend(INSTRUMENTS[key], tuple(scores)) for key, scores in held.items())


@inquiry
def orders(_door: Door, patient: str) -> Asks[tuple[Order, ...]]:
    """What is asked of a person on a schedule, the newest order first; ended ones, too."""
    query = [("patient", patient), ("code", f"{KIND}|{ORDER}"), ("_sort", "-authored"), ("_count", "50")]
    found = yield "ServiceRequest", query
    return tuple(read_order(record.json) for record in found.matches)


@inquiry
def looks(_door: Door, teams: Iterable[str]) -> Asks[tuple[FollowUp, ...]]:
    """Results that somebody of these teams has to look at, the oldest first."""
    wanted = ",".join(teams)
    if not wanted:
        return ()
    found = yield "Task", [_LOOKS, _OPEN, ("team", wanted), ("_sort", "authored-on"), ("_count", "50")]
    return tuple(read_follow_up(record.json) for record in found.matches)


@inquiry
def looks_at(_door: Door, patient: str) -> Asks[tuple[FollowUp, ...]]:
    """Results of one person that somebody looks at or looked at, the newest first."""
    found = yield "Task", [_LOOKS, ("patient", patient), ("_sort", "-authored-on"), ("_count", "20")]
    return tuple(read_follow_up(record.json) for record in found.matches)


def answers(door: Door, rid: str) -> tuple[Answers, Pack]:
    """One response, and its form; not found for anything else."""
    body, pack = finding.need_answers(door, rid)
    return read_answers(body), pack


def score_of(door: Door, given: Answers) -> Scored | None:
    """The score of a finished response."""
    found = door.search("Observation", [("derived-from", given.ref), ("_count", "1")]).matches
    return read_score(found[0].json) if found else None


def names(door: Door, patients: Iterable[str]) -> dict[str, str]:
    """The names of patients, as far as they may be read."""
    return finding.names(door, patients)
