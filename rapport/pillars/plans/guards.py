"""Goals, plans and days at the door: the rules hold for every writer, and what got in the way is told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from rapport.gate import guards, jobs
from rapport.gate.door import Door
from rapport.gate.writing import parsed
from rapport.people import errands, notices
from rapport.people.errands import Errand
from rapport.pillars.plans import finding, reading
from rapport.pillars.plans.rules import goals, plans, reports
from rapport.pillars.plans.rules.days import to_tell
from rapport.pillars.plans.shapes import days
from rapport.pillars.plans.shapes.careplans import is_plan, read_plan
from rapport.pillars.plans.shapes.goals import is_goal

Body = dict[str, Any]


def register() -> None:
    """Put the guards at the door; called once at start-up."""
    guards.register(guards.Guard("goals", is_goal, _judge, types=frozenset({"Goal"})))
    guards.register(guards.Guard("plans", is_plan, _judge_plan, _follow_plan, types=frozenset({"CarePlan"})))
    errands.register(errands.Kind(finding.COUNTER, "/counter/{rid}/", _answered))
    answers = frozenset({"QuestionnaireResponse"})
    guards.register(guards.Guard("days", days.is_day, _judge_day, _follow_day, types=answers))


def _judge(door: Door, before: Body | None, after: Body | None) -> None:
    goals.judge(door.actor.kind, door.actor.ref, before, after)


def _judge_plan(door: Door, before: Body | None, after: Body | None) -> None:
    plans.judge(door.actor.kind, before, after)


def _follow_plan(door: Door, before: Body | None, after: Body | None) -> None:
    """What is wished otherwise has somebody who answers it; once it is not any more, nobody is asked."""
    if before is None or after is None:
        return
    now, own = read_plan(after), door.rapport("plans")
    was = {one.key: one.state for one in read_plan(before).activities}
    for one in now.activities:
        if one.state == "countered":
            finding.ask_team(own, now, one)
        elif was.get(one.key) == "countered":
            for errand in finding.counters(own, now.patient, now.rid, one.key):
                errands.end(
                    own, errand.rid, finding.COUNTER, words="It is not asked any more.", state="dropped"
                )


def _answered(door: Door, before: Errand | None, now: Errand) -> None:
    if before is not None and before.is_open and now.state == "done":
        notices.tell(now.patient, "plan", now.ref, f"{now.ref}:answered", door.conn)


def _judge_day(door: Door, before: Body | None, after: Body | None) -> None:
    reports.judge(door.actor.kind, door.actor.ref, before, after)


def _follow_day(door: Door, before: Body | None, after: Body | None) -> None:
    """Every barrier that is new stands in the record; a team is told of it by rule."""
    if after is not None and days.reminds(after):
        jobs.later(door.conn, "plans.remind", patient=str(after["subject"]["reference"]))
    day = days.day_of(after or {})
    if after is None or day is None or after.get("questionnaire") != days.DAY:
        return
    known = days.read_day(before or {})
    at_work, patient = door.rapport("barriers"), str(after["subject"]["reference"])
    for one in days.read_day(after):
        if one.barrier and one not in known:
            body = days.barrier(patient, day, one, one.barrier)
            at_work.put(*parsed(body))
            if to_tell(one.barrier, _days(at_work, patient, day, one), day):
                _tell(at_work, patient, day, one)


def _days(door: Door, patient: str, day: date, one: days.Answer) -> list[date]:
    """The days on which this barrier was named for the same thing."""
    name = one.key.partition("@")[0]
    return [
        told
        for told, answers in reading.reports(door, patient, day, 14).items()
        for each in answers
        if each.barrier == one.barrier and each.key.partition("@")[0] == name
    ]


def _tell(door: Door, patient: str, day: date, one: days.Answer) -> None:
    """A task for the team, one at a time for a thing; its people are told that there is something to read."""
    body = days.task(patient, day, one, at=datetime.now(UTC))
    open_ = {(told.words, told.barrier) for told in reading.told(door, patient)}
    if (one.words, one.barrier) in open_ or door.find("Task", body["id"]) is not None:
        return
    ref = door.create(body, rid=body["id"]).ref
    teams = door.search("CareTeam", [("patient", patient), ("status", "active")]).matches
    for team in teams:
        for part in team.json.get("participant") or ():
            who = str((part.get("member") or {}).get("reference", ""))
            if who.startswith("Practitioner/"):
                notices.tell(who, "barrier", ref, f"{ref}:{who}", door.conn)
