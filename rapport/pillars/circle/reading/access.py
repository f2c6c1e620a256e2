"""Who may see a record and why, for leads and privacy officers: grants, and what the law says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import orjson

from rapport.fhir.keys import reference_key
from rapport.fhir.outcomes import not_found
from rapport.gate.access import reach, who_may
from rapport.gate.decisions import answers_for
from rapport.gate.door import Door
from rapport.people import actors
from rapport.people.portrait import human_name, words
from rapport.pillars.circle.shapes import Authority, authority_of, refused_of

#: What is asked of somebody else's reach: one type for each kind of thing.
ASKED = ("Patient", "Communication", "Appointment", "Goal", "Condition", "RequestGroup")


@dataclass(frozen=True, slots=True)
class May:
    """Somebody who may see the record, or part of it: by which rule, and until when."""

    rule: str
    who: str
    narrow: bool
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Lawful:
    """What somebody may do by law. `open` while it is in force as entered."""

    rid: str
    who: str
    authority: Authority
    verifier: str
    signer: str
    open: bool


def keeper(door: Door, patient: str) -> None:
    """Not found for anybody but leads and privacy officers, and for whom `Patient/…` has shut out of them."""
    if not answers_for(door, reference_key(patient)):
        raise not_found()


def may_see(door: Door, patient: str) -> tuple[May, ...]:
    """Everyone who may see something of `Patient/…` now, what is broad first."""
    keeper(door, patient)
    found: dict[tuple[str, str, bool], May] = {}
    for one in who_may(door, patient):
        for who in _named(one.why, one.source):
            found.setdefault((one.rule, who, one.narrow), May(one.rule, who, one.narrow, one.until))
    return tuple(found.values())


def _named(why: str, source: str) -> list[str]:
    """Whom a grant is for: the name in its sentence, or those whom a Consent names."""
    body = orjson.loads(source) if source else {}
    if body.get("resourceType") != "Consent":
        return [why]
    parts = (body.get("provision") or {}).get("provision") or [body.get("provision") or {}]
    named = [actor.get("reference") or {} for part in parts for actor in part.get("actor") or ()]
    return list(dict.fromkeys(one.get("display") or one.get("reference", "") for one in named)) or [why]


def by_law(door: Door, patient: str) -> tuple[Lawful, ...]:
    """What the record says that people may do by law for `Patient/…`."""
    keeper(door, patient)
    bodies = [one.json for one in door.search("Consent", [("patient", patient), ("_count", "100")]).matches]
    found = []
    for body in bodies:
        said = authority_of(body)
        if said is not None:
            authority, ref, name = said
            names = [actors.name_of(door.conn, who) for who in (authority.verifier, authority.signer)]
            is_open = body.get("status") == "active"
            found.append(Lawful(body["id"], name or ref, authority, names[0], names[1], is_open))
    return tuple(sorted(found, key=lambda one: not one.open))


def reached(door: Door, patient: str, person: str) -> dict[str, bool]:
    """What `Practitioner/…` or `RelatedPerson/…` may see of `Patient/…` now."""
    keeper(door, patient)
    if not person.startswith(("Practitioner/", "RelatedPerson/")):
        raise not_found()
    return reach(door, actors.actor_of(door.conn, person, "", 0), patient, ASKED)


def people(door: Door, patient: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(reference, name) of the family in the record, and of those who work here."""
    keeper(door, patient)
    own = door.rapport("circle")
    kin = own.search("RelatedPerson", [("patient", patient), ("_count", "100")]).matches
    family = []
    for one in kin:
        relation = words(next(iter(one.json.get("relationship") or ()), None))
        name = human_name(one.json.get("name"))[0]
        family.append((one.ref, f"{name}, {relation}" if relation else name))
    held = {at.person: at.role for at in actors.positions(door.conn)}
    known = door.many(held)
    staff = [(ref, f"{human_name(record.json.get('name'))[0]}, {held[ref]}") for ref, record in known.items()]
    return family, sorted(staff, key=lambda one: one[1].casefold())


def shut_out(door: Door, patient: str) -> tuple[tuple[str, str], ...]:
    """Those who work here whom a patient has shut out (id, name); for the patient and who keeps sharing."""
    if door.actor.ref != patient:
        keeper(door, patient)
    query = [("patient", patient), ("status", "active"), ("_count", "200")]
    found = (refused_of(one.json) for one in door.search("Consent", query).matches)
    return tuple(sorted({(ref.partition("/")[2], name) for ref, name in filter(None, found)}))


def colleagues(door: Door, name: str) -> tuple[tuple[str, str], ...]:
    """Those who work here of a name (id, name with role), for a patient to choose from; a few."""
    if door.actor.kind != "patient":
        raise not_found()
    query = [("name", word) for word in name.replace(",", " ").replace("|", " ").split()]
    found = door.search("Practitioner", [*query, ("_count", "20")]).matches if query else []
    held = {at.person: at.role for at in actors.positions(door.conn)}
    named = ((one.rid, human_name(one.json.get("name"))[0], held.get(one.ref, "")) for one in found)
    return tuple((rid, f"{called}, {role}" if role else called) for rid, called, role in named if called)
