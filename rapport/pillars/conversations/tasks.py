"""The clock of conversations: passes on what is late, reminds of answers, notes promises whose day is past.

State is in the record: the sweep looks at what is due now, so a sweep that was missed, stopped half-way
or run twice loses and doubles nothing. Each concern is one transaction.
"""

from __future__ import annotations

import logging
import uuid
from datetime import datetime
from typing import Any

from procrastinate.contrib.django import app

from rapport.fhir.outcomes import Refused
from rapport.gate.door import Door
from rapport.people import absences, leavers, notices, site
from rapport.people.actors import Position
from rapport.people.asking import at_work
from rapport.people.portrait import human_name
from rapport.pillars.conversations import finding, moment
from rapport.pillars.conversations.guards import alarming
from rapport.pillars.conversations.rules.clocks import Clocks, next_in_chain, reminders
from rapport.pillars.conversations.rules.moves import Step, take_step
from rapport.pillars.conversations.shapes.alerts import ALERTED
from rapport.pillars.conversations.shapes.alerts import returned as alert_returned
from rapport.pillars.conversations.shapes.codes import (
    CLOCK,
    KIND,
    RUNNING,
    Resource,
    display_of,
    instant,
    kind_of,
    ref_of,
)
from rapport.pillars.conversations.shapes.concerns import ConcernTask, read_concern, with_clock
from rapport.pillars.conversations.shapes.events import By, Event, with_event
from rapport.pillars.conversations.shapes.letters import read_header
from rapport.pillars.conversations.shapes.promises import PROMISED, read_promise, returned, undelivered

log = logging.getLogger(__name__)

#: Concerns that are looked up at once, and how often in one sweep; the next minute goes on.
BATCH, MOST_PAGES = 200, 50
_NAMES = uuid.UUID("0d0a3a52-95a9-4c6f-8f62-0a3d2b1f7c11")


@app.periodic(cron="* * * * *")
@app.task(name="conversations.sweep", queueing_lock="conversations.sweep", lock="conversations.sweep")
def sweep(timestamp: int = 0) -> int:
    """Once a minute: look at every running clock that is past. How many were moved on."""
    moved = 0
    for kind, look in (("alert", alarming.ask_next), ("concern", look_at), ("promise", look_at_promise)):
        cursor = ""
        for _page in range(MOST_PAGES):
            rids, cursor = due(at_work("clock"), kind, cursor)
            for rid in rids:
                try:
                    moved += look(at_work("clock"), rid)
                except Refused as refused:  # someone was faster; the next sweep sees what is left
                    log.info("the sweep left Task/%s: %s", rid, refused.code)
                except Exception as broke:  # one that cannot be moved must not stop the clocks of all others
                    log.error("the sweep could not move Task/%s: %s", rid, type(broke).__name__)
            if not cursor:
                break
    return moved


def due(door: Door, kind: str, cursor: str = "") -> tuple[list[str], str]:
    """The ids of concerns or promises whose running clock is past, longest past first, and where to go on."""
    query = [
        ("code", f"{KIND}|{kind}"),
        ("_tag", f"{CLOCK}|{RUNNING}"),
        ("due", f"le{instant(moment.now())}"),
        ("_sort", "due"),
        ("_count", str(BATCH)),
        *([("_cursor", cursor)] if cursor else []),
    ]
    found = door.search("Task", query)
    return [record.rid for record in found.matches], found.next or ""


def look_at(door: Door, rid: str) -> bool:
    """Move one concern on if its time has come: pass it on, remind, or note that nobody replied."""
    at = moment.now()
    with door.unit("the clock"):
        record = door.find("Task", rid)
        if record is None or kind_of(record.json) != "concern":
            return False
        door.lock("conversation", ref_of(record.json["basedOn"][0]))
        body = door.read("Task", rid).json
        concern = read_concern(body)
        if not concern.clock or concern.due is None or concern.due > at:
            return False
        header = finding.look(door, concern.conversation, "conversation")
        clocks = finding.clocks(read_header(header).topic if header else "")
        if concern.state == "answered":
            return _remind(door, body, concern, clocks, at)
        return _pass_on(door, body, concern, clocks, at)


def _remind(door: Door, body: Resource, concern: ConcernTask, clocks: Clocks, at: datetime) -> bool:
    code = "reminded" if reminders(concern) < len(clocks.reminder_days) else "silent"
    door.update(take_step(body, Step(code, _clock(), at), clocks))
    return True


def _pass_on(door: Door, body: Resource, concern: ConcernTask, clocks: Clocks, at: datetime) -> bool:
    ripe = clocks.escalates(concern)
    if ripe is None or ripe > at:
        return False
    team = site.current().team(concern.team)
    chain = tuple(ref for ref, desk in _held(door, team.chain if team else ()).items() if desk.open)
    to = next_in_chain(chain, concern, _away(door, chain, at))
    if not to:
        door.update(with_clock(body, False))
        return False
    name = finding.desks(door, (to,))[to].name
    door.update(take_step(body, Step("passed-on", _clock(), at, to=(to, name)), clocks))
    return True


def _held(door: Door, chain: tuple[str, ...]) -> dict[str, finding.Desk]:
    held = finding.desks(door, chain)
    return {ref: held[ref] for ref in chain if ref in held}


def _away(door: Door, chain: tuple[str, ...], at: datetime) -> frozenset[str]:
    held = _held(door, chain)
    return frozenset(ref for ref, desk in held.items() if absences.absent(door.conn, desk.person, at))


def _clock() -> By:
    return By("", "Rapport")


def look_at_promise(door: Door, rid: str) -> bool:
    """The day of a promise has passed: it stays open, and who made it is told once."""
    at = moment.now()
    with door.unit("the clock"):
        record = door.find("Task", rid)
        if record is None or kind_of(record.json) != "promise":
            return False
        body = record.json
        promise = read_promise(body)
        if promise.state != "open" or promise.due is None or promise.due > at:
            return False
        door.update(with_clock(with_event(body, Event("late", _clock(), at)), False))
        for person in finding.persons_of(door, (promise.owner,)):
            notices.tell(person, "promise-late", promise.conversation, f"Task/{rid}:late:{person}", door.conn)
        return True


# ---------------------------------------------------------------- leavers and lost notices


def connect() -> None:
    """Follow people who leave, and notices that could not be delivered."""
    leavers.on_left(give_back)
    notices.on_undelivered(make_task)


def give_back(door: Door, person: str, held: tuple[Position, ...]) -> None:
    """Someone leaves: every open concern and promise that they had is the team's again at once."""
    own = door.rapport("clock")
    positions = ",".join(position.ref for position in held)
    if not positions:
        return
    while True:
        bodies = finding.tasks(own, finding.CONCERN, finding.OPEN, ("owner", positions), count=BATCH)
        for body in bodies:
            concern = read_concern(body)
            header = finding.look(own, concern.conversation, "conversation")
            clocks = finding.clocks(read_header(header).topic if header else "")
            whose = (concern.owner, display_of(body.get("owner")))
            own.update(take_step(body, Step("returned", _clock(), moment.now(), whose=whose), clocks))
        if len(bodies) < BATCH:
            break
    _give_back_promises(own, person, held)
    query = [("code", f"{KIND}|alert"), ("status", ALERTED["taken"]), ("owner", positions)]
    for body in finding.tasks(own, *query):
        own.update(alert_returned(body, _clock(), moment.now()))


def _give_back_promises(own: Door, person: str, held: tuple[Position, ...]) -> None:
    """What they promised and have not kept yet, their team keeps now. It says who promised it."""
    teams = {position.ref: position.team for position in held}
    first = next(filter(None, teams.values()), "")
    owners = ",".join((person, *teams))
    query = [("code", f"{KIND}|promise"), ("status", PROMISED["open"]), ("owner", owners)]
    while first:
        bodies = finding.tasks(own, *query, count=BATCH)
        for body in bodies:
            team = teams.get(ref_of(body.get("owner"))) or first
            found = site.current().team(team)
            named = (team, site.current().say(found.name) if found else "")
            own.update(returned(body, team=named, by=_clock(), at=moment.now()))
        if len(bodies) < BATCH:
            return


def make_task(lost: notices.Undelivered) -> None:
    """A notice did not reach someone: the team has a task to reach them in another way."""
    door = at_work("conversations")
    for about in dict.fromkeys(lost.about):
        header = finding.look(door, about, "conversation")
        if header is None:
            continue
        _undelivered(door, header, lost)


def _undelivered(door: Door, body: dict[str, Any], lost: notices.Undelivered) -> None:
    header, at = read_header(body), moment.now()
    team = next(iter(header.teams), "")
    if not team:
        held = finding.desks(door, header.recipients)
        team = next((desk.team for desk in held.values()), "")
    day = at.date().isoformat()  # a person who cannot be reached makes one task a day and conversation
    rid = str(uuid.uuid5(_NAMES, f"{lost.person} {header.rid} {day}"))
    if team and door.find("Task", rid) is None:
        task = undelivered(
            rid,
            patient=header.patient,
            conversation=header.ref,
            team=team,
            to=(lost.person, _name(door, lost.person)),
            why=lost.why,
            at=at,
        )
        with door.unit("a notice was not delivered"):
            door.create(task, rid=rid)
            door.changed(f"team:{team}")


def _name(door: Door, person: str) -> str:
    rtype, _, rid = person.partition("/")
    record = door.find(rtype, rid)
    return human_name(record.json.get("name"))[0] if record is not None else ""
