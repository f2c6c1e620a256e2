"""Reminds of what is on somebody's list, at the times they chose, if they asked for that.

One job waits for each person: it looks at the list at one time and puts itself off to the next. What it sends
says only that there is something to read. Doing it twice sends nothing twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from procrastinate.contrib.django import app

from rapport.gate import jobs
from rapport.gate.door import Door
from rapport.people import notices, site
from rapport.people.asking import at_work
from rapport.pillars.plans import reading
from rapport.pillars.plans.shapes.days import times_id

#: A reminder that comes later than this is none.
LATEST = timedelta(minutes=30)


@app.task(name="plans.remind")
def remind(patient: str) -> int:
    """Look at somebody's list now: how many things they are reminded of; and put off the next look."""
    door = at_work("reminders")
    with door.unit("reminding of a list"):
        return look(door, patient, timezone.now())


def look(door: Door, patient: str, now: datetime) -> int:
    """The same at a moment."""
    zone = site.current().zone
    today = now.astimezone(zone).date()
    days = [reading.of_day(door, patient, today + timedelta(days=ahead), zone) for ahead in (0, 1)]
    if not days[0].remind:
        return 0
    told = 0
    for line in days[0].lines:
        when = line.due.when
        if when is not None and line.answer is None and now - LATEST < when <= now:
            key = f"list:{patient}:{when.isoformat()}"
            about = f"QuestionnaireResponse/{times_id(patient)}"
            told += notices.tell(patient, "list", about, key, door.conn, urgent=True)
    coming = [line.due.when for day in days for line in day.lines if line.due.when and line.due.when > now]
    if coming:
        once = f"plans.remind:{patient}:{min(coming).isoformat()}"
        jobs.later(door.conn, "plans.remind", at=min(coming), once=once, patient=patient)
    return told
