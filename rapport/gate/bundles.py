"""Transaction and batch bundles through the door.

A transaction is one unit: references within it are resolved first, then everything is judged, stored and
guarded together. A batch is many requests in one envelope: each its own unit, each with its own answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import msgspec
import orjson

from rapport.fhir.keys import resource_key
from rapport.fhir.outcomes import Refused, not_found
from rapport.fhir.text import instant
from rapport.store import reading as stored
from rapport.store.records import Record, Write

from . import conditions
from .conditional import Conditional
from .permissions import CREATE, DELETE, READ, UPDATE, Action
from .references import Names
from .writing import Step, at_place, new_id, parsed

#: Answers a GET of a bundle: url → (status, body).
Get = Callable[[str], tuple[str, bytes]]

_ACTIONS: dict[str, Action] = {"POST": CREATE, "PUT": UPDATE, "DELETE": DELETE}
_READING = ("GET", "HEAD")
_STATUS = {CREATE: "201 Created", UPDATE: "200 OK", DELETE: "204 No Content", READ: "200 OK"}
_ORDER = {DELETE: 0, CREATE: 1, UPDATE: 2, READ: 3}


class Asked(msgspec.Struct, rename="camel"):
    """Bundle.entry.request"""

    method: str
    url: str
    if_match: str | None = None
    if_none_exist: str | None = None


class Entry(msgspec.Struct, rename="camel"):
    """Bundle.entry; `resource` is its text as written."""

    request: Asked
    full_url: str | None = None
    resource: msgspec.Raw = msgspec.Raw()


class Envelope(msgspec.Struct, rename="camel"):
    """A Bundle to be processed."""

    resource_type: str
    type: str
    entry: list[Entry] = []


_decoder = msgspec.json.Decoder(Envelope)


@dataclass(slots=True)
class Plan:
    """What one entry will do: to which resource, and what is there already."""

    place: str
    action: Action
    rtype: str
    rid: str
    entry: Entry
    present: Record | None = None  # found by its condition: nothing is to be stored
    before: Record | None = None


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
        changing = [number for number, entry in enumerate(entries) if entry.request.method not in _READING]
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
            if entry.request.method in _READING:
                return _got(entry, get)
            with self.unit("batch"):
                return self._together([entry], get, representation)[0]
        except Refused as refused:
            outcome = orjson.dumps(refused.outcome())
            return b'{"response":{"status":"%d","outcome":' % refused.status + outcome + b"}}"

    # ---------------------------------------------------------------- transaction

    def _together(self, entries: list[Entry], get: Get | None, representation: bool) -> list[bytes]:
        writes = [
            (number, entry) for number, entry in enumerate(entries) if entry.request.method not in _READING
        ]
        names = Names(self)
        acted_on = list(_conditions(entry for _, entry in writes))
        conditions.lock(self.conn, acted_on)
        names.look_up(acted_on, (bytes(entry.resource) for _, entry in writes))
        plans: list[tuple[int, Plan]] = []
        for number, entry in writes:
            with at_place(f"Bundle.entry[{number}]"):
                plan = self._plan(number, entry, names)
            if entry.full_url:
                names.add(entry.full_url, f"{plan.rtype}/{plan.rid}")
            plans.append((number, plan))
        _no_doubles([plan for _, plan in plans])
        todo = sorted(
            ((number, plan) for number, plan in plans if plan.present is None),
            key=lambda each: _ORDER[each[1].action],
        )
        self._befores([plan for _, plan in todo])
        with self._step(todo[0][1].action if todo else READ, "Bundle"):
            records = self.apply([self._step_of(plan, names) for _, plan in todo]) if todo else []
        answers: dict[int, bytes] = {}
        for (number, plan), record in zip(todo, records, strict=True):
            made = plan.action != UPDATE or plan.before is not None
            answers[number] = _done(_STATUS[plan.action if made else CREATE], record, representation)
        for number, plan in plans:
            if plan.present is not None:
                self._note(READ, (plan.present,))
                answers[number] = _done(_STATUS[READ], plan.present, representation)
        return [
            answers[number] if number in answers else _got(entry, get) for number, entry in enumerate(entries)
        ]

    def _plan(self, number: int, entry: Entry, names: Names) -> Plan:
        """Which resource an entry is about: a new one, that in its url, or that which a condition means."""
        asked = entry.request
        action = _ACTIONS.get(asked.method)
        if action is None:
            raise Refused(
                "not-allowed", f"{asked.method} is not taken in a bundle.", "Use POST, PUT, DELETE or GET."
            )
        path, _, query = asked.url.partition("?")
        rtype, _, rid = path.strip("/").partition("/")
        plan = Plan(f"Bundle.entry[{number}]", action, rtype, rid, entry)
        if action == CREATE:
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
            if found is None and action == DELETE:
                raise not_found()
            plan.rid = found.rid if found else new_id()
        return plan

    def _befores(self, plans: list[Plan]) -> None:
        """The first judgement of every change, in one query for each type and action."""
        groups: dict[tuple[Action, str], list[Plan]] = {}
        for plan in plans:
            if plan.action != CREATE:
                groups.setdefault((plan.action, plan.rtype), []).append(plan)
        for (action, rtype), group in groups.items():
            keys = [resource_key(rtype, plan.rid) for plan in group]
            found = {record.id: record for record in stored.read(self.conn, keys, self.where(action, rtype))}
            for plan, key in zip(group, keys, strict=True):
                with at_place(plan.place):
                    plan.before = found.get(key) or self.as_it_was(action, rtype, plan.rid)
                    self._expected(plan.before, _version(plan.entry.request.if_match))
                    if action == DELETE and plan.before is None:
                        raise not_found()

    def _step_of(self, plan: Plan, names: Names) -> Step:
        if plan.action == DELETE:
            return Step(DELETE, Write(b"", {}, plan.rid, plan.before, delete=True), plan.place)
        with at_place(plan.place):
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


# ---------------------------------------------------------------- the envelope


def opened(raw: bytes) -> Envelope:
    """A transaction or batch, read; refused with what cannot be read in it."""
    try:
        envelope = _decoder.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as broken:
        raise Refused(
            "invalid", f"The bundle cannot be read: {broken}.", "Send a transaction or a batch."
        ) from broken
    if envelope.resource_type != "Bundle" or envelope.type not in ("transaction", "batch"):
        raise Refused(
            "invalid", "This is neither a transaction nor a batch.", "Set Bundle.type to one of them."
        )
    return envelope


def _conditions(entries: Iterable[Entry]) -> Iterator[conditions.Condition]:
    """The conditions that entries act on: of creating, changing and deleting."""
    for entry in entries:
        path, _, query = entry.request.url.partition("?")
        if entry.request.method == "POST":
            query = (entry.request.if_none_exist or "").rpartition("?")[2]
        if query:
            yield path.strip("/"), query


def _no_doubles(plans: list[Plan]) -> None:
    seen: dict[tuple[str, str], Plan] = {}
    for plan in plans:
        if plan.present is not None:
            continue
        other = seen.setdefault((plan.rtype, plan.rid), plan)
        if other is not plan:
            raise Refused(
                "invalid", f"{plan.place} and {other.place} mean the same resource.", "Send it once."
            )


def _version(written: str | None) -> int | None:
    if written is None:
        return None
    digits = written.removeprefix("W/").strip('"')
    if not digits.isdecimal() or len(digits) > 9:
        raise Refused("stale", "ifMatch does not name a version.", 'Write it as W/"3".')
    return int(digits)


def _done(status: str, record: Record, representation: bool) -> bytes:
    told = {
        "status": status,
        "location": f"{record.ref}/_history/{record.vid}",
        "etag": f'W/"{record.vid}"',
        "lastModified": instant(record.updated),
    }
    shown = b'"resource":' + record.body + b"," if representation and record.body else b""
    return b"{" + shown + b'"response":' + orjson.dumps(told) + b"}"


def _got(entry: Entry, get: Get | None) -> bytes:
    if get is None:
        raise Refused(
            "not-allowed", "Nothing can be read in this bundle.", "Send only what changes something."
        )
    status, body = get(entry.request.url)
    shown = b'"resource":' + body + b"," if body else b""
    return b"{" + shown + b'"response":{"status":"' + status.encode() + b'"}}'
