"""Two records of one person become one, and two again.

What belongs to the replaced record moves to the one that stays, under a label of its own: a *part*. Who could
see it then sees that part as before, and nothing of the other; what either record denies is denied in both.
The person themselves has the whole. See ADR 19.
"""

from __future__ import annotations

from typing import Any

from rapport.fhir.keys import reference_key
from rapport.fhir.labels import BITS, PARTS
from rapport.fhir.outcomes import Refused, not_found
from rapport.gate import joins as acts
from rapport.gate.joins import MERGE, SPLIT, Act
from rapport.store import moving as stored
from rapport.store import reading
from rapport.store.records import Record

from . import wording
from .moving import MOST, bounded, lead, person, rewrite, settle, tell_all, unit

JOINED = "two records of one person were joined"
APART = "two records that were joined are two again"
FOLLOWED = "what was written to a replaced record followed it"


def merge(door: Any, *, source: str, target: str, once: str, versions: tuple[int, int] | None = None) -> int:
    """Put the record `target` in the place of `source`; the number of the act, the same for the same form.

    versions  of both Patients as whoever decides has seen them; Refused("stale") where they are others now
    Refused("rule") where one of them is joined already, "conflict" where both are signed in with.
    """
    lead(door)
    with unit(door, JOINED):
        door.lock("identity")
        known = acts.by_form(door.conn, once) or _same(door, source, target)
        if known is not None:
            return known.number
        gone, stays = person(door, source), person(door, target)
        if versions is not None and versions != (gone.vid, stays.vid):
            raise Refused("stale", "One of the two was changed in the meantime.", "Look at them again.")
        part = _part(door, source, target)
        number = acts.begin(door.conn, MERGE, source, target, part, once, door.actor.name)
        people = rewrite(
            door,
            [
                (gone, wording.linked(gone.body, "replaced-by", target, active=False)),
                (stays, wording.linked(stays.body, "replaces", source)),
            ],
        )
        acts.note(door.conn, number, [(record.id, record.vid) for record in people])
        bounded(stored.owned(door.conn, reference_key(source), MOST + 1))
        moved = _take(door, number, source, target, part)
        tell_all(door.conn, source, target, moved, undone=False)
        settle(door, [], source, target, 0)
    return number


def _same(door: Any, source: str, target: str) -> Act | None:
    """The merge in force that says the same."""
    found = acts.about(door.conn, [source])
    return next((act for act in found if _joins(act) and (act.source, act.target) == (source, target)), None)


def _joins(act: Act) -> bool:
    return act.kind == MERGE and act.undone is None


def _part(door: Any, source: str, target: str) -> int:
    """The number of the label of what comes from `source`: one that no other record's part ever had."""
    if source == target:
        raise Refused("rule", "This is one record.", "Choose two.")
    found = acts.about(door.conn, [source, target])
    if any(_joins(act) and (act.source in (source, target) or act.target == source) for act in found):
        raise Refused(
            "rule", "One of the two is joined with another record already.", "Look at what was joined before."
        )
    into = {act.source: act.part for act in found if act.kind == MERGE and act.target == target}
    part = into.get(source, len(into) + 1)
    if part > len(PARTS):
        raise Refused("rule", f"{len(PARTS)} records were joined into this one before.", "Keep them as two.")
    return part


def _take(door: Any, number: int, source: str, target: str, part: int) -> list[Record]:
    """Move whatever belongs to `source` now, as much as goes at once."""
    found = stored.owned(door.conn, reference_key(source), MOST)
    texts = [(record, wording.moved(record.body, source, target, part)) for record in found]
    moved = rewrite(door, texts)
    acts.note(door.conn, number, [(record.id, record.vid) for record in moved])
    settle(door, [record.id for record in moved], source, target, BITS[wording.label_of(part)])
    return moved


def follow(door: Any) -> int:
    """Move what was written to replaced records since; called by a job. How much that was."""
    moved = 0
    for act in acts.merges(door.conn):
        if not stored.owned(door.conn, reference_key(act.source), 1):
            continue
        with unit(door, FOLLOWED):
            door.lock("identity")
            now = acts.one(door.conn, act.number, hold=True)
            if now is not None and now.undone is None:
                moved += len(_take(door, act.number, act.source, act.target, act.part))
    return moved


def undo(door: Any, *, number: int) -> Act:
    """Take a merge or a split back: what it moved is where it was, word for word, or as it was changed."""
    lead(door)
    with unit(door, APART):
        door.lock("identity")
        act = acts.one(door.conn, number, hold=True)
        if act is None:
            raise not_found()
        gone, stays = person(door, act.source), person(door, act.target)
        if act.undone is not None:
            return act
        _last_first(door, act)
        made = acts.moved_by(door.conn, number)
        found = _theirs(door, act, made)
        before = stored.past(door.conn, [(key, vid - 1) for key, vid in made.items()])
        moved = rewrite(door, [(record, _as_before(record, made, before, act)) for record in found])
        if act.kind == MERGE:
            rewrite(door, [(one, _unlinked(one, made, before, act)) for one in (gone, stays)])
            tell_all(door.conn, act.source, act.target, moved, undone=True)
        label = BITS[wording.label_of(act.part)] if act.part else 0
        keys = {*made, *(record.id for record in moved)} - {gone.id, stays.id}
        settle(door, keys, act.source, act.target, label, back=True)
        acts.end(door.conn, number, door.actor.name)
    return act


def _last_first(door: Any, act: Act) -> None:
    """What was split or joined later may hold some of it."""
    for later in acts.about(door.conn, [act.source, act.target]):
        if later.number > act.number and later.undone is None and SPLIT in (later.kind, act.kind):
            raise Refused("rule", "Something was moved after this.", "Undo that first.")


def _theirs(door: Any, act: Act, made: dict[int, int]) -> list[Record]:
    """What of an act is still where it moved it, and what was written to that since."""
    target = reference_key(act.target)
    if act.kind == MERGE:
        return list(bounded(stored.owned(door.conn, target, MOST + 1, BITS[wording.label_of(act.part)])))
    return with_hanging(door, [one for one in held(door, made) if one.patient == target], target)


def held(door: Any, keys: Any) -> list[Record]:
    """These resources (by key) as they are now, but for what was deleted."""
    return [record for record in reading.read(door.conn, list(keys)) if not record.deleted]


def with_hanging(door: Any, records: list[Record], patient: int) -> list[Record]:
    """These, and what of a patient's is part of them: of a conversation its messages and questions."""
    found = {record.id: record for record in records}
    new = list(found)
    while new:
        more = [one for one in stored.hanging(door.conn, new, patient, MOST + 1) if one.id not in found]
        found |= {record.id: record for record in more}
        new = [record.id for record in more]
        bounded(list(found.values()))
    return list(found.values())


def _as_before(record: Record, made: dict[int, int], before: dict[int, Record], act: Act) -> bytes:
    """The text before the move where nothing was changed since, else what it is now put back."""
    was = before.get(record.id)
    if was is not None and record.vid == made[record.id]:
        return was.body
    return wording.back(record.body, was.body if was else b"", act.source, act.target, act.part)


def _unlinked(record: Record, made: dict[int, int], before: dict[int, Record], act: Act) -> bytes:
    was = before[record.id]
    if record.vid == made[record.id]:
        return was.body
    kind, other = ("replaced-by", act.target) if record.ref == act.source else ("replaces", act.source)
    return wording.unlinked(record.body, kind, other, was.body)
