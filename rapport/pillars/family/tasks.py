"""The clock of the help calendar. State is in the record: a sweep that ran twice tells nobody twice."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from procrastinate.contrib.django import app

from rapport.fhir.outcomes import Refused
from rapport.gate.door import Door
from rapport.people.asking import at_work
from rapport.pillars.family.guards import tell
from rapport.pillars.family.rules import helping
from rapport.pillars.family.shapes.common import KIND, instant
from rapport.pillars.family.shapes.helping import Need, read_need

log = logging.getLogger(__name__)
BATCH = 200


@app.periodic(cron="*/10 * * * *")
@app.task(name="family.sweep", queueing_lock="family.sweep", lock="family.sweep")
def sweep(timestamp: int = 0) -> int:
    """Remind who comes to something within a day; tell the patient where nobody comes. How many were soon."""
    now, cursor, seen = datetime.now(UTC), "", 0
    while True:
        needs, cursor = _coming(at_work("clock"), now, cursor)
        for need in needs:
            try:
                seen += remind(at_work("clock"), need, now)
            except Refused as refused:
                log.info("the sweep left Task/%s: %s", need.rid, refused.code)
        if not cursor:
            return seen


def _coming(door: Door, now: datetime, cursor: str) -> tuple[list[Need], str]:
    query = [
        ("code", f"{KIND}|help"),
        ("status", "requested,accepted"),
        ("due", f"ge{instant(now)}"),
        ("due", f"le{instant(now + helping.REMINDED + helping.LONGEST_TIME)}"),
        ("_sort", "due"),
        ("_count", str(BATCH)),
        *([("_cursor", cursor)] if cursor else []),
    ]
    found = door.search("Task", query)
    return [read_need(one.json) for one in found.matches], found.next or ""


def remind(door: Door, need: Need, now: datetime) -> bool:
    """One need that begins soon: who comes is reminded, or the patient hears that nobody does."""
    if not helping.soon(need, now):
        return False
    who = need.comes[0] if need.state == "claimed" else need.patient
    with door.unit("reminding of help"):
        tell(door, [who], "help-soon", need.ref, f"{need.ref}:soon")
    return True
