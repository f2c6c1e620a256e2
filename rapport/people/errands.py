"""Errands: what a named person does for somebody by a time, such as a call about a result. As FHIR Tasks.

Pillars say which kinds there are (`Kind`); what an errand is, who may move it on and how it passes to the
next name when nobody takes it, is the same for all: see also `errand_clock`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from rapport.fhir.outcomes import Refused, not_found
from rapport.gate import guards
from rapport.gate.claims import KIND, kinds
from rapport.gate.door import Door
from rapport.gate.together import Asks, inquiry

Body = dict[str, Any]

PART: Final = "urn:rapport:errand"
CLOCK, RUNNING = "urn:rapport:clock", "running"
#: State -> Task.status. `open`: nobody has said yet that they do it.
STATES: Final = {"open": "requested", "taken": "accepted", "done": "completed", "dropped": "cancelled"}
IS_OPEN: Final = ("open", "taken")
#: Longest words about how it went, in characters; most errands on one list.
LONGEST, MOST = 4000, 50


@dataclass(frozen=True, slots=True)
class Errand:
    """The facts of an errand.

    owner     `PractitionerRole/…` or the team's `Organization/…`; `owner_name`
    asked     who was asked before, as positions
    due       when the clock asks for the next name
    parts     what a pillar wrote beside it: code → values, as text
    words     how it ended, in words; `by_name` who said so
    """

    rid: str
    kind: str
    state: str
    patient: str
    patient_name: str
    owner: str
    owner_name: str
    team: str
    asked: tuple[str, ...]
    raised: datetime | None
    due: datetime | None
    ended: datetime | None
    parts: Mapping[str, tuple[str, ...]]
    words: str
    by_name: str

    @property
    def ref(self) -> str:
        """`Task/id`."""
        return f"Task/{self.rid}"

    @property
    def is_open(self) -> bool:
        """It waits for somebody, or somebody has it."""
        return self.state in IS_OPEN

    @property
    def by_when(self) -> datetime | None:
        """By when it is done, as was said to the person; else when the clock asks."""
        return self.moment("promised") or self.due

    def part(self, code: str) -> str:
        """The first value of a part; "" for none."""
        return next(iter(self.parts.get(code, ())), "")

    def moment(self, code: str) -> datetime | None:
        """The first value of a part as a time."""
        return _moment(self.part(code))


Follow = Callable[[Door, Errand | None, Errand], None]


def _nothing(_door: Door, _before: Errand | None, _after: Errand) -> None:
    """Nothing follows."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of errand: its code, the page of one (with `{rid}`), and what follows when one moves."""

    code: str
    page: str
    follow: Follow = _nothing


_kinds: dict[str, Kind] = {}
_TASKS: Final = frozenset({"Task"})


def register(kind: Kind) -> None:
    """Add a kind, and its guard at the door; called at start-up."""
    _kinds[kind.code] = kind
    guards.register(guards.Guard(f"errand: {kind.code}", _is(kind.code), _judge, _follow, _TASKS))


def codes() -> tuple[str, ...]:
    """Every kind there is."""
    return tuple(_kinds)


def page_of(errand: Errand) -> str:
    """The address of the page of an errand."""
    return _kinds[errand.kind].page.format(rid=errand.rid)


def _is(code: str) -> Callable[[Body], bool]:
    return lambda body: body.get("resourceType") == "Task" and code in kinds(body)


# ---------------------------------------------------------------- build and read


def errand(
    rid: str,
    kind: str,
    *,
    patient: tuple[str, str],
    owner: tuple[str, str],
    team: str,
    at: datetime,
    due: datetime,
    parts: Iterable[tuple[str, str]] = (),
    labels: Sequence[tuple[str, str]] = (),
    based_on: Sequence[str] = (),
) -> Body:
    """A new errand, nobody's yet but for the name it is given to. Empty parts are left out."""
    body: Body = {
        "resourceType": "Task",
        "id": rid,
        "status": STATES["open"],
        "intent": "order",
        "code": {"coding": [{"system": KIND, "code": kind}]},
        "for": _reference(*patient),
        "authoredOn": instant(at),
        "lastModified": instant(at),
        "owner": _reference(*owner),
        "restriction": {
            "period": {"end": instant(due)},
            **({"recipient": [_reference(team)]} if team else {}),
        },
        "input": [part(code, value) for code, value in parts if value],
    }
    if labels:
        body["meta"] = {"security": [{"system": system, "code": code} for system, code in labels]}
    if based_on:
        body["basedOn"] = [_reference(ref) for ref in based_on]
    return ticking({name: value for name, value in body.items() if value})


def part(code: str, value: str) -> Body:
    """One input of a Task: words of a pillar's own."""
    return {"type": {"coding": [{"system": PART, "code": code}]}, "valueString": value}


def read_errand(body: Mapping[str, Any]) -> Errand:
    """The facts of an errand's Task; absent ones are empty."""
    restriction = body.get("restriction") or {}
    asked = [_ref(one) for one in restriction.get("recipient") or ()]
    owner, patient = body.get("owner") or {}, body.get("for") or {}
    note: Mapping[str, Any] = next(iter(body.get("note") or ()), {})
    code = next(iter(sorted(kinds(dict(body)) & set(_kinds))), "")
    state = next((name for name, status in STATES.items() if status == body.get("status")), "")
    return Errand(
        rid=str(body.get("id", "")),
        kind=code,
        state=state,
        patient=_ref(patient),
        patient_name=str(patient.get("display", "")),
        owner=_ref(owner),
        owner_name=str(owner.get("display", "")),
        team=next((ref for ref in asked if ref.startswith("Organization/")), ""),
        asked=tuple(ref for ref in asked if ref.startswith("PractitionerRole/")),
        raised=_moment(body.get("authoredOn")),
        due=_moment((restriction.get("period") or {}).get("end")),
        ended=_moment(body.get("lastModified")) if state in ("done", "dropped") else None,
        parts=_parts(body),
        words=str(note.get("text", "")),
        by_name=str((note.get("authorReference") or {}).get("display", "")),
    )


def _parts(body: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for item in (*(body.get("input") or ()), *(body.get("output") or ())):
        code = next((one.get("code") for one in (item.get("type") or {}).get("coding") or ()), "")
        value = item.get("valueString")
        if isinstance(value, str) and code:
            found[str(code)] = (*found.get(str(code), ()), value)
    return found


def ticking(body: Body) -> Body:
    """The Task with the tag by which the clock finds it while it is open, and without it after."""
    meta = dict(body.get("meta") or {})
    tags = [tag for tag in meta.pop("tag", None) or () if tag.get("system") != CLOCK]
    if body.get("status") in (STATES["open"], STATES["taken"]):
        tags.append({"system": CLOCK, "code": RUNNING})
    return {**body, "meta": {**meta, **({"tag": tags} if tags else {})}} if meta or tags else body


def moved(body: Body, state: str, at: datetime, **changes: Any) -> Body:
    """The Task in another state."""
    return ticking({**body, **changes, "status": STATES[state], "lastModified": instant(at)})


def passed_on(body: Body, to: tuple[str, str], at: datetime, due: datetime) -> Body:
    """The Task in the hands of the next name; who was asked before stays on it."""
    restriction = dict(body.get("restriction") or {})
    before = list(restriction.get("recipient") or ())
    known = {_ref(one) for one in before}
    asked = [*before, *(_reference(ref) for ref in (_ref(body.get("owner")), to[0]) if ref not in known)]
    restriction = {**restriction, "period": {"end": instant(due)}, "recipient": asked}
    return moved(body, "open", at, owner=_reference(*to), restriction=restriction)


def put_off(body: Body, due: datetime) -> Body:
    """The Task with nobody else to ask before `due`."""
    return {**body, "restriction": {**(body.get("restriction") or {}), "period": {"end": instant(due)}}}


def _reference(ref: str, display: str = "") -> Body:
    return {"reference": ref, "display": display} if display else {"reference": ref}


def _ref(value: Any) -> str:
    return str(value.get("reference", "")) if isinstance(value, Mapping) else ""


def _moment(value: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None


def instant(at: datetime) -> str:
    """An aware time as FHIR writes it, to the second, in UTC."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


# ---------------------------------------------------------------- at the door


def _judge(door: Door, before: Body | None, after: Body | None) -> None:
    """Refused for a step that no writer, or not this one, may take."""
    if after is None:
        raise Refused("rule", "An errand is never deleted.", "Say that it is done, or why it is not needed.")
    now, was = read_errand(after), read_errand(before) if before is not None else None
    if not (now.kind and now.state and now.patient and now.owner and now.due):
        raise Refused("rule", "An errand says for whom, by whom and by when.", "Add what is missing.")
    if was is not None and (was.kind, was.patient) != (now.kind, now.patient):
        raise Refused("rule", "An errand stays for the same person.", "Make a new one instead.")
    actor = door.actor
    if actor.kind in ("system", "client"):
        return
    if actor.kind != "staff":
        raise Refused("forbidden", "Only the team writes this.", "Write a message to your team.")
    if was is not None and not was.is_open and was.state != now.state:
        raise Refused("rule", "This is over already.", "Make a new one instead.")
    if now.state == "taken" and (was is None or was.owner != now.owner) and now.owner not in actor.positions:
        raise Refused("rule", "One takes this for oneself alone.", "Pass it on instead.")


def _follow(door: Door, before: Body | None, after: Body | None) -> None:
    assert after is not None
    now = read_errand(after)
    door.changed(*(f"team:{now.team}" for _ in (1,) if now.team))
    _kinds[now.kind].follow(door, read_errand(before) if before is not None else None, now)


# ---------------------------------------------------------------- verbs and reading


def need(door: Door, rid: str, *wanted: str) -> Body:
    """The Task of an errand of one of these kinds; not found for anything else."""
    body = door.read("Task", rid).json
    if read_errand(body).kind not in (wanted or codes()):
        raise not_found()
    return body


def take(door: Door, rid: str, *wanted: str) -> None:
    """I do it. Twice is as once."""
    with door.unit("taking an errand"):
        body = need(door, rid, *wanted)
        one, mine = read_errand(body), next(iter(door.actor.positions), "")
        if one.state == "taken" and one.owner in door.actor.positions:
            return
        if not mine or not one.is_open:
            raise Refused("rule", "This is not open any more, or nothing for you.", "Go back and look again.")
        own = one.moment("promised")
        at = datetime.now(UTC)
        body = put_off(body, own) if own is not None and own > at else body
        door.update(moved(body, "taken", at, owner=_reference(mine, door.actor.name)))


def end(
    door: Door,
    rid: str,
    *wanted: str,
    words: str,
    state: str = "done",
    outputs: Iterable[tuple[str, str]] = (),
) -> None:
    """It is done (or `dropped`: not needed), with words on how it went; `outputs` are a pillar's own."""
    said = words.replace("\r\n", "\n").strip()[:LONGEST]
    if not said:
        raise Refused("rule", "There are no words yet.", "Say in a sentence how it went.")
    with door.unit("ending an errand"):
        body, at = need(door, rid, *wanted), datetime.now(UTC)
        if not read_errand(body).is_open:
            return
        who = door.actor
        by = {"authorReference": _reference(who.ref, who.name)}
        note = {
            **({"authorString": who.name} if who.kind == "system" else by),  # R4: no Device signs
            "time": instant(at),
            "text": said,
        }
        told = [part(code, value) for code, value in outputs if value]
        door.update(moved(body, state, at, note=[note], **({"output": told} if told else {})))


@inquiry
def of_patient(_door: Door, patient: str, *wanted: str, still: bool = True) -> Asks[tuple[Errand, ...]]:
    """Errands for `Patient/…`, the first due first; `still`: only those that are open."""
    query = [("patient", patient), ("code", _codes(wanted)), ("_sort", "due"), ("_count", str(MOST))]
    found = yield "Task", [*query, *([("status", _open())] if still else [])]
    return tuple(read_errand(record.json) for record in found.matches)


#: What the clock watches is open, and does not rest because somebody died.
_RUNS: Final = ("_tag", f"{CLOCK}|{RUNNING}")


@inquiry
def of_owners(_door: Door, owners: Sequence[str]) -> Asks[tuple[Errand, ...]]:
    """Open errands of these positions and teams, the first due first."""
    query = [("owner", ",".join(owners) or "PractitionerRole/-"), ("code", _codes(())), _RUNS]
    found = yield "Task", [*query, ("_sort", "due"), ("_count", str(MOST))]
    return tuple(read_errand(record.json) for record in found.matches)


def _codes(wanted: Sequence[str]) -> str:
    return ",".join(f"{KIND}|{code}" for code in wanted or codes())


def _open() -> str:
    return ",".join(STATES[state] for state in IS_OPEN)


def named(one: Errand, name: str) -> Errand:
    """The same, with the name of whom it is for."""
    return replace(one, patient_name=name)
