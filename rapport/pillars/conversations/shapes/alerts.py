"""Alerts (words of a message that speak of danger) and verdicts on them, as FHIR: build and read. Pure.

An alert is a Task of staff alone. What was found stands in its `input`, three entries a finding: the rule
with the edition that read (`valueCoding`), the level (`valueCode`), and the place of the words in the message
(`valueRange`, characters). The words themselves stand in the message, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapport.pillars.conversations.shapes.codes import (
    CLOCK,
    FINDING,
    INBOX,
    KIND,
    LABEL,
    RULE,
    RUNNING,
    STAFF_ONLY,
    VERDICT,
    Resource,
    code_in,
    concept,
    display_of,
    instant,
    moment,
    ref_of,
    reference,
    refs_of,
)
from rapport.pillars.conversations.shapes.concerns import due_of
from rapport.pillars.conversations.shapes.events import By, Event, events_of, with_event

#: State of an alert -> Task.status. A trial one is written down, and nobody is alerted.
ALERTED = {"open": "requested", "taken": "accepted", "seen": "completed", "trial": "draft"}
VERDICTS = ("misread", "missed")


@dataclass(frozen=True, slots=True)
class Found:
    """One finding: rule, edition of the rules, what it says, its level, and where its words begin and end."""

    rule: str
    edition: str
    why: str
    level: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class AlertTask:
    """The facts of an alert. `stat`: of the alert channel; else it only asks to be read first."""

    rid: str
    state: str
    stat: bool
    patient: str
    conversation: str
    letter: str
    owner: str
    team: str
    asked: tuple[str, ...]
    raised: datetime | None
    due: datetime | None
    found: tuple[Found, ...]
    events: tuple[Event, ...]

    @property
    def ref(self) -> str:
        """`Task/id`."""
        return f"Task/{self.rid}"

    @property
    def is_open(self) -> bool:
        """It waits for a person, or a person is at it."""
        return self.state in ("open", "taken")


def alert(
    rid: str,
    *,
    patient: str,
    conversation: str,
    letter: str,
    team: str,
    found: Sequence[Found],
    stat: bool,
    trial: bool,
    at: datetime,
    due: datetime,
) -> Resource:
    """A new alert in the hands of its team; `due` is when the next person is asked, for a `stat` one."""
    return marked(
        {
            "resourceType": "Task",
            "id": rid,
            "meta": {"security": [{"system": LABEL, "code": STAFF_ONLY}]},
            "basedOn": [reference(conversation)],
            "status": ALERTED["trial" if trial else "open"],
            "intent": "proposal" if trial else "order",
            "priority": "stat" if stat else "urgent",
            "code": concept(KIND, "alert"),
            "focus": reference(letter),
            "for": reference(patient),
            "authoredOn": instant(at),
            "lastModified": instant(at),
            "owner": reference(team),
            "restriction": {"period": {"end": instant(due)}, "recipient": [reference(team)]},
            "input": [item for one in found for item in _inputs(one)],
        }
    )


def _inputs(one: Found) -> list[Resource]:
    coding = {"system": RULE, "version": one.edition, "code": one.rule, "display": one.why}
    return [
        {"type": concept(FINDING, "rule"), "valueCoding": coding},
        {"type": concept(FINDING, "level"), "valueCode": one.level},
        {
            "type": concept(FINDING, "span"),
            "valueRange": {"low": {"value": one.start}, "high": {"value": one.end}},
        },
    ]


def _found(task: Mapping[str, Any]) -> Iterable[Found]:
    coding: Mapping[str, Any] = {}
    level = ""
    for item in task.get("input") or ():
        kind = code_in(item.get("type"), FINDING)
        if kind == "rule":
            coding = item.get("valueCoding") or {}
        elif kind == "level":
            level = str(item.get("valueCode", ""))
        elif kind == "span":
            ends = item.get("valueRange") or {}
            start, end = (int((ends.get(side) or {}).get("value", 0)) for side in ("low", "high"))
            rule, edition, why = (str(coding.get(name, "")) for name in ("code", "version", "display"))
            yield Found(rule, edition, why, level, start, end)


def read_alert(task: Mapping[str, Any]) -> AlertTask:
    """The facts of an alert's Task."""
    states = {status: state for state, status in ALERTED.items()}
    recipients = refs_of((task.get("restriction") or {}).get("recipient"))
    return AlertTask(
        rid=str(task.get("id", "")),
        state=states.get(str(task.get("status")), ""),
        stat=task.get("priority") == "stat",
        patient=ref_of(task.get("for")),
        conversation=next(iter(refs_of(task.get("basedOn"))), ""),
        letter=ref_of(task.get("focus")),
        owner=ref_of(task.get("owner")),
        team=next((ref for ref in recipients if ref.startswith("Organization/")), ""),
        asked=tuple(ref for ref in recipients if not ref.startswith("Organization/")),
        raised=moment(task.get("authoredOn")),
        due=due_of(task),
        found=tuple(_found(task)),
        events=events_of(task),
    )


def marked(task: Mapping[str, Any]) -> Resource:
    """The alert with the tags by which inboxes and the clock find it: the red flags of its team and of those
    who were asked; what only asks to be read first stands apart as `<team>/look`."""
    one = read_alert(task)
    waits = one.stat and one.state == "open"
    marks: list[str] = []
    if one.is_open and one.stat:
        people = dict.fromkeys(ref for ref in (*one.asked, one.owner) if ref != one.team)
        marks = [f"{one.team}/stat", *people, *([f"{one.team}/stat/nobody"] if waits else [])]
    elif one.is_open:
        marks = [f"{one.team}/look"]
    tags = [{"system": INBOX, "code": code} for code in marks]
    if waits:
        tags.append({"system": CLOCK, "code": RUNNING})
    meta = {name: value for name, value in (task.get("meta") or {}).items() if name != "tag"}
    return {**task, "meta": {**meta, "tag": tags} if tags else meta}


def asked_next(task: Mapping[str, Any], to: tuple[str, str], by: By, at: datetime, due: datetime) -> Resource:
    """The alert with one more person asked; it passes to the one after at `due`."""
    restriction = task.get("restriction") or {}
    asked = [reference(ref) for ref in dict.fromkeys((*refs_of(restriction.get("recipient")), to[0]))]
    event = Event("passed-on" if read_alert(task).asked else "assigned", by, at, to=to[0], to_name=to[1])
    later = {"period": {"end": instant(due)}, "recipient": asked}
    return marked(with_event({**task, "restriction": later}, event))


def put_off(task: Mapping[str, Any], due: datetime) -> Resource:
    """The alert with nobody to ask before `due`."""
    return {**task, "restriction": {**(task.get("restriction") or {}), "period": {"end": instant(due)}}}


def taken(task: Mapping[str, Any], owner: tuple[str, str], by: By, at: datetime) -> Resource:
    """Somebody has it: nobody else is asked."""
    own = {**task, "status": ALERTED["taken"], "owner": reference(*owner)}
    return marked(with_event(own, Event("taken", by, at)))


def returned(task: Mapping[str, Any], by: By, at: datetime) -> Resource:
    """Who had it left before it was seen to: it is the team's again, and somebody is asked at once."""
    one, was = read_alert(task), task.get("owner") or {}
    own = {**put_off(task, at), "status": ALERTED["open"], "owner": reference(one.team)}
    event = Event("returned", by, at, whose=ref_of(was), whose_name=display_of(was))
    return marked(with_event(own, event))


def seen_to(task: Mapping[str, Any], by: By, at: datetime, words: str = "") -> Resource:
    """It was seen to: what was done."""
    return marked(with_event({**task, "status": ALERTED["seen"]}, Event("seen-to", by, at, words)))


# ---------------------------------------------------------------- verdicts of the people who read


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody of the team said about a reading: `misread` these rules, or `missed` something."""

    verdict: str
    letter: str
    rules: tuple[str, ...]
    edition: str


def verdict(
    rid: str,
    *,
    said: str,
    patient: str,
    conversation: str,
    letter: str,
    sender: tuple[str, str],
    rules: Sequence[str],
    edition: str,
    at: datetime,
) -> Resource:
    """A verdict on how a message was read, for the team's eyes and the site's own scores."""
    why = [concept(VERDICT, said)]
    for rule in rules:
        why.append({"coding": [{"system": RULE, "version": edition, "code": rule}]})
    if not rules:
        why.append({"coding": [{"system": RULE, "version": edition, "code": "none"}]})
    return {
        "resourceType": "Communication",
        "id": rid,
        "meta": {"security": [{"system": LABEL, "code": STAFF_ONLY}]},
        "status": "completed",
        "category": [concept(KIND, "verdict")],
        "subject": reference(patient),
        "partOf": [reference(conversation)],
        "inResponseTo": [reference(letter)],
        "sender": reference(*sender),
        "sent": instant(at),
        "reasonCode": why,
    }


def read_verdict(body: Mapping[str, Any]) -> Verdict:
    """The facts of a verdict."""
    codings = [
        coding
        for reason in body.get("reasonCode") or ()
        for coding in reason.get("coding") or ()
        if coding.get("system") == RULE
    ]
    return Verdict(
        verdict=code_in(body.get("reasonCode"), VERDICT),
        letter=next(iter(refs_of(body.get("inResponseTo"))), ""),
        rules=tuple(str(coding.get("code", "")) for coding in codings if coding.get("code") != "none"),
        edition=next((str(coding.get("version", "")) for coding in codings), ""),
    )
