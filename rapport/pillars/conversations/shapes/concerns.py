"""A concern as a FHIR Task: build, read, and write down what happened with it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rapport.pillars.conversations.shapes.codes import (
    CLOCK,
    INBOX,
    INPUT,
    KIND,
    REASON,
    RUNNING,
    STATE,
    STATUS,
    Resource,
    code_in,
    codes_in,
    concept,
    instant,
    moment,
    ref_of,
    reference,
    refs_of,
)
from rapport.pillars.conversations.shapes.events import Event, events_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ConcernTask:
    """The facts of a concern. References are `Type/id`; see `reading.shown.Concern` for their meaning.

    passed   positions that it was passed on to because it was late, since someone last had it
    clock    whether its clock still runs: False once ended, or when nobody is left to pass it on to
    """

    rid: str
    state: str
    words: str
    patient: str
    conversation: str
    letter: str
    requester: str
    owner: str
    team: str
    passed: tuple[str, ...]
    priority: str
    raised: datetime
    changed: datetime
    due: datetime | None
    answer_by: datetime | None
    events: tuple[Event, ...]
    reason: str
    reason_words: str
    part_of: tuple[str, ...]
    clock: bool

    @property
    def ref(self) -> str:
        """`Task/id`."""
        return f"Task/{self.rid}"

    @property
    def is_open(self) -> bool:
        """Neither heard nor closed."""
        return self.state not in ("heard", "closed")

    @property
    def named_owner(self) -> str:
        """The position that has it; "" while a team has it."""
        return "" if self.owner.startswith("Organization/") else self.owner

    @property
    def stat(self) -> bool:
        """Red flag."""
        return self.priority == "stat"

    def last(self, *codes: str) -> Event | None:
        """The newest event of one of these codes."""
        return next((event for event in reversed(self.events) if event.code in codes), None)


def concern(
    rid: str,
    *,
    conversation: str,
    letter: str,
    patient: str,
    requester: str,
    team: str,
    words: str,
    at: datetime,
    take_by: datetime,
    answer_by: datetime,
    priority: str = "routine",
) -> Resource:
    """A concern just raised, its accept clock running."""
    body: Resource = {
        "resourceType": "Task",
        "id": rid,
        "basedOn": [reference(conversation)],
        "status": STATUS["raised"],
        "businessStatus": concept(STATE, "raised"),
        "intent": "order",
        "priority": priority,
        "code": concept(KIND, "concern"),
        "focus": reference(letter),
        "for": reference(patient),
        "authoredOn": instant(at),
        "lastModified": instant(at),
        "requester": reference(requester),
        "owner": reference(team),
        "restriction": {"period": {"end": instant(take_by)}, "recipient": [reference(team)]},
        "input": [
            {"type": {"text": "words"}, "valueString": words},
            {"type": concept(INPUT, "answer-by"), "valueDateTime": instant(answer_by)},
        ],
    }
    return with_clock(body, True)


def read_concern(task: Mapping[str, Any]) -> ConcernTask:
    """The facts of a concern's Task."""
    restriction = task.get("restriction") or {}
    recipients = refs_of(restriction.get("recipient"))
    reason = task.get("statusReason") or {}
    raised = moment(task.get("authoredOn")) or _EPOCH
    return ConcernTask(
        rid=str(task.get("id", "")),
        state=state_of(task),
        words=words_of(task),
        patient=ref_of(task.get("for")),
        conversation=next(iter(refs_of(task.get("basedOn"))), ""),
        letter=ref_of(task.get("focus")),
        requester=ref_of(task.get("requester")),
        owner=ref_of(task.get("owner")),
        team=next((ref for ref in recipients if ref.startswith("Organization/")), ""),
        passed=tuple(ref for ref in recipients if not ref.startswith("Organization/")),
        priority=str(task.get("priority", "routine")),
        raised=raised,
        changed=moment(task.get("lastModified")) or raised,
        due=due_of(task),
        answer_by=answer_by_of(task),
        events=events_of(task),
        reason=code_in(reason, REASON),
        reason_words=str(reason.get("text", "")),
        part_of=refs_of(task.get("partOf")),
        clock=has_clock(task),
    )


def state_of(task: Mapping[str, Any]) -> str:
    """The state of a concern: a key of `STATUS`; "" when it says none that we know."""
    state = code_in(task.get("businessStatus"), STATE)
    return state if state in STATUS else ""


def words_of(task: Mapping[str, Any]) -> str:
    """The words as written."""
    for item in task.get("input") or ():
        if (item.get("type") or {}).get("text") == "words":
            return str(item.get("valueString", ""))
    return ""


def due_of(task: Mapping[str, Any]) -> datetime | None:
    """When the running clock ends."""
    return moment(((task.get("restriction") or {}).get("period") or {}).get("end"))


def answer_by_of(task: Mapping[str, Any]) -> datetime | None:
    """The full answer that was promised when the concern was sent."""
    for item in task.get("input") or ():
        if code_in(item.get("type"), INPUT) == "answer-by":
            return moment(item.get("valueDateTime"))
    return None


def has_clock(task: Mapping[str, Any]) -> bool:
    """Whether the sweep watches its due time."""
    return RUNNING in codes_in((task.get("meta") or {}).get("tag"), CLOCK)


def with_state(task: Mapping[str, Any], state: str) -> Resource:
    """The concern in another state."""
    found = {**task, "status": STATUS[state], "businessStatus": concept(STATE, state)}
    found.pop("statusReason", None)
    return found


def with_owner(task: Mapping[str, Any], ref: str, name: str = "") -> Resource:
    """The concern in other hands."""
    return {**task, "owner": reference(ref, name)}


def with_due(task: Mapping[str, Any], due: datetime) -> Resource:
    """The concern with its clock set."""
    restriction = task.get("restriction") or {}
    return {**task, "restriction": {**restriction, "period": {"end": instant(due)}}}


def with_recipients(task: Mapping[str, Any], team: str, passed: tuple[str, ...] = ()) -> Resource:
    """The concern with its team and the positions that it was passed on to."""
    restriction = task.get("restriction") or {}
    return {
        **task,
        "restriction": {**restriction, "recipient": [reference(ref) for ref in (team, *passed) if ref]},
    }


def with_clock(task: Mapping[str, Any], running: bool) -> Resource:
    """The concern watched by the sweep, or no longer; and marked for the inboxes that it is in."""
    return marked(_tagged(task, CLOCK, (RUNNING,) if running else ()))


def marked(task: Mapping[str, Any]) -> Resource:
    """The concern with the tags by which inboxes find it, so that each is one look into the index.

    `<team>`: what the team has to act on, red flags apart as `<team>/stat`; either with `/nobody` as well
    while nobody has it. `<position>`: what someone has, or was passed on. `…/waiting`: it waits for the
    patient. References serve as codes.
    """
    return _tagged(task, INBOX, _marks(read_concern(task)))


def _marks(one: ConcernTask) -> tuple[str, ...]:
    if not one.state or not one.is_open:  # a promise has no such state, and is in no inbox
        return ()
    if one.state == "answered":
        return tuple(f"{ref}/waiting" for ref in (one.team, one.named_owner) if ref)
    held = f"{one.team}/stat" if one.stat else one.team
    holder = one.named_owner or next(iter(one.passed[-1:]), "")
    found = (held, holder, "" if one.named_owner else f"{held}/nobody")
    return tuple(filter(None, found))


def _tagged(task: Mapping[str, Any], system: str, codes: tuple[str, ...]) -> Resource:
    meta = dict(task.get("meta") or {})
    others = [tag for tag in meta.pop("tag", ()) if tag.get("system") != system]
    tags = [*others, *({"system": system, "code": code} for code in codes)]
    if tags:
        meta["tag"] = tags
    found = {**task, "meta": meta}
    if not meta:
        del found["meta"]
    return found


def with_answer_by(task: Mapping[str, Any], answer_by: datetime) -> Resource:
    """The concern with the promised time of its full answer."""
    item = {"type": concept(INPUT, "answer-by"), "valueDateTime": instant(answer_by)}
    return {**task, "input": [*(task.get("input") or ()), item]}


def with_reason(task: Mapping[str, Any], reason: str, words: str) -> Resource:
    """The concern with why it was closed."""
    return {**task, "statusReason": concept(REASON, reason, words)}
