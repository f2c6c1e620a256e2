"""What follows an accepted write of a conversation's resources, whoever wrote: in the same transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rapport.fhir.labels import is_private, with_privacy
from rapport.gate.door import Door
from rapport.pillars.conversations import finding, moment
from rapport.pillars.conversations.guards import alarming, telling
from rapport.pillars.conversations.guards.judging import at_work, open_in, topic_of
from rapport.pillars.conversations.rules import judging, raising
from rapport.pillars.conversations.rules.alerts import is_private as is_grave
from rapport.pillars.conversations.rules.moves import FROM, Step, take_step
from rapport.pillars.conversations.rules.who import Who
from rapport.pillars.conversations.shapes import alerts, letters
from rapport.pillars.conversations.shapes.codes import is_staff_only, kind_of, version
from rapport.pillars.conversations.shapes.concerns import read_concern
from rapport.pillars.conversations.shapes.events import By
from rapport.pillars.conversations.shapes.letters import Message, read_header, read_message
from rapport.pillars.conversations.shapes.promises import read_promise

Body = dict[str, Any]


def follow(door: Door, before: Body | None, after: Body | None) -> None:
    """Bring about what follows. What Rapport itself wrote here on somebody's behalf has been thought of."""
    if after is None or door.actor.ref == "Device/rapport-conversations":
        return
    _FOLLOWS[kind_of(after)](door, before, after)


def _conversation(door: Door, before: Body | None, after: Body) -> None:
    telling.stir(door, *read_header(after).recipients)


def _message(door: Door, before: Body | None, after: Body) -> None:
    who, message = finding.who(door), read_message(after)
    found = finding.look(at_work(door), message.conversation, "conversation")
    if found is None or who.importing:
        return
    header = read_header(found)
    if before is None:
        by_staff = message.sender.startswith("Practitioner")
        if by_staff and not message.is_note and who.staff:
            _answers(door, message, who)
        message = _as_private(door, message, after)
        if by_staff or message.is_note:
            telling.of_message(door, header, message, by_staff=by_staff)
            return
        heard = alarming.heard_in(message)
        grave = heard is not None and is_grave(heard)
        telling.of_message(door, header, message, by_staff=False, private=grave)
        alarming.raise_for(door, header, message, heard)
        return
    if before.get("payload") == after.get("payload") and before.get("status") == after.get("status"):
        return
    if message.state == "withdrawn" and not message.is_note:
        _taken_back(door, message, who)
    elif not message.sender.startswith("Practitioner") and not message.is_note:
        alarming.raise_for(door, header, message, alarming.heard_in(message))
    telling.of_correction(door, header, message, version(before) + 1)


def _as_private(door: Door, message: Message, after: Body) -> Message:
    """A message about a question, or in a conversation, that is kept from the circle is kept from it, too."""
    whole = finding.look(at_work(door), message.conversation, "conversation")
    asked = (finding.look(at_work(door), ref, "concern") for ref in message.about)
    if message.is_note or message.private or not any(one and is_private(one) for one in (whole, *asked)):
        return message
    stored = at_work(door).read("Communication", message.rid).json
    return read_message(at_work(door).update(with_privacy(stored, True)).json)


def _answers(door: Door, message: Message, who: Who) -> None:
    """A message of the team answers the concerns that it names; who answers has them from now on."""
    at = moment.now()
    for ref in message.about:
        body = finding.look(at_work(door), ref, "concern")
        concern = read_concern(body) if body else None
        if body is None or concern is None or concern.state not in FROM["answered"]:
            continue
        answered = concern.last("answered")
        if concern.state == "answered" and answered and answered.letter == message.ref:
            continue
        owner = message.sender if message.sender.startswith("PractitionerRole/") else who.signs[0]
        to = (owner, who.name) if owner.startswith("PractitionerRole/") else (concern.owner, "")
        step = Step("answered", By(who.ref, who.name), at, to=to, letter=message.ref)
        _move(door, body, step)


def _taken_back(door: Door, message: Message, who: Who) -> None:
    """A withdrawn answer answers nothing; with a letter go its unanswered questions, urgent ones stay."""
    by, at = By(who.ref, who.name), moment.now()
    for body in finding.concerns_of(at_work(door), message.conversation, finding.OPEN):
        concern = read_concern(body)
        answered = concern.last("answered")
        if concern.state == "answered" and answered and answered.letter == message.ref:
            _move(door, body, Step("answer-withdrawn", by, at))
        elif (
            concern.letter == message.ref
            and concern.state != "answered"
            and not concern.stat
            and who.speaks_for(concern.patient, concern.requester)
        ):
            _move(door, body, Step("closed", by, at, reason="withdrawn"))


def _move(door: Door, body: Body, step: Step) -> None:
    """Take a step with a concern as Rapport, and let what follows from it follow."""
    concern = read_concern(body)
    becomes = take_step(body, step, finding.clocks(topic_of(door, concern.conversation)))
    at_work(door).update(becomes)
    _concern_moved(door, body, becomes)


def _alert(door: Door, before: Body | None, after: Body) -> None:
    if (ought := alerts.marked(after)) != after and not finding.who(door).importing:
        at_work(door).update({**ought, "meta": {k: v for k, v in ought["meta"].items() if k != "versionId"}})
    one = alerts.read_alert(after)
    telling.stir(door, one.team, one.owner, *one.asked)
    if before is not None and one.owner != one.team:
        _address(door, one.conversation, one.owner, one.team)


def _verdict(door: Door, before: Body | None, after: Body) -> None:
    """Nothing follows what somebody thinks of a reading."""


def _concern(door: Door, before: Body | None, after: Body) -> None:
    who, at = finding.who(door), moment.now()
    clocks = finding.clocks(topic_of(door, read_concern(after).conversation))
    ought = judging.step(before, after, who, at, clocks) if before else raising.new(after, who, at, clocks)
    if before is None and not is_private(ought):
        whole = finding.look(at_work(door), read_concern(ought).conversation, "conversation")
        ought = with_privacy(ought, True) if whole and is_private(whole) else ought
    if _differs(ought, after):
        meta = {name: value for name, value in (ought.get("meta") or {}).items() if name != "versionId"}
        at_work(door).update({**ought, "meta": meta} if meta else ought)
    _concern_moved(door, before, ought, quiet=who.importing)


def _differs(ought: Body, after: Body) -> bool:
    tags = [((body.get("meta") or {}).get("tag") or []) for body in (ought, after)]
    return tags[0] != tags[1] or {**ought, "meta": 0} != {**after, "meta": 0}


def _concern_moved(door: Door, before: Body | None, after: Body, *, quiet: bool = False) -> None:
    was, now = (read_concern(before) if before else None), read_concern(after)
    kept, shown = is_private(after), before is not None and is_private(before) and not is_private(after)
    if was is None or was.is_open != now.is_open or kept != is_private(before or {}):
        settle(door, now.conversation)
    if kept:
        pass  # its own grants bring in who has it: the header is read by the circle, too
    elif shown or (was is not None and (was.owner, was.team) != (now.owner, now.team)):
        _address(door, now.conversation, now.owner, now.team)
    elif was is not None and now.passed[len(was.passed) :]:
        _address(door, now.conversation, now.passed[-1], now.team)
    if not quiet:
        telling.of_concern(door, was, now)


def settle(door: Door, conversation: str) -> None:
    """Keep the conversation's state in step: in progress while a concern is open, else completed.

    The circle reads that, so a concern that is kept from them does not count (`open_in`).
    """
    own = at_work(door)
    own.lock("conversation", conversation)
    found = finding.look(own, conversation, "conversation")
    if found is None:
        return
    is_open = bool(own.search("Task", [*open_in(conversation), ("_count", "1")]).matches)
    if read_header(found).is_open != is_open:
        own.update(letters.with_status(found, is_open))


def _address(door: Door, conversation: str, owner: str, team: str) -> None:
    """Whoever gets a concern gets its conversation: the header is addressed to them too."""
    own = at_work(door)
    own.lock("conversation", conversation)
    found = finding.look(own, conversation, "conversation")
    if found is None:
        return
    header = read_header(found)
    desk = finding.desks(own, (owner,)).get(owner)
    changed = found
    if team and team not in header.recipients:
        changed = letters.with_recipient(changed, team, "")
    if desk is not None and desk.team not in (*header.teams, team) and owner not in header.recipients:
        changed = letters.with_recipient(changed, owner, desk.name)
    if changed is not found:
        own.update(changed)


def _promise(door: Door, before: Body | None, after: Body) -> None:
    found = read_promise(after)
    telling.stir(door, found.owner)
    if before is None or (before.get("status"), before.get("owner")) != (
        after.get("status"),
        after.get("owner"),
    ):
        key = f"Task/{found.rid}:{found.state}" + (f":{found.owner}" if found.maker[0] != found.owner else "")
        telling.tell(door, (found.patient, found.owner), "promise", found.conversation, key)


def _undelivered(door: Door, before: Body | None, after: Body) -> None:
    assert is_staff_only(after)
    telling.stir(door, str((after.get("owner") or {}).get("reference", "")))


_FOLLOWS: dict[str, Callable[[Door, Body | None, Body], None]] = {
    "conversation": _conversation,
    "message": _message,
    "note": _message,
    "concern": _concern,
    "promise": _promise,
    "undelivered": _undelivered,
    "alert": _alert,
    "verdict": _verdict,
}
