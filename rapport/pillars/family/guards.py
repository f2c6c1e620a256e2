"""Family and team together, at the door: the rules hold for every writer; and who is told of what."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from rapport.gate import guards
from rapport.gate.circle import let_in
from rapport.gate.door import Door
from rapport.people import notices
from rapport.pillars.family import finding
from rapport.pillars.family.rules import helping, meetings, news, todos
from rapport.pillars.family.shapes.common import kind_of, who_of
from rapport.pillars.family.shapes.helping import is_need, read_need
from rapport.pillars.family.shapes.meetings import is_meeting, read_meeting, read_summary
from rapport.pillars.family.shapes.news import is_update, read_update
from rapport.pillars.family.shapes.todos import is_todo, read_todo, side

Body = dict[str, Any]


#: What has a kind at all (`shapes.common.kind_of`).
_OURS = frozenset({"Communication", "Task"})


def register() -> None:
    """Put the guards at the door; called once at start-up."""
    guards.register(guards.Guard("help", is_need, _judge_need, _tell_of_need, _OURS))
    guards.register(guards.Guard("to-do", is_todo, _judge_todo, _tell_of_todo, _OURS))
    guards.register(guards.Guard("meeting", is_meeting, _judge_meeting, _tell_of_meeting, _OURS))
    guards.register(guards.Guard("update", is_update, _judge_update, _tell_of_update, _OURS))


def tell(door: Door, people: Iterable[str], kind: str, about: str, key: str) -> None:
    """Tell people, each once for this key, but not who acts."""
    for person in dict.fromkeys(people):
        if person and person != door.actor.ref:
            notices.tell(person, kind, about, f"{key}:{person}", door.conn)


def of_circle(door: Door, patient: str, category: str, rtype: str) -> list[str]:
    """Those of the circle who may see what carries the mark of a category."""
    return [ref for ref, _ in let_in(door.rapport("family"), patient, category, rtype)]


def _check(door: Door, before: Body | None, after: Body | None) -> None:
    """Whoever is named is who they are said to be; Rapport and programs name whom they know."""
    if after is not None and door.actor.kind in ("patient", "kin", "staff"):
        patient = who_of(after.get("for") or after.get("subject"))[0]
        finding.check_people(door, patient, before, after)


def _stir(door: Door, after: Body | None) -> None:
    """Who has this on an open page sees that it changed; and once it is not theirs, that it is gone."""
    if after is not None:
        door.changed(f"thing:{after['resourceType']}/{after['id']}")


def _judge_need(door: Door, before: Body | None, after: Body | None) -> None:
    helping.judge(door.actor.kind, door.actor.ref, before, after, datetime.now(UTC))
    _check(door, before, after)


def _tell_of_need(door: Door, before: Body | None, after: Body | None) -> None:
    """The circle hears of what is open, the patient of who comes, who came of what is not needed."""
    _stir(door, after)
    if after is None:
        return
    need, was = read_need(after), read_need(before) if before is not None else None
    if was is not None and (was.state, was.comes) == (need.state, need.comes):
        return
    key = f"{need.ref}:{(after.get('meta') or {}).get('versionId', '')}:{after.get('lastModified', '')}"
    if need.state == "open":
        people = of_circle(door, need.patient, "practical-help", "Task")
        who = [need.patient, *people]
    elif need.state == "claimed":
        who = [need.patient, need.by[0]]
    else:
        who = [was.comes[0] if was else ""]
    tell(door, who, "help", need.ref, key)


def _judge_todo(door: Door, before: Body | None, after: Body | None) -> None:
    todos.judge(door.actor.kind, door.actor.ref, before, after)
    _check(door, before, after)


def _tell_of_todo(door: Door, before: Body | None, after: Body | None) -> None:
    """Who is given something hears of it; a team has it on its list, and is told nothing by e-mail."""
    _stir(door, after)
    if after is not None and before is None:
        task = read_todo(after)
        if side(task.owner) != "team":
            tell(door, [task.owner[0]], "to-do", task.ref, task.ref)


def _judge_update(door: Door, before: Body | None, after: Body | None) -> None:
    news.judge(door.actor.kind, door.actor.ref, before, after)
    _check(door, before, after)


def _tell_of_update(door: Door, before: Body | None, after: Body | None) -> None:
    """Whoever is let in, and the patient, hear that there is something to read."""
    _stir(door, after)
    if after is not None and before is None:
        update = read_update(after)
        people = of_circle(door, update.patient, "updates", "Communication")
        tell(door, [update.patient, *people], "update", update.ref, update.ref)


def _judge_meeting(door: Door, before: Body | None, after: Body | None) -> None:
    meetings.judge(door.actor.kind, before, after)
    _check(door, before, after)


def _tell_of_meeting(door: Door, before: Body | None, after: Body | None) -> None:
    """Who is asked to it hears of it, and that it does not take place; who may read it, of its summary."""
    _stir(door, after)
    what = kind_of(after) if after is not None else ""
    if what == "meeting" and after is not None:
        now, was = read_meeting(after), read_meeting(before) if before is not None else None
        before_that = {ref for ref, _ in was.guests} if was else set()
        if was is None or now.state == "off" != was.state:
            guests = [now.patient, *(ref for ref, _ in now.guests)]
        else:
            guests = [ref for ref, _ in now.guests if ref not in before_that]
        tell(door, guests, "meeting", now.ref, f"{now.ref}:{now.state}")
    elif what == "summary" and after is not None and before is None:
        said = read_summary(after)
        tell(door, [said.patient, *(ref for ref, _ in said.readers)], "summary", said.ref, said.ref)
