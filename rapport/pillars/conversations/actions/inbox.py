"""The team's verbs: take, hand over, assign, take back, split, merge, mark as urgent."""

from __future__ import annotations

from collections.abc import Sequence

from rapport.gate.door import Door
from rapport.pillars.conversations import finding, moment
from rapport.pillars.conversations.actions.doing import as_written, by, concern_of, named, step
from rapport.pillars.conversations.rules.moves import part_of
from rapport.pillars.conversations.rules.words import broken
from rapport.pillars.conversations.shapes.concerns import read_concern
from rapport.pillars.conversations.shapes.promises import settled

FEWEST_PARTS, MOST_PARTS = 2, 12


def take(door: Door, *, concern: str, reason: str = "") -> None:
    """Take a concern in one's own name. Twice is as once.

    From a colleague who has it, it needs a reason; standing in for them while they are away is one.
    """
    who = finding.who(door)
    with door.unit("taking a question"):
        body = concern_of(door, concern)
        now = read_concern(body)
        if now.owner in who.positions and now.state != "raised":
            return
        name = ""
        if not reason.strip() and now.named_owner:
            name = finding.standing_in(door, now.named_owner, moment.now())
        whose = (now.named_owner, name) if name else ("", "")
        step(door, body, "taken", reason, to=_desk_for(door, now.team), whose=whose)


def _desk_for(door: Door, team: str) -> tuple[str, str]:
    """One's position in this team, else the first one; Refused("rule") for who holds none."""
    who = finding.who(door)
    if not who.staff or not who.positions:
        raise broken("staff-only")
    held = finding.desks(door, who.positions)
    here = [ref for ref in who.positions if ref in held and held[ref].team == team]
    return (here or list(who.positions))[0], who.name


def hand_over(door: Door, *, concern: str, to: str, reason: str) -> None:
    """Give a concern to a colleague (`PractitionerRole/…`) or a team (`Organization/…`), saying why."""
    _give(door, "handed-over", concern, to, reason)


def assign(door: Door, *, concern: str, to: str, reason: str) -> None:
    """Give a concern that nobody has to a colleague, saying why."""
    _give(door, "assigned", concern, to, reason)


def _give(door: Door, code: str, concern: str, to: str, reason: str) -> None:
    with door.unit("handing over a question"):
        body = concern_of(door, concern)
        if read_concern(body).owner != to:
            step(door, body, code, reason, to=(to, _name(door, to)))


def _name(door: Door, ref: str) -> str:
    desk = finding.desks(door, (ref,)).get(ref)
    if desk is not None:
        return desk.name
    record = door.find("Organization", finding.rid_of(ref)) if ref.startswith("Organization/") else None
    if record is None:
        raise broken("position")
    return str(record.json.get("name", ""))


def take_back(door: Door, *, concern: str, reason: str) -> None:
    """Give a concern back to its team: one's own, or that of a colleague who does not get to it."""
    with door.unit("giving a question back"):
        body = concern_of(door, concern)
        if read_concern(body).named_owner:
            step(door, body, "returned", reason)


def split(door: Door, *, once: str, concern: str, parts: Sequence[str]) -> tuple[str, ...]:
    """Make one concern into several: each keeps owner and clock, the whole is closed as split. Their ids."""
    texts = [kept for text in parts if (kept := " ".join(text.split()))]
    if not FEWEST_PARTS <= len(texts) <= MOST_PARTS:
        raise broken("parts")
    rids = tuple(named(door, once, f"part {number}") for number in range(len(texts)))
    if door.find("Task", rids[0]) is not None:
        return rids
    who, at = finding.who(door), moment.now()
    if not who.staff:
        raise broken("staff-only")
    with door.unit("splitting a question"):
        body = concern_of(door, concern)
        for number, (rid, text) in enumerate(zip(rids, texts, strict=True)):
            door.create(part_of(body, rid, text, by(who), at, number=number), rid=rid)
        step(door, body, "closed", reason="split")
    return rids


def merge(door: Door, *, concerns: Sequence[str], reason: str = "") -> str:
    """Put concerns of one person together: the urgent, else the oldest one goes on. Its id."""
    rids = list(dict.fromkeys(concerns))
    if len(rids) < FEWEST_PARTS:
        raise broken("merge")
    with door.unit("putting questions together"):
        bodies = [concern_of(door, rid) for rid in rids]
        known = [read_concern(body) for body in bodies]
        kept = min(
            (one for one in known if one.is_open),
            key=lambda one: (not one.stat, one.raised, one.rid),
            default=None,
        )
        if kept is None:
            raise broken("merge")
        for one, body in zip(known, bodies, strict=True):
            if one is not kept and one.reason != "merged":
                step(door, body, "closed", reason, reason="merged", into=kept.ref)
    return kept.rid


def mark_urgent(door: Door, *, concern: str, urgent: bool, reason: str) -> None:
    """Put a concern first in the inbox, or no longer, saying why."""
    with door.unit("marking as urgent"):
        body = concern_of(door, concern)
        if read_concern(body).stat != urgent:
            step(door, body, "urgent" if urgent else "not-urgent", reason)


def settle_undelivered(door: Door, *, task: str, words: str) -> None:
    """A notice did not arrive, and the person was reached in another way: how."""
    kept, who = as_written(words), finding.who(door)
    with door.unit("reaching someone in another way"):
        body = finding.need(door, "Task", task, "undelivered")
        if body.get("status") != "completed":
            door.update(settled(body, by=by(who), at=moment.now(), words=kept))
