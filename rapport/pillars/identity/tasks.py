"""Jobs: comparing patients who were changed, moving what was written to a record that was replaced."""

from __future__ import annotations

from procrastinate.contrib.django import app

from rapport.gate.door import Door
from rapport.gate.identity import joining, pairs
from rapport.people.asking import at_work
from rapport.pillars.identity.finding import likely

#: Patients that one run compares.
AT_ONCE = 200


@app.periodic(cron="* * * * *")
@app.task(name="identity.look", queueing_lock="identity.look")
def look(timestamp: int = 0) -> None:
    """Once a minute: whatever was written since."""
    door = at_work("identity")
    joining.follow(door)
    while compare(door) == AT_ONCE:
        pass


def compare(door: Door) -> int:
    """Compare the next patients who were changed; how many."""
    own = door.rapport("identity")
    with door.unit("looking for records of one person"):
        changed = pairs.changed(door.conn, AT_ONCE)
        for record in changed:
            pairs.found(door.conn, record.ref, likely(own, record.json))
        if changed:
            pairs.compared_to(door.conn, changed[-1].updated, changed[-1].id)
    return len(changed)
