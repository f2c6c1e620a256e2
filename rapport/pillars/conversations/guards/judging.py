"""Judges every write of a conversation's resources. Refused("rule") names the rule in plain words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from rapport.fhir.labels import PRIVATE
from rapport.gate.door import Door
from rapport.gate.permissions import READ
from rapport.pillars.conversations import finding, moment
from rapport.pillars.conversations.guards import naming
from rapport.pillars.conversations.rules import alerts, judging, letters, raising
from rapport.pillars.conversations.rules.who import Who
from rapport.pillars.conversations.rules.words import broken
from rapport.pillars.conversations.shapes.alerts import read_verdict
from rapport.pillars.conversations.shapes.codes import kind_of, ref_of
from rapport.pillars.conversations.shapes.concerns import ConcernTask, read_concern
from rapport.pillars.conversations.shapes.files import ENDINGS, LARGEST, MEGABYTE, content_of, kind_of_file
from rapport.pillars.conversations.shapes.letters import Header, read_header, read_message
from rapport.pillars.conversations.shapes.promises import read_promise

Body = dict[str, Any]


def judge(door: Door, before: Body | None, after: Body | None) -> None:
    """Refuse a write that the rules of its kind do not allow."""
    letters.same_kind(before, after)
    assert after is not None
    who = finding.who(door)
    naming.judge(door, before, after, who)
    _JUDGES[kind_of(after)](door, before, after, who, moment.now())


def at_work(door: Door) -> Door:
    """Rapport's own door, to look at what belongs together whatever the writer may see."""
    return door.rapport("conversations")


def topic_of(door: Door, conversation: str) -> str:
    """The topic code of a conversation, "" where there is none."""
    found = finding.look(at_work(door), conversation, "conversation")
    return read_header(found).topic if found else ""


def _conversation(door: Door, before: Body | None, after: Body, who: Who, at: datetime) -> None:
    letters.conversation(before, after, who, at)
    ended = after.get("status") == "completed" and (before or {}).get("status") != "completed"
    ref = f"Communication/{after.get('id')}"
    if ended and at_work(door).search("Task", [*open_in(ref), ("_count", "1")]).matches:
        raise broken("open-questions")


def open_in(conversation: str) -> list[tuple[str, str]]:
    """The query of the open concerns of a conversation, without what is kept from the circle."""
    return [finding.CONCERN, ("based-on", conversation), finding.OPEN, ("_security:not", "|".join(PRIVATE))]


def _placed(door: Door, conversation: str, patient: str, who: Who, kind: str) -> Header | None:
    """The conversation that something belongs to. Refused("rule") when it is another person's, or none."""
    found = finding.look(at_work(door), conversation, "conversation")
    if found is None and who.importing:
        return None
    if found is None or ref_of(found.get("subject")) != patient or not _seen(door, conversation, who):
        raise broken("same-conversation", kind=kind)
    return read_header(found)


def _seen(door: Door, conversation: str, who: Who) -> bool:
    """Whether the writer may read the conversation; patients read all of theirs, programs what they may."""
    if who.kind not in ("kin", "staff"):
        return True
    return door.decide(READ, "Communication", finding.rid_of(conversation)).allowed


def _message(door: Door, before: Body | None, after: Body, who: Who, at: datetime) -> None:
    letters.message(before, after, who, at)
    if before is not None:
        return
    found = read_message(after)
    _placed(door, found.conversation, found.patient, who, "message")
    for ref in found.about:
        concern = finding.look(at_work(door), ref, "concern")
        if concern is None and who.importing:
            continue
        if concern is None or read_concern(concern).conversation != found.conversation:
            raise broken("same-conversation", kind="message")


def _concern(door: Door, before: Body | None, after: Body, who: Who, at: datetime) -> None:
    concern = read_concern(after)
    clocks = finding.clocks(topic_of(door, concern.conversation))
    if before is None:
        raising.new(after, who, at, clocks)
        _raised(door, concern, who)
        return
    judging.step(before, after, who, at, clocks)
    if not who.rapport:
        _stepped(door, read_concern(before), concern, who)


def _raised(door: Door, concern: ConcernTask, who: Who) -> None:
    """A new concern is in a letter of its conversation, asked by who wrote the letter."""
    header = _placed(door, concern.conversation, concern.patient, who, "question")
    letter = finding.look(at_work(door), concern.letter, "message")
    if who.importing and (header is None or letter is None):
        return
    if letter is None or header is None or read_message(letter).conversation != concern.conversation:
        raise broken("same-conversation", kind="question")
    if read_message(letter).sender != concern.requester:
        raise broken("asked-in-letter")
    if concern.part_of and not who.importing:
        _part(door, concern)
    elif header.teams and concern.team not in header.teams and not who.importing:
        raise broken("same-conversation", kind="question")


def _part(door: Door, part: ConcernTask) -> None:
    """A part of a split concern has all of the whole but its words."""
    found = finding.look(at_work(door), part.part_of[0], "concern") if len(part.part_of) == 1 else None
    whole = read_concern(found) if found else None
    same = (
        "patient",
        "conversation",
        "letter",
        "requester",
        "owner",
        "team",
        "passed",
        "priority",
        "due",
    )
    if whole is None or any(getattr(whole, name) != getattr(part, name) for name in same):
        raise broken("parts")
    if whole.answer_by != part.answer_by or part.state not in ("raised", "accepted", "reopened"):
        raise broken("parts")
    if not whole.raised <= part.raised < whole.raised + timedelta(seconds=1):
        raise broken("parts")
    if whole.state != part.state and whole.reason != "split":
        raise broken("parts")


def _stepped(door: Door, was: ConcernTask, now: ConcernTask, who: Who) -> None:
    """What a step needs of other resources: the letter of an answer, the parts of a split, a position."""
    if now.owner != was.owner and now.owner not in who.positions:
        _there(door, now.owner)
    if (
        len(now.events) > len(was.events)
        and now.events[-1].whose
        and not finding.standing_in(door, was.named_owner, moment.now())
    ):
        raise broken("why")
    answered = now.last("answered")
    if now.state == "answered" and (was.state != "answered" or answered != was.last("answered")):
        _answer(door, now, who)
    if now.state == "closed" != was.state:
        _ended(door, was, now)


def _there(door: Door, owner: str) -> None:
    own = at_work(door)
    if owner.startswith("Organization/"):
        if own.find("Organization", finding.rid_of(owner)) is None:
            raise broken("position")
        return
    desk = finding.desks(own, (owner,)).get(owner)
    if desk is None or not desk.open:
        raise broken("position")


def _answer(door: Door, now: ConcernTask, who: Who) -> None:
    answered = now.last("answered")
    letter = finding.look(at_work(door), answered.letter, "message") if answered else None
    message = read_message(letter) if letter else None
    if message is None or now.ref not in message.about or message.sender not in who.names:
        raise broken("answer-letter")


def _ended(door: Door, was: ConcernTask, now: ConcernTask) -> None:
    own = at_work(door)
    if now.reason == "split" and len(finding.tasks(own, finding.CONCERN, ("part-of", now.ref), count=2)) < 2:
        raise broken("parts")
    if now.reason == "merged":
        into = next((ref for ref in now.part_of if ref not in was.part_of), "")
        found = finding.look(own, into, "concern")
        kept = read_concern(found) if found else None
        if kept is None or not kept.is_open or kept.ref == now.ref:
            raise broken("merge")
        if (kept.conversation, kept.requester, kept.patient) != (
            now.conversation,
            now.requester,
            now.patient,
        ):
            raise broken("merge")


def _promise(door: Door, before: Body | None, after: Body, who: Who, at: datetime) -> None:
    letters.promise(before, after, who, at)
    if before is None:
        found = read_promise(after)
        _placed(door, found.conversation, found.patient, who, "promise")


def _undelivered(door: Door, before: Body | None, after: Body, who: Who, at: datetime) -> None:
    letters.undelivered(before, after, who, at)


def _alert(door: Door, before: Body | None, after: Body, who: Who, at: datetime) -> None:
    alerts.alert(before, after, who, at)


def _verdict(door: Door, before: Body | None, after: Body, who: Who, at: datetime) -> None:
    alerts.verdict(before, after, who, at)
    if before is None:
        found = read_message(after)
        _placed(door, found.conversation, found.patient, who, "verdict")
        letter = finding.look(at_work(door), read_verdict(after).letter, "message")
        if letter is None and who.importing:
            return
        if letter is None or read_message(letter).conversation != found.conversation:
            raise broken("same-conversation", kind="verdict")


_JUDGES: dict[str, Callable[[Door, Body | None, Body, Who, datetime], None]] = {
    "conversation": _conversation,
    "message": _message,
    "note": _message,
    "concern": _concern,
    "promise": _promise,
    "undelivered": _undelivered,
    "alert": _alert,
    "verdict": _verdict,
}


def judge_file(door: Door, before: Body | None, after: Body | None) -> None:
    """A file in a conversation is a picture or a PDF, of a bounded size, and stays as it was sent."""
    refused = broken("file", size=LARGEST // MEGABYTE)
    if after is None or (before is not None and {**before, "meta": 0} != {**after, "meta": 0}):
        raise refused
    if before is not None:
        return
    content = content_of(after)
    kind = kind_of_file(content)
    if len(content) > LARGEST or kind not in ENDINGS or kind != after.get("contentType"):
        raise refused
