"""A write made ready: the new version with its index rows, still without its change number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rapport.fhir.index import rows as rows_of
from rapport.fhir.keys import resource_key
from rapport.fhir.outcomes import Refused
from rapport.fhir.rows import Rows
from rapport.fhir.text import splice
from rapport.store.records import Record, Write

NO_ROWS = Rows()
_TICK = timedelta(milliseconds=1)
#: Index rows of one resource at most.
MOST_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Version:
    """A write made ready: everything of the new version except its `seq`.

    rows  its index rows
    old   those of the version before
    wipe  all index rows of the resource go, whatever they are, and all new ones are written
    """

    id: int
    rtype: str
    rid: str
    vid: int
    updated: datetime
    deleted: bool
    body: bytes
    rows: Rows
    old: Rows
    wipe: bool

    def record(self, seq: int, patient: int, sens: int) -> Record:
        """The record, once it is stored."""
        return Record(
            self.id, self.rtype, self.rid, self.vid, seq, self.updated, patient, sens, self.deleted, self.body
        )


def now() -> datetime:
    """The present, UTC, in whole milliseconds (what a FHIR instant shows)."""
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _same(write: Write, before: Record) -> None:
    """Two names with one key, or a body of another type, are never mixed up."""
    rtype = before.rtype if write.delete else write.resource["resourceType"]
    if (rtype, write.rid) != (before.rtype, before.rid):
        raise Refused(
            "conflict", f"{rtype}/{write.rid} can't take the place of {before.ref}.", "Use another id."
        )


def _bounded(write: Write, rows: Rows) -> None:
    """Nobody keeps all others waiting with one resource."""
    count = sum(map(len, (rows.token, rows.ref, rows.date, rows.number, rows.string, rows.uri)))
    if count > MOST_ROWS:
        raise Refused(
            "too-large",
            f"{write.rtype}/{write.rid} can be found by more than {MOST_ROWS:,} values.",
            "Make several resources of it.",
        )


def version_of(write: Write, at: datetime) -> Version:
    """The version that a write makes at that time."""
    before = write.before
    vid, updated = 1, at
    if before is not None:
        _same(write, before)
        vid, updated = before.vid + 1, max(at, before.updated + _TICK)
    key = resource_key(write.rtype, write.rid)
    if write.delete:
        return Version(key, write.rtype, write.rid, vid, updated, True, b"", NO_ROWS, NO_ROWS, True)
    new = rows_of({**write.resource, "id": write.rid})
    _bounded(write, new)
    old = NO_ROWS if before is None or before.deleted else rows_of(before.json)
    wipe = before is not None and (new.patient, new.when, new.sens) != (old.patient, old.when, old.sens)
    body = splice(write.raw, write.rid, vid, updated)
    return Version(key, write.rtype, write.rid, vid, updated, False, body, new, old, wipe)
