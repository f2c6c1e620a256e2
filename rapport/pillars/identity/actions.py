"""What a lead does about who is who. One verb is one transaction through the door."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from rapport.fhir.outcomes import Refused
from rapport.gate import jobs
from rapport.gate.door import Door
from rapport.gate.identity import joining, pairs, splitting

SHORTEST_TOKEN = 8
#: What somebody was writing when two records were joined is looked for after this.
_SOON = timedelta(seconds=20)


def join(door: Door, *, replaced: str, keep: str, once: str, versions: tuple[int, int]) -> int:
    """Let `Patient/…` (`keep`) take the place of another; the number to undo it by.

    versions  of both (replaced, keep) as they were looked at; once: the token of the form
    """
    _sound(once)
    with door.unit(joining.JOINED):
        number = joining.merge(door, source=replaced, target=keep, once=once, versions=versions)
        jobs.later(door.conn, "identity.look", datetime.now(UTC) + _SOON)
    return number


def undo(door: Door, *, number: int) -> None:
    """Take a merge or a split back."""
    joining.undo(door, number=number)


def keep_apart(door: Door, *, one: str, other: str) -> None:
    """These are two people; they are not shown as one again."""
    pairs.keep_apart(door, one=one, other=other)


def split(door: Door, *, source: str, target: str, entries: Sequence[str], once: str) -> int:
    """Move entries that are somebody else's to their record; the number to undo it by."""
    _sound(once)
    return splitting.split(door, source=source, target=target, entries=entries, once=once)


def _sound(once: str) -> None:
    if len(once) < SHORTEST_TOKEN:
        raise Refused("invalid", "The form has no token.", "Open the page again.")
