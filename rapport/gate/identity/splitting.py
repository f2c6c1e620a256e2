"""A record that holds entries of two people: those that are somebody else's move to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rapport.fhir.keys import reference_key
from rapport.fhir.labels import PARTS
from rapport.fhir.outcomes import Refused, not_found
from rapport.gate import joins as acts
from rapport.gate.joins import SPLIT
from rapport.gate.permissions import UPDATE
from rapport.store.records import Record

from . import wording
from .joining import with_hanging
from .moving import lead, person, rewrite, settle, unit

SPLITTING = "entries of another person were moved to their own record"
#: Who a person is, who is close to them, who cares for them and what they share is nobody else's entry.
NEVER = frozenset({"Patient", "RelatedPerson", "CareTeam", "Consent", "AuditEvent"})


def split(door: Any, *, source: str, target: str, entries: Sequence[str], once: str) -> int:
    """Move entries (`Type/id`) from one record to another; the number of the act, the same for the same form.

    Who moves them must be able to read each. A conversation goes with all that is in it.
    """
    lead(door)
    with unit(door, SPLITTING):
        door.lock("identity")
        known = acts.by_form(door.conn, once)
        if known is not None:
            return known.number
        person(door, source)
        person(door, target)
        if source == target or not entries:
            raise Refused("invalid", "Nothing was chosen.", "Choose entries, and whose they are.")
        if any(acts.survivor(door.conn, one) for one in (source, target)):
            raise Refused("rule", "One of the two is joined with another record already.", "Choose that one.")
        found = with_hanging(door, _chosen(door, source, entries), reference_key(source))
        number = acts.begin(door.conn, SPLIT, source, target, 0, once, door.actor.name)
        for record in found:  # it stands in the log of whom it leaves, too
            door._trail.add(UPDATE, record.ref, record.vid, record.patient)
        moved = rewrite(door, [(record, _text(record, source, target)) for record in found])
        if any(record.patient != reference_key(target) for record in moved):
            raise Refused("rule", "Something of this names both people.", "Leave it where it is.")
        acts.note(door.conn, number, [(record.id, record.vid) for record in moved])
        settle(door, [record.id for record in moved], source, target, 0)
    return number


def _chosen(door: Any, source: str, entries: Sequence[str]) -> list[Record]:
    found = door.many(entries)
    records = list(found.values())
    if len(records) != len(set(entries)):
        raise not_found()
    if any(one.rtype in NEVER or one.patient != reference_key(source) for one in records):
        raise not_found()
    return records


def _text(record: Record, source: str, target: str) -> bytes:
    """About the other person; of no part of the record that it leaves, nor to that one's family."""
    raw = wording.moved(record.body, source, target, 0)
    for part in range(1, len(PARTS) + 1):
        if PARTS[part - 1][1].encode() in raw:
            raw = wording.unlabelled(raw, part)
    return wording.without_family(raw) if record.rtype == "Communication" else raw
