"""Transaction and batch bundles through the door.

A transaction is one unit: references within it are resolved first, then everything is judged, stored and
guarded together. A batch is many requests in one envelope: each its own unit, each with its own answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from rapport.fhir import patches
from rapport.fhir.keys import resource_key
from rapport.fhir.outcomes import Refused, not_found
from rapport.store import reading as stored
from rapport.store.records import Filter, Record, Write

from . import conditions
from .conditional import Conditional
from .entries import Entry, Get, conditions_of, done, got, opened, reads, refused_as, version
from .permissions import CREATE, DELETE, READ, UPDATE, Action
from .references import Names
from .writing import Step, at_place, new_id, parsed

_ACTIONS: dict[str, Action] = {"POST": CREATE, "PUT": UPDATE, "PATCH": UPDATE, "DELETE": DELETE}
_STATUS = {CREATE: "201 Created", UPDATE: "200 OK", DELETE: "204 No Content", READ: "200 OK"}
_ORDER = {DELETE: 0, CREATE: 1, UPDATE: 2, READ: 3}


#: Resources to be changed that are read at a time.
_AT_ONCE = 200


class _Named(msgspec.Struct):
    """A resource, as far as its id."""

    id: str | None = None


_named = msgspec.json.Decoder(_Named)


@dataclass(slots=True)
class Plan:
    """What one entry will do: to which resource, and what is there already."""

    place: str
    action: Action
    rtype: str
    rid: str
    entry: Entry
    present: Record | None = None  # found by its condition: nothing is to be stored
    absent: bool = False  # its condition means nothing, and nothing is to be deleted
    before: Record | None = None

    @property
    def settled(self) -> bool:
        """Whether there is nothing to store."""
        return self.absent or self.present is not None


class Bundles(Conditional):
    """Several requests at once."""

    def bundle(self, raw: bytes, *, get: Get | None = None, representation: bool = False) -> bytes:
        """Process a transaction or a batch; the response Bundle. `get` answers what only reads."""
        envelope = opened(raw)
        if envelope.type == "batch":
            answers = self._each(envelope.entry, get, representation)
        else:
            with self.unit("transaction"):
                answers = self._together(envelope.entry, get, representation)
        kind = envelope.type.encode()
        entries = b',"entry":[' + b",".join(answers) + b"]" if answers else b""
        return b'{"resourceType":"Bundle","type":"' + kind + b'-response"' + entries + b"}"

    # ---------------------------------------------------------------- batch

    def _each(self, entries: list[Entry], get: Get | None, representation: bool) -> list[bytes]:
        """Each entry by itself. What changes something is first tried together: many times faster."""
        changing = [number for number, entry in enumerate(entries) if not reads(entry)]
        together: dict[int, bytes] = {}
        if len(changing) > 1:
            made: list[bytes] = []
            with suppress(Refused), self.unit("batch", quiet=True):
                made = self._together([entries[number] for number in changing], get, representation)
            together = dict(zip(changing, made, strict=False))
        return [
            together[number] if number in together else self._alone(entry, get, representation)
            for number, entry in enumerate(entries)
        ]

    def _alone(self, entry: Entry, get: Get | None, representation: bool) -> bytes:
        try:
            if reads(entry):
                return got(entry, get)
            with self.unit("batch"):
                return self._together([entry], get, representation)[0]
        except Refused as refused:
            return refused_as(refused)

    # ---------------------------------------------------------------- transaction

    def _together(self, entries: list[Entry], get: Get | None, representation: bool) -> list[bytes]:
        writes = [(number, entry) for number, entry in enumerate(entries) if not reads(entry)]
        names = Names(self)
        acted_on = list(conditions_of(entry for _, entry in writes))
        conditions.lock(self.conn, acted_on)
        names.look_up(acted_on, (bytes(entry.resource) for _, entry in writes))
        plans: list[tuple[int, Plan]] = []
        for number, entry in sorted(writes, key=lambda each: each[1].request.method != "DELETE"):
            with at_place(f"Bundle.entry[{number}]"):
                plan = self._plan(number, entry, names)
            if entry.full_url:
                names.add(entry.full_url, f"{plan.rtype}/{plan.rid}")
            if plan.action == DELETE:
                names.deleted(f"{plan.rtype}/{plan.rid}")
            plans.append((number, plan))
        _no_doubles([plan for _, plan in plans])
        self._befores([plan for _, plan in plans if not plan.settled])
        todo = sorted(
            ((number, plan) for number, plan in plans if not plan.settled),
            key=lambda each: _ORDER[each[1].action],
        )
        with self._step(todo[0][1].action if todo else READ, "Bundle"):
            records = (
                self.apply([self._step_of(plan, names) for _, plan in self._in_time(todo)]) if todo else []
            )
        answers: dict[int, bytes] = {}
        for (number, plan), record in zip(todo, records, strict=True):
            made = plan.action != UPDATE or (plan.before is not None and not plan.before.deleted)
            answers[number] = done(_STATUS[plan.action if made else CREATE], record, representation)
        for number, plan in plans:
            if plan.present is not None:
                self._note(READ, (plan.present,))
                answers[number] = done(_STATUS[READ], plan.present, representation)
            elif plan.absent:
                answers[number] = b'{"response":{"status":"%b"}}' % _STATUS[DELETE].encode()
        return [
            answers[number] if number in answers else got(entry, get) for number, entry in enumerate(entries)
        ]

    def _plan(self, number: int, entry: Entry, names: Names) -> Plan:
        """Which resource an entry is about: a new one, that in its url, or that which a condition means."""
        asked = entry.request
        action = _ACTIONS.get(asked.method)
        if action is None:
            known = ", ".join(("GET", "HEAD", *_ACTIONS))
            raise Refused("not-allowed", f"{asked.method[:40]} is not taken in a bundle.", f"Use {known}.")
        path, _, query = asked.url.partition("?")
        rtype, _, rid = path.strip("/").partition("/")
        plan = Plan(f"Bundle.entry[{number}]", action, rtype, rid, entry)
        if action == CREATE:
            if rid:
                raise Refused("invalid", f"{asked.url!r} names no type.", "Let POST name the type alone.")
            condition = asked.if_none_exist
            if condition is not None:
                condition = condition.rpartition("?")[2]
                plan.present = names.meant(rtype, condition)
            plan.rid = plan.present.rid if plan.present else names.promised(rtype, condition) or new_id()
            if condition is not None and plan.present is None:
                names.promise(rtype, condition, plan.rid)
        elif not rid:
            if not query:
                raise Refused("invalid", f"{asked.url!r} names no resource.", "Give its type and id.")
            found = names.meant(rtype, query)
            plan.absent = found is None and action == DELETE
            named = _id(entry) if asked.method == "PUT" else None
            if found is not None and named not in (None, found.rid):
                raise Refused(
                    "invalid", "The search means another resource than the id.", "Leave the id out."
                )
            plan.rid = found.rid if found else named or new_id()
        return plan

    def _befores(self, plans: list[Plan]) -> None:
        """The first judgement of every change, in one query for each type and action."""
        held, groups = 0, dict[tuple[Action, str], list[Plan]]()
        for plan in plans:
            if plan.action != CREATE:
                groups.setdefault((plan.action, plan.rtype), []).append(plan)
        for (action, rtype), group in groups.items():
            keys = [resource_key(rtype, plan.rid) for plan in group]
            found = {record.id: record for record in self._read(keys, self.where(action, rtype), held)}
            held += sum(len(record.body) for record in found.values())
            for plan, key in zip(group, keys, strict=True):
                with at_place(plan.place):
                    plan.before = found.get(key) or self.as_it_was(action, rtype, plan.rid)
                    self._expected(plan.before, version(plan.entry.request))
                    if plan.before is None and plan.entry.request.method != "PUT":
                        raise not_found()
                    plan.absent = action == DELETE and plan.before is not None and plan.before.deleted

    def _read(self, keys: list[int], where: Filter, held: int) -> Iterator[Record]:
        """What is there of these, a few at a time. `held`: bytes that the bundle has read already."""
        for start in range(0, len(keys), _AT_ONCE):
            some = stored.read(self.conn, keys[start : start + _AT_ONCE], where)
            held += sum(len(record.body) for record in some)
            if held > self.most:
                raise Refused(
                    "too-large", "This bundle changes too much at once.", "Send it in smaller parts."
                )
            yield from some

    def _step_of(self, plan: Plan, names: Names) -> Step:
        if plan.action == DELETE:
            return Step(DELETE, Write(b"", {}, plan.rid, plan.before, delete=True), plan.place)
        with at_place(plan.place):
            if plan.entry.request.method == "PATCH":
                assert plan.before is not None
                raw, body = self._patched(plan.before, _change(plan.entry, names))
                return Step(UPDATE, Write(raw, body, plan.rid, plan.before), plan.place)
            raw, body = parsed(names.resolved(bytes(plan.entry.resource)))
            if body["resourceType"] != plan.rtype:
                raise Refused(
                    "invalid", f"The resource is not a {plan.rtype}.", "Let request.url name its type."
                )
            if plan.action == UPDATE and "?" not in plan.entry.request.url and body.get("id") != plan.rid:
                raise Refused(
                    "invalid", "The id of the resource is not that of request.url.", "Give the same id."
                )
        action = CREATE if plan.before is None else UPDATE
        return Step(action, Write(raw, body, plan.rid, plan.before), plan.place)


def _id(entry: Entry) -> str | None:
    """The id that the resource of an entry carries, if it has one that is a text."""
    try:
        found = _named.decode(entry.resource) if entry.resource else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None  # the validation says what is wrong with it
    return found.id if found else None


def _change(entry: Entry, names: Names) -> patches.Change:
    """What the patch of an entry does, and what the references that it brings stand for."""
    change = patches.in_bundle(bytes(entry.resource))
    return lambda raw: names.resolved(change(raw), besides=raw)


def _no_doubles(plans: list[Plan]) -> None:
    seen: dict[tuple[str, str], Plan] = {}
    for plan in plans:
        if plan.settled:
            continue
        other = seen.setdefault((plan.rtype, plan.rid), plan)
        if other is not plan:
            raise Refused(
                "invalid", f"{plan.place} and {other.place} mean the same resource.", "Send it once."
            )
