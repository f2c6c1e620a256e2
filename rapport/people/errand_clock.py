"""The clock of errands: what nobody took, or did not do in time, passes to the next name of the team's chain.

State is in the record: a sweep that was missed, stopped half-way or run twice loses and doubles nothing.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from procrastinate.contrib.django import app

from rapport.fhir.outcomes import Refused
from rapport.gate.claims import KIND
from rapport.gate.door import Door
from rapport.people import absences, actors, errands, leavers, notices, site
from rapport.people.actors import Position
from rapport.people.asking import at_work
from rapport.people.errands import Errand

log = logging.getLogger(__name__)

#: Open hours that the next name has; errands looked at in one sweep.
PASS_HOURS, BATCH = 2.0, 200


@app.periodic(cron="* * * * *")
@app.task(name="people.errands", queueing_lock="people.errands", lock="people.errands")
def sweep(timestamp: int = 0) -> int:
    """Once a minute: pass on what is past its time. How many were."""
    at, moved_on = datetime.now(UTC), 0
    for rid in due(at_work("clock"), at):
        try:
            moved_on += pass_on(at_work("clock"), rid, at)
        except Refused as refused:  # someone was faster; the next sweep sees what is left
            log.info("the sweep left Task/%s: %s", rid, refused.code)
        except Exception as broke:  # one that cannot be moved must not stop the others
            log.error("the sweep could not move Task/%s: %s", rid, type(broke).__name__)
    return moved_on


def due(door: Door, at: datetime) -> list[str]:
    """The ids of errands whose time is past, the longest past first."""
    if not errands.codes():
        return []
    query = [
        ("code", ",".join(f"{KIND}|{code}" for code in errands.codes())),
        ("_tag", f"{errands.CLOCK}|{errands.RUNNING}"),
        ("due", f"le{errands.instant(at)}"),
        ("_sort", "due"),
        ("_count", str(BATCH)),
    ]
    return [record.rid for record in door.search("Task", query).matches]


def pass_on(door: Door, rid: str, at: datetime) -> bool:
    """Pass one errand to the next name, if its time has come. The last name of the chain keeps it."""
    with door.unit("the clock"):
        door.lock("errand", rid)
        body = errands.need(door, rid)
        one = errands.read_errand(body)
        if not one.is_open or one.due is None or one.due > at:
            return False
        later = after_open_hours(at, PASS_HOURS, days=1)
        to = next_name(door, one, at)
        if to is None:
            door.update(errands.put_off(body, later))
            return False
        door.update(errands.passed_on(body, (to.ref, actors.name_of(door.conn, to.person)), at, later))
        notices.tell(to.person, "errand", one.ref, f"{one.ref}:{to.ref}:{errands.instant(at)}", door.conn)
        return True


def next_name(door: Door, one: Errand, at: datetime) -> Position | None:
    """Who is asked next: of the team's chain, not asked yet, here today; the lead even when away."""
    team = site.current().team(one.team)
    chain = [ref for ref in (team.chain if team else ()) if ref not in (*one.asked, one.owner)]
    for ref in chain:
        held = actors.position(door.conn, ref)
        if held and (ref == chain[-1] or not absences.absent(door.conn, held.person, at)):
            return held
    return None


def after_open_hours(at: datetime, hours: float, days: int = 2) -> datetime:
    """When the site has been open for so many hours since; `days` later where it never opens."""
    try:
        return site.current().calendar.add_working(at, hours)
    except ValueError:  # a site that never opens
        return at + timedelta(days=days)


def tell(door: Door, one: Errand, key: str, *, urgent: bool = False) -> None:
    """Tell who has an errand by e-mail that there is something to read: the person, or all of the team."""
    if one.owner.startswith("Organization/"):
        people = [held.person for held in actors.positions(door.conn, organization=one.owner)]
    else:
        held = actors.position(door.conn, one.owner)
        people = [held.person] if held else []
    for person in people:
        if person != door.actor.ref:
            notices.tell(person, "errand", one.ref, f"{one.ref}:{key}:{person}", door.conn, urgent=urgent)


def connect() -> None:
    """Follow people who leave: what they had is their team's again."""
    leavers.on_left(give_back)


def give_back(door: Door, _person: str, held: tuple[Position, ...]) -> None:
    """Someone leaves: every open errand of theirs is the team's at once."""
    own, at = door.rapport("clock"), datetime.now(UTC)
    teams = {position.ref: position.team for position in held}
    if not teams or not errands.codes():
        return
    for one in errands.of_owners(own, list(teams)):
        team = one.team or teams[one.owner]
        if team:
            body = errands.need(own, one.rid)
            own.update(errands.passed_on(body, (team, ""), at, after_open_hours(at, PASS_HOURS, days=1)))
