"""Writing through the door. Every write is judged as it was and as it would become, then guarded.

Order, the same for one write and for a bundle: as it was → valid → stored → as it became → guards →
grants → what follows. A refusal anywhere undoes the transaction.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import orjson

from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.fhir.keys import resource_key, timely
from rapport.fhir.outcomes import Refused, not_found
from rapport.fhir.text import loads
from rapport.store import reading as stored
from rapport.store import writing as kernel
from rapport.store.records import Record, Write
from rapport.store.versions import Version
from rapport.store.wire import StoreCursor

from . import claims, conditions, grants, guards, live, packages
from .audit import Trail, idle
from .labelling import labelled, part_of_same
from .permissions import CREATE, DELETE, READ, UPDATE, Action
from .reading import Reading
from .watching import watched

T = TypeVar("T")
Body = dict[str, Any]
Resource = Body | bytes
#: Where in a bundle, the guard, the resource as it was and as it becomes.
Judged = tuple[str, guards.Guard, Body | None, Body | None]

#: Rapport at work on what a patient keeps from their circle.
BY_PATIENT = "Device/rapport-circle"
#: As the version that is expected: that there is none.
ABSENT = -1
_FORBIDDEN = ("This cannot be written here.", "Ask the team or the person whose record it is.")


@dataclass(frozen=True, slots=True)
class Step:
    """One write with the letter of its action."""

    action: Action
    write: Write
    place: str = ""  # where it stands in a bundle

    @property
    def after(self) -> Body | None:
        """The resource as it becomes, None for a deletion."""
        return None if self.write.delete else self.write.resource


class Writing(Reading):
    """The verbs that change the record.

    strict  extensions that nothing here defines are refused, too
    until   the time (`time.monotonic`) after which no further part of a bundle is begun
    most    bytes of stored text that one bundle may change: what is worked on takes ten times as much memory
    """

    strict = False
    until = most = math.inf

    def create(
        self, resource: Resource, *, rid: str | None = None, if_none_exist: str | None = None
    ) -> Record:
        """Store a new resource; with `if_none_exist` (a search) the one that is there already, if any."""
        return self.create_or_find(resource, rid=rid, if_none_exist=if_none_exist)[0]

    def create_or_find(
        self, resource: Resource, *, rid: str | None = None, if_none_exist: str | None = None
    ) -> tuple[Record, bool]:
        """As `create`, and whether it was created."""
        raw, body = parsed(resource)
        rtype = body["resourceType"]
        with self._step(CREATE, rtype):
            if if_none_exist is not None:
                conditions.lock(self.conn, [(rtype, if_none_exist)])
                present = self.the_one(rtype, if_none_exist)
                if present is not None:
                    self._note(READ, (present,))
                    return present, False
            return self.apply([Step(CREATE, Write(raw, body, rid or new_id()))])[0], True

    def update(self, resource: Resource, *, if_match: int | None = None) -> Record:
        """Store a new version of the resource whose id the body carries.

        `if_match` is the version it was made from. For a dict without it, `meta.versionId` is taken: a page
        changes what it has read, and is refused ("stale") when somebody else was faster.
        """
        raw, body = parsed(resource)
        if if_match is None and isinstance(resource, dict):
            version = (body.get("meta") or {}).get("versionId")
            if_match = int(version) if isinstance(version, str) and version.isdecimal() else None
        return self.put(raw, body, if_match=if_match)[0]

    def put(self, raw: bytes, body: Body, *, if_match: int | None = None) -> tuple[Record, bool]:
        """Update, or create under an id of one's own (programs); and whether it was created."""
        rtype, rid = body["resourceType"], body.get("id")
        if not isinstance(rid, str):
            raise Refused("invalid", "The resource has no id.", "Give the id of what you want to change.")
        with self._step(UPDATE, f"{rtype}/{rid}"):
            before = self.as_it_was(UPDATE, rtype, rid)
            if before is None:
                self._expected(None, if_match)
                return self.apply([Step(CREATE, Write(raw, body, rid))])[0], True
            self._expected(before, if_match)
            return self.apply([Step(UPDATE, Write(raw, body, rid, before))])[0], before.deleted

    def patch(
        self, rtype: str, rid: str, change: Callable[[bytes], bytes], *, if_match: int | None = None
    ) -> Record:
        """Update with what `change` makes of the stored text; its id and type must stay."""
        with self._step(UPDATE, f"{rtype}/{rid}"):
            before = self.as_it_was(UPDATE, rtype, rid)
            if before is None:
                raise not_found()
            self._expected(before, if_match)
            raw, body = self._patched(before, change)
            return self.apply([Step(UPDATE, Write(raw, body, rid, before))])[0]

    @staticmethod
    def _patched(before: Record, change: Callable[[bytes], bytes]) -> tuple[bytes, Body]:
        """The text and the dict of what a change makes of a version; of the same type and id."""
        if before.deleted:
            raise Refused("gone", "This was deleted.", "Go back and choose again.")
        raw, body = parsed(change(before.body))
        if (body["resourceType"], body.get("id")) != (before.rtype, before.rid):
            raise Refused("rule", "A change cannot touch the type or the id.", "Leave them as they are.")
        return raw, body

    def delete(self, rtype: str, rid: str, *, if_match: int | None = None) -> Record | None:
        """Delete; a second time changes nothing. The versions stay in the history. Gives the deletion."""
        with self._step(DELETE, f"{rtype}/{rid}"):
            before = self.as_it_was(DELETE, rtype, rid)
            if before is None:
                raise not_found()
            if before.deleted:
                return None
            self._expected(before, if_match)
            return self.apply([Step(DELETE, Write(b"", {}, rid, before, delete=True))])[0]

    # ---------------------------------------------------------------- the two judgements

    def as_it_was(self, action: Action, rtype: str, rid: str) -> Record | None:
        """The first judgement: the current version, if this may be done to it.

        None where there is none and this actor may choose ids (programs, Rapport itself). For people what
        is not there and what is not theirs are one: not found.
        """
        if rtype not in TYPE_NUMBERS:
            raise not_found()
        key = resource_key(rtype, rid)
        found = stored.read(self._conn, [key], self._warranted(self.where(action, rtype)))
        if found:
            self._shared.warrant = None
            return found[0]
        self.confirm()
        if self.actor.kind in ("client", "system") and action == UPDATE:
            return None
        if self.where(READ, rtype).nothing or not stored.read(self.conn, [key], self.where(READ, rtype)):
            raise not_found()
        raise Refused("forbidden", *_FORBIDDEN)

    @staticmethod
    def _expected(before: Record | None, if_match: int | None) -> None:
        """Refuse a change of another version than the one it was made from; or, for `ABSENT`, any change."""
        vid = ABSENT if before is None or (before.deleted and if_match == ABSENT) else before.vid
        if if_match not in (None, vid):
            raise Refused(
                "stale", "Somebody else changed this in the meantime.", "Read it again, then change it."
            )

    def _as_it_became(self, steps: Sequence[Step], records: Sequence[Record]) -> None:
        """The second judgement: every row that came of it passes the filter of its action."""
        groups: dict[tuple[Action, str], list[int]] = {}
        for step, record in zip(steps, records, strict=True):
            before = step.write.before
            if (
                before is not None
                and before.patient != record.patient
                and self.actor.kind not in ("client", "system")
            ):
                raise Refused("forbidden", *_FORBIDDEN)
            passes = True if record.deleted else self.plainly(step.action, record)
            if passes is None:
                groups.setdefault((step.action, record.rtype), []).append(record.id)
            elif not passes:
                raise Refused("forbidden", *_FORBIDDEN)
        for (action, rtype), keys in groups.items():
            where = self.where(action, rtype)
            passing = f"t.id = ANY(%(gate_rows)s::bigint[]) AND {where.on('t')}"
            sql = f"SELECT count(*) FROM resource t WHERE {passing}"  # noqa: S608
            row = StoreCursor(self.conn).execute(sql, {**where.params, "gate_rows": keys}).fetchone()
            if row is None or row[0] != len(set(keys)):
                raise Refused("forbidden", *_FORBIDDEN)

    def _in_time(self, parts: Iterable[T]) -> Iterator[T]:
        """The parts of a bundle one by one, as long as there is time."""
        for part in parts:
            if time.monotonic() > self.until:
                raise Refused("too-large", "This bundle takes too long.", "Send it in smaller parts.")
            yield part

    # ---------------------------------------------------------------- the one way in

    def apply(self, steps: Sequence[Step]) -> list[Record]:
        """Store some writes that passed the first judgement. Called inside a step; used by bundles too."""
        for step in self._in_time(steps):
            with at_place(step.place):
                self._admissible(step)
        own = self.actor.ref == BY_PATIENT
        steps = [_with(step, labelled(step.write, by_patient=own)) for step in self._in_time(steps)]
        parted = part_of_same(self._conn, [step.write for step in steps])
        steps = [_with(step, write) for step, write in zip(steps, parted, strict=True)]
        versions = kernel.ready([step.write for step in self._in_time(steps)])
        at_once = self._at_once(steps, versions)
        if at_once is not None:
            return at_once
        with self.at_large():  # judged before, and again as it became
            records = kernel.store(self.conn, versions)
        self._as_it_became(steps, records)
        pairs = list(zip(steps, records, strict=True))
        guarded = self._concerned(pairs)
        for place, guard, past, future in guarded:
            with at_place(place):
                guard.judge(self, past, future)
        with self.at_large():
            grants.compile_all(self.conn, [(record, step.after) for step, record in pairs])
        self._written(pairs)
        for _, guard, past, future in guarded:
            guard.follow(self, past, future)
        return records

    def _at_once(self, steps: Sequence[Step], versions: Sequence[Version]) -> list[Record] | None:
        """Store one write together with its audit row, in one statement that is its own transaction.

        Only where that says everything: nothing else is in the unit, no rule looks at it, nothing follows,
        and what becomes of it passes by what is known here. Else None, and nothing was done.
        """
        work = self._shared.work
        if work is None or not work.single or work.begun or work.depth > 1 or len(steps) > 1:
            return None
        (step,), (version,) = steps, versions
        record = version.record(0, version.rows.patient, version.rows.sens)
        if version.deleted or version.wipe or not idle(self._conn) or not self.plainly(step.action, record):
            return None
        if grants.may_grant(record, step.after) or self._concerned([(step, record)]):
            return None
        self._written([(step, record)])
        beside = self.witness.beside(work.trail, work.topics)
        try:
            stored = kernel.store(self._conn, versions, beside, self._shared.warrant)
        except Refused:
            self.confirm()
            raise
        finally:
            work.trail, work.topics = Trail(work.trail.why), set()  # written down with it, or not at all
        self._shared.warrant = None
        return stored

    def _concerned(self, pairs: Sequence[tuple[Step, Record]]) -> list[Judged]:
        """The guards that some writes concern, with each resource as it was and as it becomes."""
        found = [(record.patient, each) for step, record in pairs for each in self._guards(step, record)]
        watching = {(guard.watched, patient) for patient, (_, guard, _, _) in found if guard.watched}
        called = watched(self._conn, watching) if watching else frozenset()
        return [
            each for patient, each in found if not each[1].watched or (each[1].watched, patient) in called
        ]

    def _guards(self, step: Step, record: Record) -> list[Judged]:
        before, past, future, found = step.write.before, None, None, list[guards.Guard]()
        if guards.of_type(record.rtype):
            past = before.json if before is not None and not before.deleted else None
            future = None if record.deleted else {**step.write.resource, "id": record.rid}
            found = guards.concerned(record.rtype, past, future)
        if all(guard.watched for guard in found) and not self._free(step):
            raise Refused("forbidden", *_FORBIDDEN)
        return [(step.place, guard, past, future) for guard in found]

    def _free(self, step: Step) -> bool:
        """Whether this may be written without a guard that knows it: by patients and family, files alone.

        A made-up product code would otherwise pass for a conversation with nobody judging what it says.
        """
        mine = self.actor.kind in ("patient", "kin") and step.write.rtype != "Binary"
        return not (mine and guards.any_registered())

    def _admissible(self, step: Step) -> None:
        """What can be refused before anything is stored: a closed type, another's name, what is not FHIR."""
        write = step.write
        if self.where(step.action, write.rtype).nothing:
            raise Refused("forbidden", *_FORBIDDEN)
        if step.after is None:
            return
        issues = packages.errors(write.resource, write.rtype, self.strict)
        if issues:
            said = f"This is not a valid {write.rtype}: {issues[0].text}"
            raise Refused("invalid", said, "Mend what is named.", issues)
        before = write.before
        past = (
            before.json if before is not None and not before.deleted and self.actor.kind != "client" else None
        )
        claims.check(self.actor, past, write.resource)

    def _written(self, pairs: Sequence[tuple[Step, Record]]) -> None:
        work = self._shared.work
        assert work is not None
        for step, record in pairs:
            work.trail.add(step.action, record.ref, record.vid, record.patient)
            if record.rtype in ("Communication", "Task") and record.patient:
                work.topics.update(live.written(record, step.after))

    def lock(self, *words: str) -> None:
        """Wait until nobody else holds these words, and hold them to the end of the transaction."""
        kernel.lock(self.conn, "door", *words)

    # ---------------------------------------------------------------- conditions

    def the_one(self, rtype: str, query: str) -> Record | None:
        """The one resource that a condition means; "ambiguous" for several."""
        return conditions.the_one(self.run, rtype, query)


def _with(step: Step, write: Write) -> Step:
    return step if write is step.write else replace(step, write=write)


def new_id() -> str:
    """An id that nobody has or can guess."""
    return timely(time.time(), os.urandom(16))


class at_place:
    """Say of a refusal where in the bundle it arose. A class, because every entry passes here three times."""

    __slots__ = ("_place",)

    def __init__(self, place: str) -> None:
        self._place = place

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, refused: BaseException | None, _trace: object) -> None:
        place = self._place
        if not place or not isinstance(refused, Refused) or refused.text.startswith("Bundle.entry"):
            return
        issues = tuple(replace(issue, path=_within(place, issue.path)) for issue in refused.issues)
        raise Refused(refused.code, f"{place}: {refused.text}", refused.next, issues) from refused


def _within(place: str, path: str) -> str:
    """A path in a resource as a path in its bundle."""
    _, dot, rest = path.partition(".")
    return f"{place}.resource{dot}{rest}"


def parsed(resource: Resource) -> tuple[bytes, Body]:
    """The text and the dict of a resource; refuses what is not a JSON object with a known type."""
    try:
        raw = resource if isinstance(resource, bytes) else orjson.dumps(resource)
        body = loads(raw) if isinstance(resource, bytes) else resource
    except (orjson.JSONDecodeError, orjson.JSONEncodeError, RecursionError) as broken:
        raise Refused(
            "invalid", "This is not JSON that can be read.", "Send one FHIR resource as JSON."
        ) from broken
    rtype = body.get("resourceType") if isinstance(body, dict) else None
    if not isinstance(rtype, str) or rtype not in TYPE_NUMBERS:
        raise Refused("invalid", "This is not a FHIR R4 resource.", "Give its resourceType.")
    return raw, body
