"""Who is told of what: notices by e-mail (which say only that there is something to read), live topics."""

from __future__ import annotations

from collections.abc import Iterable

from rapport.gate.door import Door
from rapport.people import notices
from rapport.pillars.conversations import finding
from rapport.pillars.conversations.shapes.codes import SPOKEN
from rapport.pillars.conversations.shapes.concerns import ConcernTask, read_concern
from rapport.pillars.conversations.shapes.letters import Header, Message


def tell(door: Door, refs: Iterable[str], kind: str, about: str, key: str, *, urgent: bool = False) -> None:
    """Tell the people behind these references, each once for this key, but not who acts."""
    for person in finding.persons_of(door.rapport("conversations"), refs):
        if person != door.actor.ref:
            notices.tell(person, kind, about, f"{key}:{person}", door.conn, urgent=urgent)


def stir(door: Door, *refs: str) -> None:
    """Say on the live topics of these teams, positions and people that something changed."""
    own = door.rapport("conversations")
    held = finding.desks(own, refs)
    people = {held[ref].person if ref in held else ref for ref in refs if ref}
    door.changed(
        *(f"{'team' if ref.startswith('Organization/') else 'person'}:{ref}" for ref in people if ref)
    )


def _kin(header: Header, message: Message) -> list[str]:
    """Those of the circle who are told of a message: none of what is kept from them."""
    return [] if message.private else [ref for ref in header.recipients if ref.startswith("RelatedPerson/")]


def of_message(
    door: Door, header: Header, message: Message, *, by_staff: bool, private: bool = False
) -> None:
    """A new message: the other side is told. What was said on the phone needs no e-mail to who said it.

    private  the circle is told nothing of it
    """
    stir(door, *header.recipients)
    if message.is_note:
        return
    own = door.rapport("conversations")
    concerns = [read_concern(body) for body in finding.concerns_of(own, header.ref, finding.OPEN)]
    kin = _kin(header, message)
    key = f"message:{message.rid}"
    if by_staff:
        if message.medium not in SPOKEN:
            asked = [concern.requester for concern in concerns if concern.ref in message.about]
            tell(door, (message.patient, *kin, *asked), "message", header.ref, key)
        return
    owners = [concern.named_owner for concern in concerns if concern.named_owner]
    staff = owners or [ref for ref in header.recipients if not ref.startswith("RelatedPerson/")]
    tell(door, staff, "message", header.ref, key)
    if message.medium not in SPOKEN and not private:
        others = [ref for ref in (message.patient, *kin) if ref != message.sender]
        tell(door, others, "message", header.ref, key)


def of_correction(door: Door, header: Header, message: Message, version: int) -> None:
    """A message was corrected or withdrawn: who was told of it is told again."""
    stir(door, *header.recipients)
    if message.is_note:
        return
    kin = _kin(header, message)
    sides = (message.patient, *kin) if message.sender.startswith("Practitioner") else ()
    tell(door, sides, "message", header.ref, f"message:{message.rid}:{version}")


def of_concern(door: Door, was: ConcernTask | None, now: ConcernTask) -> None:
    """A concern moved: its team's inbox, who had it and who has it now; and by e-mail those who must know."""
    stir(door, now.team, now.owner, *now.passed, *((was.team, was.owner) if was else ()))
    step = now.events[-1] if now.events and (was is None or len(now.events) > len(was.events)) else None
    key = f"{now.ref}:{len(now.events)}"
    if was is None:
        if now.stat and now.is_open:
            tell(door, (now.team,), "urgent", now.conversation, key, urgent=True)
        return
    if step is None:
        return
    both = (now.patient, now.requester)
    if step.code in ("handed-over", "assigned"):
        tell(door, (now.named_owner,), step.code, now.conversation, key)
    elif step.code == "passed-on":
        tell(door, (step.to,), step.code, now.conversation, key, urgent=now.stat)
        tell(door, both, step.code, now.conversation, key)
    elif step.code == "not-yet":
        tell(door, (now.owner,), step.code, now.conversation, key)
    elif step.code == "urgent":
        tell(door, (now.owner, now.team), step.code, now.conversation, key, urgent=True)
    elif step.code == "returned":
        tell(door, (now.team,), step.code, now.conversation, key)
    elif step.code == "silent":
        tell(door, (now.owner,), step.code, now.conversation, key)
    elif step.code in ("reminded", "closed") and now.reason not in ("withdrawn", "split", "merged"):
        tell(door, both, step.code, now.conversation, key)
