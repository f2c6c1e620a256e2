"""How a verb is done once: ids from the form's token, one unit, and the same answer the second time."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from rapport.fhir.outcomes import Refused
from rapport.gate.door import Door
from rapport.pillars.conversations import finding, moment
from rapport.pillars.conversations.rules.judging import permitted
from rapport.pillars.conversations.rules.moves import Step, take_step
from rapport.pillars.conversations.rules.who import Who
from rapport.pillars.conversations.rules.words import broken
from rapport.pillars.conversations.shapes.codes import Resource, kind_of
from rapport.pillars.conversations.shapes.concerns import read_concern
from rapport.pillars.conversations.shapes.events import By
from rapport.pillars.conversations.shapes.letters import Header, read_header, read_message

_NAMES = uuid.UUID("5b1f5a0e-6d0d-4f0e-9d38-6a1c8a3f4b11")
SHORTEST_TOKEN = 8


@dataclass(frozen=True, slots=True)
class Sent:
    """What a message became: ids of its conversation, of itself and of the concerns raised in it."""

    conversation: str
    message: str
    concerns: tuple[str, ...] = ()


def named(door: Door, once: str, what: str) -> str:
    """The id that this token of this person gives to a part of what a form makes."""
    if len(once) < SHORTEST_TOKEN:
        raise Refused("invalid", "The form has no token.", "Open the page again.")
    return str(uuid.uuid5(_NAMES, f"{door.actor.ref} {once} {what}"))


def once_only(door: Door, why: str, rid: str, act: Callable[[], Sent]) -> Sent:
    """Do it in one unit; a form sent twice, even at the same moment, gives the first result again."""
    before = _sent(door, rid)
    if before is not None:
        return before
    try:
        with door.unit(why):
            return act()
    except Refused as refused:
        again = _sent(door, rid) if refused.code == "conflict" else None
        if again is None:
            raise
        return again


def _sent(door: Door, rid: str) -> Sent | None:
    record = door.find("Communication", rid)
    if record is None or kind_of(record.json) not in ("message", "note"):
        return None
    message = read_message(record.json)
    raised = finding.tasks(door, finding.CONCERN, ("focus", message.ref), ("_sort", "authored-on"))
    return Sent(finding.rid_of(message.conversation), rid, tuple(body["id"] for body in raised))


def by(who: Who) -> By:
    """Who acts, as an event names them."""
    return By(who.ref, who.name)


def as_written(text: str) -> str:
    """A text as written, without blank space around it. Refused("rule") when nothing is left."""
    kept = text.replace("\r\n", "\n").strip()
    if not kept:
        raise broken("shape", kind="message", what="it has words")
    return kept


def team_of(door: Door, header: Header) -> str:
    """The team whose inbox the concerns of a conversation go to."""
    if header.teams:
        return header.teams[0]
    held = finding.desks(door, header.recipients)
    return next((desk.team for desk in held.values() if desk.team), "")


def concern_of(door: Door, rid: str) -> Resource:
    """A concern, held until the end of the unit together with all of its conversation."""
    body = finding.need(door, "Task", rid, "concern")
    door.lock("conversation", str(body["basedOn"][0]["reference"]))
    return finding.need(door, "Task", rid, "concern")


def step(
    door: Door,
    body: Resource,
    code: str,
    text: str = "",
    *,
    to: tuple[str, str] = ("", ""),
    whose: tuple[str, str] = ("", ""),
    reason: str = "",
    into: str = "",
) -> None:
    """Take a step with a concern that was read in this unit; see `rules.moves.Step` for the words."""
    who, at, concern = finding.who(door), moment.now(), read_concern(body)
    taken = Step(code, by(who), at, words=text.strip(), to=to, whose=whose, reason=reason, into=into)
    permitted(taken, concern, who, at)
    header = finding.look(door.rapport("conversations"), concern.conversation, "conversation")
    door.update(take_step(body, taken, finding.clocks(read_header(header).topic if header else "")))
