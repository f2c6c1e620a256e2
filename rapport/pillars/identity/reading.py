"""Records that may be of one person, and what was joined: read through the door of a lead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rapport.fhir.outcomes import not_found
from rapport.gate import joins
from rapport.gate.door import Door, Extent
from rapport.gate.identity import pairs
from rapport.gate.identity.links import replaced
from rapport.gate.identity.splitting import NEVER
from rapport.gate.joins import Act
from rapport.people import accounts
from rapport.people.portrait import Moment, human_name, moment, words
from rapport.pillars.identity import rules
from rapport.pillars.identity.rules import Trait

Body = dict[str, Any]
#: So many pairs, acts and entries stand on one page.
MOST_PAIRS, MOST_ACTS, MOST_ENTRIES = 30, 20, 200
_MOST_WORDS = 120
#: Where a resource says when it was, the first that is there.
_DATES = (
    *("sent", "effectiveDateTime", "onsetDateTime", "recordedDate", "authoredOn", "authored"),
    *("start", "date", "created", "startDate"),
)


@dataclass(frozen=True, slots=True)
class Side:
    """One of two records: its Patient, its version, whether somebody signs in with it."""

    ref: str
    name: str
    version: int
    signs_in: bool
    active: bool

    @property
    def rid(self) -> str:
        return self.ref.partition("/")[2]


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two records side by side: every trait of both, and whether somebody said that they are two people."""

    left: Side
    right: Side
    traits: tuple[Trait, ...]
    apart: bool = False

    @property
    def score(self) -> int:
        """What all of it says together."""
        return rules.score(self.traits)


@dataclass(frozen=True, slots=True)
class Done:
    """A merge or a split, with what the two records call the person."""

    act: Act
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing of a record that may be somebody else's."""

    ref: str
    rtype: str
    words: str
    at: Moment | None


def lead(door: Door) -> None:
    """Not found for anybody but leads."""
    if door.actor.kind != "staff" or "lead" not in door.actor.duties:
        raise not_found()


def proposed(door: Door) -> tuple[Likeness, ...]:
    """Records that may be of one person, the likeliest first, as far as both may be seen and it holds."""
    lead(door)
    found = pairs.best(door.conn, MOST_PAIRS)
    known = door.many([ref for pair in found for ref in (pair.low, pair.high)])
    said = [
        _likeness(door, known[pair.low], known[pair.high])
        for pair in found
        if {pair.low, pair.high} <= {*known}
    ]
    return tuple(sorted((one for one in said if _stands(one)), key=lambda one: -one.score))


def _stands(one: Likeness) -> bool:
    return one.score >= rules.LIKELY and one.left.active and one.right.active


def two(door: Door, one: str, other: str) -> Likeness:
    """Two records by id. Not found unless both may be seen."""
    lead(door)
    if one == other:
        raise not_found()
    left, right = door.read("Patient", one), door.read("Patient", other)
    return _likeness(door, left, right)


def _likeness(door: Door, left: Any, right: Any) -> Likeness:
    traits = rules.compare(left.json, right.json)
    apart = pairs.are_apart(door.conn, left.ref, right.ref)
    return Likeness(_side(left), _side(right), traits, apart)


def _side(record: Any) -> Side:
    body: Body = record.json
    active = body.get("active") is not False and not replaced(body)
    signs_in = accounts.signs_in(record.ref)
    return Side(record.ref, human_name(body.get("name"))[0], record.vid, signs_in, active)


def side(door: Door, rid: str) -> Side:
    """One record by id."""
    return _side(door.read("Patient", rid))


def done(door: Door) -> tuple[Done, ...]:
    """What was joined and split lately, the latest first, as far as both may be seen."""
    lead(door)
    acts = joins.latest(door.conn, MOST_ACTS)
    known = door.many([ref for act in acts for ref in (act.source, act.target)])
    names = {ref: human_name(record.json.get("name"))[0] for ref, record in known.items()}
    return tuple(
        Done(act, names[act.source], names[act.target])
        for act in acts
        if {act.source, act.target} <= {*names}
    )


def entries(door: Door, rid: str) -> tuple[Entry, ...]:
    """What of a record this lead may read and move; messages go with their conversation."""
    lead(door)
    found, _more = door.everything(rid, Extent(related=False), count=MOST_ENTRIES)
    shown = (_entry(record.ref, record.rtype, record.json) for record in found if record.rtype not in NEVER)
    return tuple(one for one in shown if one is not None)


def _entry(ref: str, rtype: str, body: Body) -> Entry | None:
    if body.get("partOf") or (rtype == "Task" and body.get("basedOn")):
        return None
    said = (body.get("topic") or {}).get("text") or _coded(body) or body.get("description") or ""
    dates = (
        "sent",
        "effectiveDateTime",
        "onsetDateTime",
        "recordedDate",
        "authoredOn",
        "authored",
        "start",
        "date",
    )
    found = (moment(body.get(name)) for name in (*dates, "created", "startDate"))
    period = moment((body.get("period") or {}).get("start")) if isinstance(body.get("period"), dict) else None
    return Entry(ref, rtype, str(said)[:_MOST_WORDS], next(filter(None, found), period))


def _coded(body: Body) -> str:
    for name in ("code", "medicationCodeableConcept", "vaccineCode", "description", "type", "category"):
        value = body.get(name)
        for concept in value if isinstance(value, list) else [value]:
            if isinstance(concept, dict) and (found := words(concept)):
                return found
    return ""


def named(door: Door, name: str) -> tuple[Side, ...]:
    """Patients of a name, to move entries to; a few."""
    lead(door)
    query = [("name", word) for word in name.replace(",", " ").replace("|", " ").split()]
    found: Iterable[Any] = door.search("Patient", [*query, ("_count", "10")]).matches if query else ()
    return tuple(side for record in found if (side := _side(record)).active)
