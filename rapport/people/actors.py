"""Turns an account into an Actor: who asks, in which positions and teams, with which duties."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from threading import Lock
from typing import Any

from psycopg import Connection

from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people.portrait import human_name

#: Coding systems of `PractitionerRole.code`: what someone is, and what they answer for at the whole site.
ROLE = "urn:rapport:role"
DUTY = "urn:rapport:duty"
DUTIES = ("lead", "privacy", "operator")

#: An Actor is made anew after so many seconds, so that a position's last day is kept without a clock.
FRESH_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Position:
    """A PractitionerRole in force: who, in which team, as what, with which duties."""

    ref: str
    person: str
    team: str
    role: str
    duties: frozenset[str]


def position_of(body: Mapping[str, Any], today: date | None = None) -> Position | None:
    """The position that a PractitionerRole says, None where it is over, not begun, or names nobody."""
    today = today or datetime.now(UTC).date()
    period = body.get("period", {})
    begun = str(period.get("start", ""))[:10] <= today.isoformat()
    over = bool(period.get("end")) and not _still(str(period["end"]))
    person = str(body.get("practitioner", {}).get("reference", ""))
    if body.get("active") is False or over or not begun or not person:
        return None
    codings = [coding for code in body.get("code", ()) for coding in code.get("coding", ())]
    role: Mapping[str, Any] = next((coding for coding in codings if coding.get("system") != DUTY), {})
    words = next((code["text"] for code in body.get("code", ()) if code.get("text")), "")
    return Position(
        ref=f"PractitionerRole/{body['id']}",
        person=person,
        team=str(body.get("organization", {}).get("reference", "")),
        role=words or str(role.get("display") or role.get("code") or ""),
        duties=frozenset(str(c.get("code")) for c in codings if c.get("system") == DUTY) & set(DUTIES),
    )


def _still(end: str) -> bool:
    """Whether a FHIR dateTime is not past yet; a plain date lasts to its end."""
    if len(end) <= 10:
        return datetime.now(UTC).date().isoformat()[: len(end)] <= end
    return datetime.fromisoformat(end) > datetime.now(UTC)


def positions(conn: Connection[Any], **by: str) -> list[Position]:
    """Positions in force, by search parameters of PractitionerRole: `practitioner=`, `organization=`."""
    found = system_door(conn).search("PractitionerRole", [*by.items(), ("_count", "500")])
    return [at for record in found.matches if (at := position_of(record.json)) is not None]


def duties_of(conn: Connection[Any], person: str) -> frozenset[str]:
    """What a `Practitioner/…` answers for at the whole site, by all positions in force."""
    return frozenset[str]().union(*(at.duties for at in positions(conn, practitioner=person)))


def leads(actor: Actor) -> bool:
    """Whether they lead or run the site."""
    return bool(actor.duties & {"lead", "operator"})


def position(conn: Connection[Any], ref: str) -> Position | None:
    """The position `PractitionerRole/…`, None where it is over or not there."""
    return next(iter(positions(conn, _id=ref.partition("/")[2])), None)


def system_door(conn: Connection[Any]) -> Door:
    """A door for looking up who works where: directory data that every signed-in person may read."""
    return Door(conn, Actor.system("people"), source="people")


def name_of(conn: Connection[Any], person: str) -> str:
    """What the record calls a person (`Patient/…`, `Practitioner/…`, `RelatedPerson/…`); "" for no name."""
    rtype, _, rid = person.partition("/")
    record = system_door(conn).find(rtype, rid)
    return human_name(record.json.get("name"))[0] if record is not None else ""


def _made(conn: Connection[Any], person: str, account_name: str) -> Actor:
    """The Actor, under the name that the record has. The account's is for who has none there."""
    rtype, name = person.partition("/")[0], name_of(conn, person) or account_name
    if rtype == "Patient":
        return Actor("patient", person, name, "patient", patients=(person,))
    if rtype == "Practitioner":
        held = positions(conn, practitioner=person)
        return Actor(
            "staff",
            person,
            name,
            next((at.role for at in held if at.role), "staff"),
            positions=tuple(at.ref for at in held),
            teams=tuple(dict.fromkeys(at.team for at in held if at.team)),
            duties=frozenset[str]().union(*(at.duties for at in held)),
        )
    return _kin(conn, person, name)


def _kin(conn: Connection[Any], person: str, name: str) -> Actor:
    """Family or friend: of whom and as what is in their RelatedPerson; what they see is not decided here."""
    body = _related(conn, person)
    patient = str(body.get("patient", {}).get("reference", "")) if body.get("active") is not False else ""
    words = next((str(r["text"]) for r in body.get("relationship", ()) if r.get("text")), "family")
    return Actor("kin", person, name, words, patients=(patient,) if patient else ())


def _related(conn: Connection[Any], person: str) -> Mapping[str, Any]:
    record = system_door(conn).find("RelatedPerson", person.partition("/")[2])
    return record.json if record else {}


def patient_name(conn: Connection[Any], kin: str) -> str:
    """What `RelatedPerson/…` calls the patient whose circle they are in; "" where it does not say."""
    patient: Mapping[str, Any] = _related(conn, kin).get("patient", {})
    return str(patient.get("display", "")) or name_of(conn, str(patient.get("reference", "")))


class _Cache:
    """Actors made lately, by account and epoch: whatever changes a person's positions grows their epoch."""

    def __init__(self, size: int = 5000) -> None:
        self.size = size
        self.lock = Lock()
        self.kept: OrderedDict[tuple[str, int], tuple[float, Actor]] = OrderedDict()

    def get(self, key: tuple[str, int]) -> Actor | None:
        found = self.kept.get(key)
        return found[1] if found and found[0] > time.monotonic() else None

    def put(self, key: tuple[str, int], actor: Actor) -> Actor:
        with self.lock:
            self.kept[key] = (time.monotonic() + FRESH_SECONDS, actor)
            while len(self.kept) > self.size:
                self.kept.popitem(last=False)
        return actor


_cache = _Cache()


def actor_of(conn: Connection[Any], person: str, name: str, epoch: int) -> Actor:
    """The Actor for a person whose account is at this epoch; cheap when it was made before."""
    key = (person, epoch)
    return _cache.get(key) or _cache.put(key, _made(conn, person, name))


def somebody(conn: Connection[Any], person: str) -> Actor | None:
    """The Actor that a `Patient/…`, `RelatedPerson/…` or `Practitioner/…` would be, account or not; None for
    nobody here."""
    if person.partition("/")[0] not in ("Patient", "RelatedPerson", "Practitioner"):
        return None
    return _made(conn, person, "") if name_of(conn, person) else None


def actor_for(conn: Connection[Any], user: Any) -> Actor:
    """The Actor of an account. The caller has checked that the account may sign in."""
    return actor_of(conn, user.person, user.display_name, user.epoch)
