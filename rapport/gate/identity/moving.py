"""How things move from one person's record to another's: stored, compiled and written down like any write.

No guard is asked and nothing follows: what is said and promised stays as it was, only whose it is changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from rapport.fhir.keys import reference_key
from rapport.fhir.outcomes import Refused, not_found
from rapport.gate import grants, seen
from rapport.gate.permissions import UPDATE
from rapport.gate.writing import Step
from rapport.store import moving as stored
from rapport.store import writing as kernel
from rapport.store.records import Record, Write

#: So much is moved at once at most; more would keep all others waiting.
MOST = 5_000
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Joined:
    """The record `target` took the place of `source`, or, `undone`, does so no longer.

    kin  those of the family (`RelatedPerson/…`) whose patient is another record now
    """

    source: str
    target: str
    undone: bool
    kin: tuple[str, ...]


Told = Callable[[Any, Joined], None]
_told: list[Told] = []


def on_joined(tell: Told) -> None:
    """Have this called, with the connection and in the same transaction, when records are joined or are two
    again. It may refuse."""
    if tell not in _told:
        _told.append(tell)


def tell_all(conn: Any, source: str, target: str, moved: Iterable[Record], *, undone: bool) -> None:
    """Tell whoever asked to be told."""
    kin = tuple(record.ref for record in moved if record.rtype == "RelatedPerson")
    for tell in _told:
        tell(conn, Joined(source, target, undone, kin))


def lead(door: Any) -> None:
    """Leads alone say who is who; to all others there is nothing here."""
    if door.actor.kind != "staff" or "lead" not in door.actor.duties:
        raise not_found()


@contextmanager
def unit(door: Any, why: str) -> Iterator[None]:
    """One act on two records. All of both moves, whatever of them whoever decides may see."""
    with door.unit(why), door.at_large():
        yield


def person(door: Any, patient: str) -> Record:
    """A `Patient/…` whom who stands at the door may change as it is now."""
    rtype, _, rid = patient.partition("/")
    found: Record | None = door.as_it_was(UPDATE, rtype, rid) if rtype == "Patient" else None
    if found is None or found.deleted:
        raise not_found()
    return found


def rewrite(door: Any, texts: Iterable[tuple[Record, bytes]]) -> list[Record]:
    """Store these with their new texts, as versions of their own, inside the unit under way."""
    work = list(texts)
    done: list[Record] = []
    for first in range(0, len(work), _AT_ONCE):
        some = work[first : first + _AT_ONCE]
        steps = [Step(UPDATE, Write(raw, orjson.loads(raw), record.rid, record)) for record, raw in some]
        records = kernel.write(door.conn, [step.write for step in steps])
        grants.compile_all(
            door.conn, [(record, step.after) for step, record in zip(steps, records, strict=True)]
        )
        door._written(list(zip(steps, records, strict=True)))
        done += records
    return done


def bounded(records: Sequence[Record]) -> Sequence[Record]:
    """Refuse what is more than can be moved at once."""
    if len(records) > MOST:
        said = f"There are more than {MOST:,} entries."
        raise Refused("too-large", said, "Ask whoever runs this site to move them at night.")
    return records


def settle(
    door: Any, moved: Iterable[int], source: str, target: str, label: int, *, back: bool = False
) -> None:
    """What hangs on moved resources (by key) besides their text: past versions, and what was opened."""
    keys = list(moved)
    old, new = reference_key(source), reference_key(target)
    (stored.hand_back if back else stored.pass_on)(door.conn, keys, old, new, label)
    ends = (target, source) if back else (source, target)
    seen.pass_on(door.conn, keys, *ends)
    door.changed(*(f"{kind}:{who}" for kind in ("patient", "chart") for who in (source, target)))
