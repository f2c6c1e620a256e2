"""Look-ups that verbs, guards and reading share; and what follows when a result arrives or is told.

A result that falls under a wish is held, and somebody has the errand to tell it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from rapport.gate.door import Door
from rapport.gate.together import Asks, inquiry
from rapport.people import actors, errand_clock, errands, site, teams
from rapport.people.errands import Errand
from rapport.people.hours import Calendar
from rapport.people.portrait import human_name
from rapport.pillars.hard_news import shapes
from rapport.pillars.hard_news.rules.law import law_of
from rapport.pillars.hard_news.rules.results import wish_about
from rapport.pillars.hard_news.shapes import FORM, KIND, PRIVATE, SETTLED, STANDS, Wish, read_wish

Body = dict[str, Any]

CALL = "result-call"
_NAMES = uuid.UUID("c2f1f4a0-6a6f-4f0b-bb3e-5b6f0de7f3aa")
#: Open hours in which somebody says that they do it, and in which it is done.
TAKE_HOURS, DO_HOURS = 2.0, 8.0
#: When a part of the day is over, local time.
ENDS = {"morning": time(12), "afternoon": time(17), "evening": time(20)}


def patient_of(result: Mapping[str, Any]) -> str:
    """`Patient/…` whose result it is; "" where it does not say."""
    parts = str((result.get("subject") or {}).get("reference", "")).rsplit("/", 2)[-2:]
    return "/".join(parts) if len(parts) == 2 and parts[0] == "Patient" else ""


@inquiry
def wishes(_door: Door, patient: str) -> Asks[tuple[Wish, ...]]:
    """How somebody wants to hear results: what stands."""
    query = [("subject", patient), ("questionnaire", FORM), ("status", STANDS), ("_count", "20")]
    found = yield "QuestionnaireResponse", query
    return tuple(read_wish(record.json) for record in found.matches)


def arrived(door: Door, result: Body, at: datetime) -> None:
    """Hold a result, and see to it that somebody tells it, if the person wished so for its kind."""
    patient = patient_of(result)
    own = door.rapport("hard news")
    found = wish_about(result, wishes(own, patient)) if patient else None
    if found is None or found[1].way == "portal":
        return
    kind, wish = found
    ref = f"{result['resourceType']}/{result['id']}"
    rid = shapes.hold_id(ref, result.get("status") in SETTLED)
    own.lock("hard news", patient)
    if own.find("Task", rid) is not None:
        return
    law = law_of(site.current().country)
    until = at + timedelta(days=min(wish.days, law.most_days))
    held = law.may_hold(kind)
    call = _call(own, rid, patient, kind, wish, at, until if held else None)
    if held:
        own.create(
            shapes.hold(
                rid, patient=patient, result=result, call=call, reason=_reason(wish), at=at, until=until
            ),
            rid=rid,
        )


def _reason(wish: Wish) -> str:
    """Why it is held, in words: the record keeps them in English, as it keeps codes."""
    day = wish.at.date().isoformat() if wish.at else ""
    said = shapes.wish_id(wish.patient, wish.kind)
    return f"The patient's own request of {day} (QuestionnaireResponse/{said})."


def _call(
    own: Door, hold: str, patient: str, kind: str, wish: Wish, at: datetime, until: datetime | None
) -> str:
    """The errand to tell it: one that is open already, or a new one. Its id."""
    for one in errands.of_patient(own, patient, CALL):
        return one.rid
    owner, team = _owner(own, patient, wish)
    calendar = site.current().calendar
    rid = str(uuid.uuid5(_NAMES, hold))
    promised = _within(lambda: _as_wished(calendar, at, wish.time), at, until)
    body = errands.errand(
        rid,
        CALL,
        patient=(patient, _name(own, patient)),
        owner=owner,
        team=team,
        at=at,
        due=_within(lambda: calendar.add_working(at, TAKE_HOURS), at, promised),
        parts=[
            ("kind", kind),
            ("way", wish.way),
            ("time", wish.time),
            ("beside", wish.beside),
            ("words", wish.words),
            ("promised", errands.instant(promised)),
            ("held-until", errands.instant(until) if until else ""),
        ],
        labels=[PRIVATE],
        based_on=[f"QuestionnaireResponse/{shapes.wish_id(patient, wish.kind)}"],
    )
    own.create(body, rid=rid)
    errand_clock.tell(own, errands.read_errand(body), "new")
    return rid


def _as_wished(calendar: Calendar, at: datetime, hours: str) -> datetime:
    """By when it is done: in some open hours, and no sooner than that part of a day is over."""
    soon = calendar.add_working(at, DO_HOURS if hours not in ENDS else TAKE_HOURS)
    if hours not in ENDS:
        return soon
    day = soon.astimezone(calendar.zone).date()
    ends = datetime.combine(day, ENDS[hours], calendar.zone)
    while ends < soon or not calendar.openings(ends.date()):
        ends = datetime.combine(ends.date() + timedelta(days=1), ENDS[hours], calendar.zone)
    return ends


def _within(reckon: Any, at: datetime, latest: datetime | None) -> datetime:
    """A time by the opening hours, but never after `latest`."""
    try:
        found: datetime = reckon()
    except ValueError:  # a site that never opens
        found = at + timedelta(days=1)
    return min(found, latest) if latest else found


def _owner(own: Door, patient: str, wish: Wish) -> tuple[tuple[str, str], str]:
    """Who is asked to tell it: whom the person named, if they still are here; else the team."""
    held = actors.position(own.conn, wish.teller) if wish.teller else None
    if held is not None:
        name = actors.name_of(own.conn, held.person)
        return (held.ref, name or wish.teller_name), held.team or teams.first(own, patient)[0]
    team = teams.first(own, patient)
    return team, team[0]


def _name(own: Door, patient: str) -> str:
    record = own.find("Patient", patient.partition("/")[2])
    return human_name(record.json.get("name"))[0] if record is not None else ""


def call_moved(door: Door, _before: Errand | None, now: Errand) -> None:
    """What follows when the errand to tell a result moves: once it is over, nothing is held any more."""
    if not now.is_open:
        release(door.rapport("hard news"), now)
        again = now.moment("again")
        if now.state == "done" and again is not None:
            plan_check_in(door.rapport("hard news"), now, again)


def release(own: Door, call: Errand) -> None:
    """End what is held for this errand."""
    query = [("code", f"{KIND}|hold"), ("part-of", call.ref), ("status", "in-progress"), ("_count", "500")]
    for record in own.search("Task", query).matches:
        own.update(shapes.ended(record.json, call.ended or datetime.now(UTC)))


# ---------------------------------------------------------------- the days after

CHECK_IN, FAMILY = "check-in", "family"


def plan_check_in(own: Door, told: Errand, again: datetime) -> str:
    """Who told hard news has the errand to ask how it is since; planned once. Its id."""
    rid = str(uuid.uuid5(_NAMES, f"again {told.rid}"))
    if own.find("Task", rid) is None:
        make_check_in(own, rid, told, again, told.part("to-them"))
    return rid


def make_check_in(own: Door, rid: str, whose: Errand, again: datetime, words: str) -> None:
    """The errand itself: in the hands of its owner already. `words`: what they tell the person beforehand."""
    at = datetime.now(UTC)
    body = errands.errand(
        rid,
        CHECK_IN,
        patient=(whose.patient, whose.patient_name),
        owner=(whose.owner, whose.owner_name),
        team=whose.team,
        at=at,
        due=again,
        parts=[("promised", errands.instant(again)), ("words", words)],
        labels=[PRIVATE],
        based_on=[whose.ref] if whose.rid else [],
    )
    own.create(errands.moved(body, "taken", at), rid=rid)


def answered(door: Door, body: Body) -> None:
    """Somebody answered a check-in: hard days are told at once to who has it, danger to who must act."""
    check, said = shapes.read_answer(body)
    own = door.rapport("hard news")
    task = errands.need(own, check, CHECK_IN)
    one, at = errands.read_errand(task), datetime.now(UTC)
    if said.how not in ("hard", "danger"):
        errand_clock.tell(own, one, "answered")
        return
    soon = _within(lambda: site.current().calendar.add_working(at, TAKE_HOURS), at, one.due)
    if one.is_open:
        own.update(errands.put_off(task, soon))
    errand_clock.tell(own, one, "answered", urgent=True)
