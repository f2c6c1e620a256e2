"""The circle as it is shown: its members, and what somebody sees of a patient's record, line by line.

`shared` is read through a door. Through the door of a member it is their page; through a preview it is what
they would see. It is one function, so that the two can't differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

from rapport.fhir.labels import is_private
from rapport.fhir.outcomes import not_found
from rapport.gate import joins
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.gate.preview import seen_by, supposing
from rapport.people import chart, kin_invitations, record
from rapport.people.portrait import Moment, human_name, moment, words
from rapport.pillars.circle import shapes
from rapport.pillars.circle.shapes import ENDED, NOTHING, Choice

#: Lines of each part that are shown.
MOST = 8
MOST_WORDS = 140


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the circle. way: "joined", "invited" or "" (has no way in)."""

    rid: str
    name: str
    relation: str
    choice: Choice
    way: str

    @property
    def ref(self) -> str:
        return f"RelatedPerson/{self.rid}"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing of the record as somebody sees it.

    talk       the conversation that it is in
    private    kept from the circle; `sensitive`: keys of `SENSITIVE` whose labels it carries
    """

    words: str
    under: str = ""
    at: Moment | None = None
    quoted: bool = False
    talk: str = ""
    ref: str = ""
    private: bool = False
    sensitive: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """The lines of one kind; `more`: there are others after these."""

    kind: str
    lines: tuple[Line, ...]
    more: bool = False


def members(door: Door, today: date) -> tuple[Member, ...]:
    """The circle of the patient at the door: who is in it, then who was."""
    query = [("patient", door.actor.ref), ("_sort", "_id"), ("_count", "100")]
    found = [one.json for one in door.search("RelatedPerson", query).matches]
    ways = kin_invitations.state_of([f"RelatedPerson/{body['id']}" for body in found])
    ids = {body["id"]: _consents(door, body["id"]) for body in found}
    said = door.many(ref for refs in ids.values() for ref in refs)
    shown = []
    for body in found:
        record_ = next((said[ref] for ref in ids[body["id"]] if ref in said), None)
        choice = shapes.choice_of(record_.json if record_ else None).within(today)
        if body.get("active") is False and choice.state != ENDED:
            choice = Choice(state=ENDED)
        shown.append(_of(body, choice, ways))
    order = {ENDED: 2, NOTHING: 1}
    return tuple(sorted(shown, key=lambda one: (order.get(one.choice.state, 0), one.name.casefold())))


def member(door: Door, rid: str, today: date) -> Member:
    """One of them. Not found for anybody else's."""
    if door.actor.kind != "patient":
        raise not_found()
    body = door.read("RelatedPerson", rid).json
    if (body.get("patient") or {}).get("reference") != door.actor.ref:
        raise not_found()
    said = door.many(_consents(door, rid))
    found = next(iter(said.values()), None)
    choice = shapes.choice_of(found.json if found else None).within(today)
    if body.get("active") is False:
        choice = Choice(state=ENDED)
    return _of(body, choice, kin_invitations.state_of([f"RelatedPerson/{rid}"]))


def _consents(door: Door, rid: str) -> list[str]:
    """Where the Consent about a member stands, or where it stood in a record that was joined to this one."""
    own = (door.actor.ref, *joins.replaced(door.conn, door.actor.ref))
    return [f"Consent/{shapes.consent_id(patient, f'RelatedPerson/{rid}')}" for patient in own]


def _of(body: dict[str, Any], choice: Choice, ways: dict[str, str]) -> Member:
    relation = next(iter(body.get("relationship") or ()), None)
    name = human_name(body.get("name"))[0]
    rid = str(body["id"])
    return Member(rid, name, words(relation), choice, ways.get(f"RelatedPerson/{rid}", ""))


# ---------------------------------------------------------------- what somebody sees


@contextmanager
def as_seen_by(door: Door, who: Member, choice: Choice, at: str) -> Iterator[Door]:
    """A door as somebody of the circle would have it under a choice that is not kept; undone after."""
    parts = joins.parts(door.conn, door.actor.ref)
    body = shapes.consent(door.actor.ref, who.ref, who.name, choice, at, parts)
    known = door.many(_consents(door, who.rid))
    body["id"] = next((record.rid for record in known.values()), body["id"])
    other = Actor("kin", who.ref, who.name, who.relation, patients=(door.actor.ref,))
    with supposing(door, body, instead=f"Consent/{body['id']}"):
        yield seen_by(door, other)


def shared(door: Door, patient: str) -> tuple[Part, ...]:
    """What this door shows of `Patient/…`: the parts that hold anything, with their latest lines."""
    found = (part for read in _PARTS for part in read(door, patient))
    return tuple(part for part in found if part.lines)


def _identity(door: Door, patient: str) -> Iterable[Part]:
    """Who the patient is: whoever sees anything sees that."""
    for one in door.search("Patient", [("_id", patient.partition("/")[2]), ("_count", "1")]).matches:
        body = one.json
        numbers = [str(way.get("value", "")) for way in body.get("telecom") or ()]
        homes = [" ".join((*home.get("line", ()), home.get("city", ""))) for home in body.get("address", ())]
        under = ", ".join(filter(None, (str(body.get("birthDate", "")), *homes, *numbers)))
        yield Part("identity", (Line(human_name(body.get("name"))[0], under, ref=one.ref),))


def _letters(door: Door, patient: str) -> Iterable[Part]:
    query = [("category", "urn:rapport:kind|message"), ("_sort", "-sent")]
    yield _part(door, "conversations", "Communication", patient, query, _letter)


def _visits(door: Door, patient: str) -> Iterable[Part]:
    query = [("status", "booked,pending,arrived"), ("_sort", "date")]
    yield _part(door, "appointments", "Appointment", patient, query, _booking)


def _plan(door: Door, patient: str) -> Iterable[Part]:
    goals = [("lifecycle-status:not", "cancelled,entered-in-error,rejected")]
    yield _part(door, "plan", "Goal", patient, goals, _goal)


def _health(door: Door, patient: str) -> Iterable[Part]:
    for name, kept in chart.LISTS.items():
        query = [*kept.active, ("_sort", kept.order)]
        yield _part(door, name, kept.rtype, patient, query, partial(_kept, kept))
    yield _part(door, "measured", "Observation", patient, [("_sort", "-date")], _measured)
    yield _part(door, "contacts", "Encounter", patient, [("_sort", "-date")], _encounter)


def _decisions(door: Door, patient: str) -> Iterable[Part]:
    yield _part(door, "decisions", "RequestGroup", patient, [], _decision)


_PARTS: tuple[Callable[[Door, str], Iterable[Part]], ...] = (
    _identity, _letters, _visits, _plan, _health, _decisions,
)  # fmt: skip


def _part(
    door: Door,
    kind: str,
    rtype: str,
    patient: str,
    query: list[tuple[str, str]],
    read: Callable[[dict[str, Any]], Line | None],
) -> Part:
    found = door.search(rtype, [("patient", patient), *query, ("_count", str(MOST))])
    lines: dict[str, Line] = {}
    for one in found.matches:
        line = read(one.json)
        if line is not None and line.words:
            secret = shapes.labelled(one.json)
            said = replace(line, ref=one.ref, private=is_private(one.json), sensitive=secret)
            lines.setdefault(one.ref if line.quoted else f"{line.words} {line.under} {line.at}", said)
    return Part(kind, tuple(lines.values()), bool(found.next))


def _letter(body: dict[str, Any]) -> Line | None:
    if body.get("status") == "entered-in-error":
        return None
    said = next((one["contentString"] for one in body.get("payload") or () if "contentString" in one), "")
    first = " ".join(str(said).split())
    cut = first if len(first) <= MOST_WORDS else first[:MOST_WORDS].rsplit(None, 1)[0] + "…"
    by = str((body.get("sender") or {}).get("display", ""))
    talk = next((one.get("reference", "") for one in body.get("partOf") or ()), "")
    return Line(cut, by, moment(body.get("sent")), quoted=True, talk=str(talk).partition("/")[2])


def _kept(kept: chart.Kept, body: dict[str, Any]) -> Line:
    fact = kept.read(body)
    return Line(fact.words, fact.under, fact.since)


def _booking(body: dict[str, Any]) -> Line | None:
    found = record.booking(body)
    return Line(found.words, found.who, found.at) if found else None


def _encounter(body: dict[str, Any]) -> Line | None:
    found = record.visit(body)
    return Line(found.words, found.who, found.at) if found else None


def _goal(body: dict[str, Any]) -> Line | None:
    return Line(words(body.get("description")), "", moment(body.get("startDate")))


def _measured(body: dict[str, Any]) -> Line | None:
    value = body.get("valueQuantity") or {}
    shown = f"{value.get('value', '')} {value.get('unit', '')}".strip() or words(
        body.get("valueCodeableConcept")
    )
    return Line(words(body.get("code")), shown, moment(body.get("effectiveDateTime")))


def _decision(body: dict[str, Any]) -> Line | None:
    return Line(words(body.get("code")), "", moment(body.get("authoredOn")))
