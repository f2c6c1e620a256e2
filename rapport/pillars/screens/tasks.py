"""The clock of screens: forms come due, looks that nobody took pass on.

State is in the record: a sweep that was missed, stopped half-way or run twice loses and doubles nothing.
"""

from __future__ import annotations

import logging

from procrastinate.contrib.django import app

from rapport.fhir.outcomes import Refused
from rapport.gate.door import Door
from rapport.people import leavers
from rapport.people.actors import Position
from rapport.people.asking import at_work
from rapport.pillars.screens import moment
from rapport.pillars.screens.guards import asking
from rapport.pillars.screens.shapes.codes import CLOCK, FOLLOW_UP, KIND, ORDER, RUNNING, instant

log = logging.getLogger(__name__)

#: So many are looked up at once, and how often in one sweep; the next minute goes on.
BATCH, MOST_PAGES = 200, 50


@app.periodic(cron="* * * * *")
@app.task(name="screens.sweep", queueing_lock="screens.sweep", lock="screens.sweep")
def sweep(timestamp: int = 0) -> int:
    """Once a minute: ask what is due, pass on what nobody took. How many were moved on."""
    now = instant(moment.now())
    orders = [("code", f"{KIND}|{ORDER}"), ("status", "active"), ("occurrence", f"le{now}")]
    looks = [("code", f"{KIND}|{FOLLOW_UP}"), ("_tag", f"{CLOCK}|{RUNNING}"), ("due", f"le{now}")]
    moved = 0
    for rtype, query, move in (
        ("ServiceRequest", orders, asking.ask),
        ("Task", looks, asking.pass_on),
    ):
        cursor = ""
        for _page in range(MOST_PAGES):
            more = [("_count", str(BATCH)), *([("_cursor", cursor)] if cursor else [])]
            found = at_work("screens").search(rtype, [*query, *more])
            for record in found.matches:
                try:
                    moved += move(at_work("screens"), record.rid)
                except Refused as refused:  # someone was faster; the next sweep sees what is left
                    log.info("the sweep left %s/%s: %s", rtype, record.rid, refused.code)
                except Exception as broke:  # one that cannot be moved must not stop all others
                    log.error("the sweep could not move %s/%s: %s", rtype, record.rid, type(broke).__name__)
            cursor = found.next or ""
            if not cursor:
                break
    return moved


def connect() -> None:
    """Follow people who leave."""
    leavers.on_left(give_back)


def give_back(door: Door, person: str, held: tuple[Position, ...]) -> None:
    """Someone leaves: every look that they took is the team's again at once."""
    if held:
        asking.give_back(door.rapport("screens"), [position.ref for position in held])
