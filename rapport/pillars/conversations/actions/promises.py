"""Promises: dated, seen by both sides, kept or not."""

from __future__ import annotations

from datetime import datetime

from rapport.gate.door import Door
from rapport.pillars.conversations import finding, moment
from rapport.pillars.conversations.actions.doing import as_written, named
from rapport.pillars.conversations.actions.doing import by as acting
from rapport.pillars.conversations.rules.words import broken
from rapport.pillars.conversations.shapes import promises
from rapport.pillars.conversations.shapes.promises import read_promise


def promise(door: Door, *, once: str, conversation: str, text: str, due: datetime, by: str = "") -> str:
    """Promise something until `due` (aware). Its id.

    by  `Patient/…` when staff write down what the patient promises; else one's own
    """
    rid, text, who = named(door, once, "promise"), as_written(text), finding.who(door)
    if door.find("Task", rid) is not None:
        return rid
    with door.unit("promising"):
        header = finding.header(door, conversation)
        body = promises.promise(
            rid,
            conversation=header.ref,
            patient=header.patient,
            owner=(by, "") if by and by not in who.names else who.signs,
            requester=who.signs,
            words=text,
            due=due,
            at=moment.now(),
        )
        door.create(body, rid=rid)
    return rid


def keep_promise(door: Door, *, promise: str, words: str = "") -> None:
    """It was kept. Twice is as once."""
    _end(door, promise, words, kept=True)


def break_promise(door: Door, *, promise: str, words: str) -> None:
    """It was not kept, and why."""
    if not words.strip():
        raise broken("why")
    _end(door, promise, words, kept=False)


def _end(door: Door, rid: str, text: str, *, kept: bool) -> None:
    who = finding.who(door)
    with door.unit("keeping a promise" if kept else "not keeping a promise"):
        body = finding.need(door, "Task", rid, "promise")
        if read_promise(body).state != ("kept" if kept else "broken"):
            door.update(promises.ended(body, kept=kept, by=acting(who), at=moment.now(), words=text.strip()))
