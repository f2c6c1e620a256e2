"""Who has looked at a patient's record, or changed it: rows of the audit, put together as visits.

A row is one request. What one person did within a quarter of an hour is one look.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rapport.fhir.outcomes import not_found
from rapport.gate.door import Door, Entry
from rapport.gate.identity import joining, splitting
from rapport.gate.preview import would
from rapport.people import actors
from rapport.people.portrait import moment

#: Rows of the audit that one page reads; the pause that ends a look.
ROWS = 300
PAUSE = timedelta(minutes=15)
_EMERGENCY = "urn:rapport:kind|emergency-access"


@dataclass(frozen=True, slots=True)
class Look:
    """What one person saw or changed in one go.

    number     of its latest row in the audit
    at         when it ended; `kind`: of the person: staff, kin, patient, program, system
    saw, found, changed   types of resources: opened, met in a list, written
    emergency  the glass was broken for it; `words`: why, as they wrote it
    rule       the rule by which they may see it now, "" where none lets them any more
    identity   what was done about whose record it is: joined, apart, moved
    """

    number: int
    at: datetime
    ref: str
    name: str
    role: str
    kind: str
    saw: tuple[str, ...]
    found: tuple[str, ...]
    changed: tuple[str, ...]
    emergency: bool
    words: str
    rule: str
    identity: tuple[str, ...] = ()


#: What the audit says of records that were joined or split.
_IDENTITY = {joining.JOINED: "joined", joining.APART: "apart", splitting.SPLITTING: "moved"}
_KINDS = {"Practitioner": "staff", "RelatedPerson": "kin", "Patient": "patient", "Device": "program"}


def looks(
    door: Door, patient: str, *, before: datetime | None = None, whose: str = ""
) -> tuple[tuple[Look, ...], datetime | None]:
    """The latest looks at `Patient/…` by others than themselves, and where older ones begin.

    whose  "circle" for family and friends alone, "emergency" for what was opened in one
    """
    entries = door.log(patient, before=before, limit=ROWS, others=True)
    more = entries[-1].at if len(entries) == ROWS else None
    wanted = [entry for entry in entries if _wanted(entry, whose)]
    why = _Why(door, patient)
    return tuple(_look(group, why) for group in _visits(wanted)), more


def look(door: Door, patient: str, number: int) -> Look:
    """One row of the log by its number, alone."""
    entries = door.log(patient, limit=1, others=True, number=number)
    if not entries:
        raise not_found()
    return _look(entries, _Why(door, patient))


def _wanted(entry: Entry, whose: str) -> bool:
    if whose == "circle":
        return entry.ref.startswith("RelatedPerson/")
    return whose != "emergency" or entry.purpose == "ETREAT"


def _visits(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Rows, newest first, that belong together: one person, one purpose, one day, no long pause."""
    open_: dict[tuple[str, str], list[Entry]] = {}
    order: list[list[Entry]] = []
    for entry in entries:
        key = (entry.ref, entry.purpose)
        group = open_.get(key)
        if group and group[-1].at - entry.at <= PAUSE and group[-1].at.date() == entry.at.date():
            group.append(entry)
        else:
            group = open_[key] = [entry]
            order.append(group)
    yield from order


def _look(group: Sequence[Entry], why: _Why) -> Look:
    last = group[0]
    parts = [part.split(" ", 1) for entry in group for part in entry.entities]
    things = [(letter, reference.split("/")[0], reference) for letter, reference in parts]
    by = {
        letters: tuple(dict.fromkeys(rtype for letter, rtype, _ in things if letter in letters))
        for letters in ("r", "s", "cud")
    }
    kind = _KINDS.get(last.ref.partition("/")[0], "program")
    if last.ref.startswith("Device/rapport-"):
        kind = "system"
    emergency = last.purpose == "ETREAT"
    return Look(
        number=last.number,
        at=last.at,
        ref=last.ref,
        name=last.name,
        role=last.role,
        kind=kind,
        saw=by["r"],
        found=tuple(rtype for rtype in by["s"] if rtype not in by["r"]),
        changed=by["cud"],
        emergency=emergency,
        words=why.emergency(last) if emergency else "",
        rule=why.rule(last.ref, kind, [reference for _, _, reference in things]),
        identity=tuple(dict.fromkeys(_IDENTITY[entry.why] for entry in group if entry.why in _IDENTITY)),
    )


class _Why:
    """Why somebody may see the record now: asked once for each person of a page."""

    def __init__(self, door: Door, patient: str) -> None:
        self.door, self.patient = door, patient
        self.known: dict[str, str] = {}
        self.broken: list[dict[str, Any]] | None = None

    def rule(self, ref: str, kind: str, references: Sequence[str]) -> str:
        """The rule that lets them see the first of these things that still is there."""
        if kind not in ("staff", "kin"):
            return kind
        if ref not in self.known:
            self.known[ref] = self._rule(ref, references)
        return self.known[ref]

    def _rule(self, ref: str, references: Sequence[str]) -> str:
        other = actors.actor_of(self.door.conn, ref, "", 0)
        for reference in references[:3]:
            rtype, rid = reference.split("/")[:2]
            if self.door.find(rtype, rid) is not None:
                return would(self.door, other, "r", rtype, rid).rule
        return ""

    def emergency(self, entry: Entry) -> str:
        """What they wrote when they broke the glass last before this look."""
        if self.broken is None:
            query = [("code", _EMERGENCY), ("patient", self.patient), ("_sort", "-authored-on")]
            found = self.door.search("Task", [*query, ("_count", "50")]).matches
            self.broken = [one.json for one in found]
        for task in self.broken:
            opened = moment(task.get("authoredOn"))
            mine = (task.get("requester") or {}).get("reference") == entry.ref
            if mine and opened is not None and opened.at <= entry.at:
                return str((task.get("reasonCode") or {}).get("text", ""))
        return ""
