"""Forms come due, and looks that nobody took pass on: Rapport's own part, in the words of `tasks`."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from rapport.gate.door import Door
from rapport.people import notices, site
from rapport.pillars.screens import finding, moment
from rapport.pillars.screens.shapes import orders
from rapport.pillars.screens.shapes.answers import STATES, draft, over
from rapport.pillars.screens.shapes.codes import FOLLOW_UP, KIND, Resource, is_kind
from rapport.pillars.screens.shapes.orders import FollowUp, read_follow_up, read_order

_NAMES = uuid.UUID("9b8a3c1d-2a63-4ad0-9f63-6f2c8f0b7e15")
#: So many open hours a team has to take a look, and then the next person each.
LOOK_HOURS = 4


def look_by(at: datetime) -> datetime:
    """When a look has to be taken, or passes on."""
    return site.current().calendar.add_working(at, LOOK_HOURS)


def ask(own: Door, rid: str) -> bool:
    """Let what one order asks for wait for its person, if its time has come; what waited before is over."""
    with own.unit("asking a form"):
        own.lock("screen order", rid)
        body, at = own.read("ServiceRequest", rid).json, moment.now()
        found = read_order(body)
        if not orders.is_order(body) or not found.active or found.next is None or found.next > at:
            return False
        pack = finding.pack_of(own, found.form)
        person = finding.living(own, found.patient)
        if pack is None or person is None:
            own.update(orders.ended(body, "revoked"))
            return True
        query = [("based-on", found.ref), ("status", STATES["open"]), ("_count", "20")]
        for record in own.search("QuestionnaireResponse", query).matches:
            own.update(over(record.json))
        waiting = str(uuid.uuid5(_NAMES, f"{found.ref} {found.next.isoformat()}"))
        own.create(draft(waiting, pack, subject=(found.patient, person), order=found.ref, at=at), rid=waiting)
        own.update(_moved_on(body, found, at))
        ref = f"QuestionnaireResponse/{waiting}"
        notices.tell(found.patient, "screen", ref, f"{ref}:{found.patient}", own.conn)
        own.changed(f"patient:{found.patient}")
        return True


def _moved_on(body: Resource, found: orders.Order, at: datetime) -> Resource:
    if not found.weeks or found.next is None:
        return orders.ended(body, "completed")
    step = timedelta(weeks=found.weeks)
    return orders.scheduled(body, found.next + step * ((at - found.next) // step + 1), found.weeks)


def pass_on(own: Door, rid: str) -> bool:
    """Ask the next person of the team's chain for a look that nobody took in time; it stays open."""
    with own.unit("the clock of a look"):
        own.lock("screen look", rid)
        body, at = own.read("Task", rid).json, moment.now()
        if not is_kind(body, FOLLOW_UP):
            return False
        found = read_follow_up(body)
        if found.state != "open" or found.due is None or found.due > at:
            return False
        team = site.current().team(found.team)
        chain = finding.holders(own, team.chain if team else ())
        to = next((ref for ref in chain if ref not in found.asked), "")
        recipients = [ref for ref in (found.team, *found.asked, to) if ref]
        body = orders.asked_of(body, recipients, look_by(at))
        if to:
            body = orders.stepped(body, "passed-on", by=("", "Rapport"), at=at, words=chain[to])
        own.update(body)
        stir(own, read_follow_up(body))
        tell(own, (to,) if to else (found.team, *found.asked), found.answers, f"{found.ref}:{at.isoformat()}")
        return True


def give_back(own: Door, positions: Iterable[str]) -> None:
    """Who took these looks has left: they are the team's again at once."""
    query = [("code", f"{KIND}|{FOLLOW_UP}"), ("status", orders.STATES["taken"]), ("_count", "500")]
    for record in own.search("Task", [*query, ("owner", ",".join(positions))]).matches:
        found, at = read_follow_up(record.json), moment.now()
        body = orders.asked_of(record.json, [found.team, *found.asked], at)
        own.update(
            orders.stepped(
                body,
                "returned",
                by=("", "Rapport"),
                at=at,
                words=found.owner_name,
                state="open",
                owner=(found.team, ""),
            )
        )


def stir(door: Door, found: FollowUp) -> None:
    """Say on the live topics of a team and of whom was asked that something changed."""
    people = finding.persons(door.rapport("screens"), (*found.asked, found.owner))
    door.changed(f"team:{found.team}", *(f"person:{ref}" for ref in people))


def tell(door: Door, refs: Iterable[str], about: str, key: str) -> None:
    """Tell the people behind positions and teams, each once for this key, that there is something to read."""
    for person in finding.persons(door.rapport("screens"), refs):
        if person != door.actor.ref:
            notices.tell(person, "look", about, f"{key}:{person}", door.conn)
