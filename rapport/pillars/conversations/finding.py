"""Small look-ups through a door that verbs, guards and reading share: one search each, bounded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapport.fhir.outcomes import not_found
from rapport.gate.door import Door
from rapport.gate.together import Asks, inquiry
from rapport.people import absences, site
from rapport.people.actors import position_of
from rapport.people.site import Topic
from rapport.pillars.conversations.rules.clocks import Clocks
from rapport.pillars.conversations.rules.who import LEGAL_ROLES, Who
from rapport.pillars.conversations.rules.words import broken
from rapport.pillars.conversations.shapes.codes import INBOX, KIND, STATE, Resource, kind_of, ref_of
from rapport.pillars.conversations.shapes.letters import Header, read_header

#: Most concerns of one conversation, or members of one team, that are read at once.
MOST = 500

CONCERN = ("code", f"{KIND}|concern")
OPEN = ("business-status", f"{STATE}|raised,{STATE}|accepted,{STATE}|reopened,{STATE}|answered")


@dataclass(frozen=True, slots=True)
class Desk:
    """A position: who holds it, in which team. `open` while it is in force."""

    ref: str
    person: str
    name: str
    team: str
    role: str
    open: bool


def rid_of(ref: str) -> str:
    """The id in `Type/id`; an id alone is left as it is."""
    return ref.rpartition("/")[2]


def need(door: Door, rtype: str, rid: str, *kinds: str) -> Resource:
    """A product resource of one of these kinds; not found for anything else."""
    body = door.read(rtype, rid_of(rid)).json
    if kind_of(body) not in kinds:
        raise not_found()
    return body


def header(door: Door, rid: str) -> Header:
    """The header of a conversation; not found for anything else."""
    return read_header(need(door, "Communication", rid, "conversation"))


def look(door: Door, ref: str, kind: str) -> Resource | None:
    """A product resource of this kind by reference; None for anything else."""
    rtype, _, rid = ref.partition("/")
    if rtype not in ("Communication", "Task") or not rid:
        return None
    record = door.find(rtype, rid)
    body = record.json if record is not None else None
    return body if kind_of(body) == kind else None


@inquiry
def tasks(door: Door, *pairs: tuple[str, str], count: int = MOST) -> Asks[list[Resource]]:
    """Tasks that fit, at most `count`."""
    found = yield "Task", [*pairs, ("_count", str(count))]
    return [record.json for record in found.matches]


def concerns_of(door: Door, conversation: str, *pairs: tuple[str, str]) -> list[Resource]:
    """The concerns of a conversation (`Communication/…`), in order of arrival."""
    return tasks(door, CONCERN, ("based-on", conversation), *pairs, ("_sort", "authored-on"))


def marked(refs: Iterable[str], *parts: str) -> tuple[str, str]:
    """The concerns that carry the inbox marks of these teams or positions (`shapes.concerns.marked`)."""
    return "_tag", ",".join(f"{INBOX}|{ref}{part}" for ref in refs for part in parts or ("",))


def desks(door: Door, refs: Iterable[str]) -> dict[str, Desk]:
    """Positions by reference, past ones too."""
    wanted = [ref for ref in refs if ref.startswith("PractitionerRole/")]
    return {ref: desk(record.json) for ref, record in door.many(wanted).items()} if wanted else {}


def desks_of_teams(door: Door, teams: Iterable[str]) -> list[Desk]:
    """The positions in force of some teams."""
    wanted = ",".join(sorted(teams))
    if not wanted:
        return []
    found = door.search("PractitionerRole", [("organization", wanted), ("_count", str(MOST))])
    return [held for record in found.matches if (held := desk(record.json)).open]


def desk(body: dict[str, Any]) -> Desk:
    """The position that a PractitionerRole says."""
    held = position_of(body)
    person = body.get("practitioner") or {}
    codes = body.get("code") or [{}]
    role = held.role if held else str(codes[0].get("text", ""))
    name, team = str(person.get("display", "")), ref_of(body.get("organization"))
    return Desk(f"PractitionerRole/{body.get('id', '')}", ref_of(person), name, team, role, held is not None)


def standing_in(door: Door, owner: str, at: datetime) -> str:
    """Who has a concern that one takes in their place; "" when they are not away, or somebody else covers."""
    desk = desks(door, (owner,)).get(owner)
    covers = desk is not None and absences.covering(door.conn, desk.person, at) == door.actor.ref
    return desk.name if desk is not None and covers else ""


def persons_of(door: Door, refs: Iterable[str]) -> tuple[str, ...]:
    """The people (`Practitioner/…`, `Patient/…`, `RelatedPerson/…`) behind persons, positions and teams."""
    wanted = list(dict.fromkeys(filter(None, refs)))
    held = desks(door, wanted)
    teams = [ref for ref in wanted if ref.startswith("Organization/")]
    members = [member.person for member in desks_of_teams(door, teams)]
    people = [held[ref].person if ref in held else ref for ref in wanted if ref not in teams]
    return tuple(dict.fromkeys(ref for ref in (*people, *members) if _is_person(ref)))


def _is_person(ref: str) -> bool:
    return ref.startswith(("Patient/", "RelatedPerson/", "Practitioner/"))


def on_call(door: Door, at: datetime) -> tuple[Desk, ...]:
    """Who is on call at an instant, in the order in which they are asked; covers stand in for who is away.

    Nobody while alerts are not switched on, or the site is closed and its people are not on call then.
    """
    rules = site.current()
    if rules.alerts.mode != "on" or not (rules.alerts.always or rules.calendar.is_open(at)):
        return ()
    return _here(door, rules.alerts.on_call, at)


def ladder(door: Door, team: str, at: datetime) -> tuple[Desk, ...]:
    """Whom an alert of a team goes to, one after the other: who is on call, then the team's own chain."""
    rules = site.current()
    own = rules.team(team)
    chain = own.chain if own and rules.calendar.is_open(at) else ()
    found = {desk.ref: desk for desk in (*on_call(door, at), *_here(door, chain, at))}
    return tuple(found.values())


def _here(door: Door, chain: Iterable[str], at: datetime) -> tuple[Desk, ...]:
    """The positions of a chain that somebody holds now who is not away, or their covers."""
    found: dict[str, Desk] = {}
    held = desks(door, chain)
    for ref in chain:
        desk = held.get(ref)
        cover = absences.cover_for(door.conn, ref, at) if desk is not None else None
        if desk is not None and absences.absent(door.conn, desk.person, at):
            desk = desks(door, (cover,)).get(cover) if cover else None
        if desk is not None and desk.open:
            found[desk.ref] = desk
    return tuple(found.values())


def who(door: Door) -> Who:
    """Who acts at this door, as the rules need to know them."""
    actor = door.actor
    legal = _legal(door) if actor.kind == "kin" else frozenset[str]()
    return Who(actor.kind, actor.ref, actor.name, actor.positions, actor.teams, legal)


def _legal(door: Door) -> frozenset[str]:
    """The patient for whom someone of the circle speaks by law, as the record says."""
    record = door.rapport("conversations").find("RelatedPerson", rid_of(door.actor.ref))
    body = record.json if record is not None else {}
    codes = {
        coding.get("code")
        for relation in body.get("relationship") or ()
        for coding in relation.get("coding") or ()
        if coding.get("system") == "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
    }
    if body.get("active") is False or not codes & LEGAL_ROLES:
        return frozenset()
    return frozenset((ref_of(body.get("patient")),))


def topic(code: str) -> Topic:
    """A topic of the site's settings by its id. Refused("rule") for none."""
    found = site.current().topic(code)
    if found is None:
        raise broken("shape", kind="conversation", what="its topic is one of the site's")
    return found


def clocks(code: str = "") -> Clocks:
    """The clocks of a topic; for a topic that is no longer there those of the site's first."""
    rules = site.current()
    found = rules.topic(code) or next(iter(rules.topics), None)
    hours = (found.accept_hours, found.answer_hours) if found else (4.0, 16.0)
    return Clocks(
        rules.calendar, *hours, reminder_days=rules.reminder_days, no_reply_days=rules.no_reply_days
    )
