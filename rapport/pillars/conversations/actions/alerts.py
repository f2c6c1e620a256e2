"""What the team does with an alert, and what it says of how a letter was read."""

from __future__ import annotations

from collections.abc import Sequence

from rapport.gate.door import Door
from rapport.listening.edition import edition
from rapport.pillars.conversations import finding, moment
from rapport.pillars.conversations.actions.doing import by, named
from rapport.pillars.conversations.rules.words import broken
from rapport.pillars.conversations.shapes import alerts as shape
from rapport.pillars.conversations.shapes.codes import KIND, Resource
from rapport.pillars.conversations.shapes.letters import read_message

LONGEST_WORDS = 500


def take_alert(door: Door, *, alert: str) -> None:
    """Take an alert in one's own name, also from a colleague. Twice is as once."""
    who = finding.who(door)
    if not who.staff or not who.positions:
        raise broken("staff-only")
    with door.unit("taking an alert"):
        body = _held(door, alert)
        one = shape.read_alert(body)
        if one.state == "taken" and one.owner in who.positions:
            return
        door.update(shape.taken(body, (_desk(door, one.team), who.name), by(who), moment.now()))


def _desk(door: Door, team: str) -> str:
    """One's position in this team, else the first one."""
    who = finding.who(door)
    held = finding.desks(door, who.positions)
    here = [ref for ref in who.positions if ref in held and held[ref].team == team]
    return (here or list(who.positions))[0]


def see_to_alert(door: Door, *, alert: str, words: str = "") -> None:
    """Say what was done; what only asked to be read first needs no words. Twice is as once."""
    who = finding.who(door)
    if not who.staff:
        raise broken("staff-only")
    with door.unit("seeing to an alert"):
        body = _held(door, alert)
        one = shape.read_alert(body)
        if one.state == "seen":
            return
        kept = " ".join(words.split())[:LONGEST_WORDS]
        if one.stat and not kept:
            raise broken("why")
        door.update(shape.seen_to(body, by(who), moment.now(), kept))


def read_first(door: Door, letters: Sequence[str]) -> None:
    """These letters were opened by the team: what only asked to be read first is done, in the same unit."""
    query = [("code", f"{KIND}|alert"), ("status", shape.ALERTED["open"]), ("priority", "urgent")]
    for body in finding.tasks(door, *query, ("focus", ",".join(letters))):
        door.update(shape.seen_to(body, by(finding.who(door)), moment.now()))


def _held(door: Door, rid: str) -> Resource:
    """An alert, held until the end of the unit together with all of its conversation."""
    body = finding.need(door, "Task", rid, "alert")
    door.lock("conversation", shape.read_alert(body).conversation)
    return finding.need(door, "Task", rid, "alert")


def tell_reading(door: Door, *, letter: str, verdict: str, rules: Sequence[str] = ()) -> None:
    """Say that our software `misread` a letter (these rules), or `missed` something in it. Once a person."""
    who = finding.who(door)
    if not who.staff:
        raise broken("staff-only")
    if verdict not in shape.VERDICTS:
        raise broken("shape", kind="verdict", what="it says misread or missed")
    rid = named(door, f"verdict {finding.rid_of(letter)}", verdict)
    with door.unit("judging a reading"):
        message = read_message(finding.need(door, "Communication", letter, "message"))
        door.lock("verdict", rid)
        if door.rapport("conversations").find("Communication", rid) is not None:
            return
        body = shape.verdict(
            rid,
            said=verdict,
            patient=message.patient,
            conversation=message.conversation,
            letter=message.ref,
            sender=who.signs,
            rules=rules,
            edition=edition(),
            at=moment.now(),
        )
        door.create(body, rid=rid)
