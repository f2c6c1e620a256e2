"""The team's inbox: what is open, in the order in which it presses; whom to hand over to; topics.

The order is made of bands (red flags, late, the rest, waiting for the patient). Each band is one
bounded search by index; nothing is sorted in memory but the short lists "mine" and "cover".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rapport.gate.door import Door, Record
from rapport.gate.together import Asks, inquiry, together
from rapport.people import absences, site
from rapport.pillars.conversations import finding, moment
from rapport.pillars.conversations.reading import shown
from rapport.pillars.conversations.reading.alerts import alerts_shown
from rapport.pillars.conversations.reading.views import Looking
from rapport.pillars.conversations.rules.lists import by_due, pressing
from rapport.pillars.conversations.shapes.alerts import read_alert
from rapport.pillars.conversations.shapes.codes import (
    REASON_LOST,
    code_in,
    display_of,
    instant,
    kind_of,
    ref_of,
)
from rapport.pillars.conversations.shapes.codes import moment as read_moment
from rapport.pillars.conversations.shapes.concerns import ConcernTask, read_concern
from rapport.pillars.conversations.shapes.letters import read_message

Pairs = list[tuple[str, str]]

WHOSE = ("everyone", "mine", "nobody", "cover")
#: Most concerns that one person has, or stands in for, that are listed.
MOST_OWN = 200


@dataclass(frozen=True, slots=True)
class _Desk:
    """Who looks at the inbox: own positions and teams; positions stood in for, by whose person."""

    positions: tuple[str, ...]
    teams: tuple[str, ...]
    covered: dict[str, str]


_NOBODY = _Desk((), (), {})


def inbox(
    door: Door, *, whose: str = "everyone", order: str = "pressing", cursor: str = "", count: int = 30
) -> shown.Inbox:
    """One page of the inbox. `whose`: everyone, mine, nobody, cover; `order`: pressing or due."""
    looking, desk = Looking(door), _desk(door)
    whose = whose if whose in WHOSE else "everyone"
    with together(door) as later:
        listed = _own if whose in ("mine", "cover") else _banded
        page = later(listed, desk, whose, order, cursor, count, looking.at)
        beside = later(_others, desk if not cursor else _NOBODY)
    (bodies, more), others = page.value, beside.value
    tasks = [read_concern(body) for body in bodies if kind_of(body) != "alert"]
    alerts = [read_alert(body) for body in (*bodies, *others) if kind_of(body) == "alert"]
    letters = door.many({one.letter for one in tasks} | {one.letter for one in alerts})
    texts = {ref: read_message(record.json).text for ref, record in letters.items()}
    warned = alerts_shown(looking, alerts, texts)
    unopened = _unopened(door, letters)
    concerns = looking.concerns(tasks, unopened=unopened, covered=frozenset(desk.covered))
    return shown.Inbox(
        whose=whose,
        order=order,
        concerns=concerns,
        counts=_counts(door, desk, looking.at),
        covering=tuple(looking.faces.of(person) for person in dict.fromkeys(desk.covered.values())),
        alerts=tuple(one for one in warned if one.stat),
        looks=tuple(one for one in warned if not one.stat),
        undelivered=_lost(looking, [body for body in others if kind_of(body) == "undelivered"]),
        topics=(*(f"team:{team}" for team in desk.teams), f"person:{door.actor.ref}"),
        more=more,
    )


def _desk(door: Door) -> _Desk:
    actor, at, covered = door.actor, moment.now(), dict[str, str]()
    for team in actor.teams:
        for person in absences.of_team(door.conn, team, at):
            if person != actor.ref and absences.covering(door.conn, person, at) == actor.ref:
                held = [desk for desk in finding.desks_of_teams(door, (team,)) if desk.person == person]
                covered |= {desk.ref: person for desk in held}
    return _Desk(actor.positions, actor.teams, covered)


@inquiry
def _banded(
    door: Door, desk: _Desk, whose: str, order: str, cursor: str, wanted: int, at: datetime
) -> Asks[tuple[list[dict[str, Any]], str]]:
    """A page across the bands of the inbox; the cursor is `band:when:cursor within the band`."""
    if not desk.teams:
        return [], ""
    band, when, inner = _place(cursor, at)
    bands = _bands(desk.teams, whose, order, when)
    found: list[dict[str, Any]] = []
    while band < len(bands) and len(found) < wanted:
        query = [*bands[band], ("_count", str(wanted - len(found)))]
        page = yield "Task", [*query, *([("_cursor", inner)] if inner else [])]
        found += [record.json for record in page.matches]
        inner = page.next or ""
        band += not inner
    return found, f"{band}:{instant(when)}:{inner}" if band < len(bands) else ""


def _place(cursor: str, at: datetime) -> tuple[int, datetime, str]:
    """Where a page begins. The bands are those of when the first page was shown, so nothing is skipped."""
    head, _, rest = cursor.partition(":")
    when, _, inner = rest.partition("Z:")
    found = read_moment(f"{when}Z")
    return (int(head), found, inner) if head.isdecimal() and len(head) < 3 and found else (0, at, "")


def _bands(teams: tuple[str, ...], whose: str, order: str, at: datetime) -> list[Pairs]:
    now, arrival = instant(at), ("_sort", "authored-on")
    part = "/nobody" if whose == "nobody" else ""
    red, held = finding.marked(teams, f"/stat{part}"), finding.marked(teams, part)
    waiting: list[Pairs] = [[finding.marked(teams, "/waiting"), arrival]] if whose == "everyone" else []
    if order == "due":
        return [[finding.marked(teams, part, f"/stat{part}"), ("_sort", "due")], *waiting]
    return [
        [red, arrival],
        [held, ("due", f"le{now}"), arrival],
        [held, ("due", f"gt{now}"), arrival],
        *waiting,
    ]


@inquiry
def _own(
    door: Door, desk: _Desk, whose: str, order: str, cursor: str, wanted: int, at: datetime
) -> Asks[tuple[list[dict[str, Any]], str]]:
    """What one has, what was passed on to one, answers of one's own that wait: short, so sorted here."""
    positions = desk.positions if whose == "mine" else tuple(desk.covered)
    if not positions:
        return [], ""
    found = yield from finding.tasks.begin(door, finding.marked(positions, "", "/waiting"), count=MOST_OWN)
    key: Callable[[ConcernTask], Any] = by_due if order == "due" else lambda one: pressing(one, at)
    found.sort(key=lambda body: (kind_of(body) != "alert", key(read_concern(body))))
    start = int(cursor) if cursor.isdecimal() and len(cursor) < 9 else 0
    more = start + wanted
    return found[start:more], str(more) if more < len(found) else ""


def _counts(door: Door, desk: _Desk, at: datetime) -> shown.InboxCounts:
    if not desk.teams:
        return shown.InboxCounts()
    marked, late = finding.marked, ("due", f"le{instant(at)}")
    asked = [
        [marked(desk.teams, "/stat")],
        [marked(desk.teams)],
        [marked(desk.teams), late],
        [marked(desk.teams, "/nobody", "/stat/nobody")],
        [marked(desk.teams, "/waiting")],
        *([marked(held)] for held in (desk.positions, tuple(desk.covered)) if held),
    ]
    red, held, overdue, nobody, waiting, *own = door.counts("Task", *asked)
    mine = own.pop(0) if desk.positions else 0
    return shown.InboxCounts(
        everyone=red + held,
        mine=mine,
        nobody=nobody,
        cover=own[0] if own else 0,
        waiting=waiting,
        pressing=red + overdue,
    )


def _unopened(door: Door, records: Mapping[str, Record]) -> frozenset[str]:
    """The letters behind these concerns that the person who looks has not opened."""
    openings = door.openings([record.id for record in records.values()])
    return frozenset(
        ref
        for ref, record in records.items()
        if all(one.ref != door.actor.ref for one in openings.get(record.id, ()))
    )


@inquiry
def _others(door: Door, desk: _Desk) -> Asks[list[dict[str, Any]]]:
    """What stands beside the questions: letters to be read first, notices that did not arrive."""
    if not desk.teams:
        return []
    marks = finding.marked(desk.teams, "/look", "/undelivered")
    return (yield from finding.tasks.begin(door, marks, ("_sort", "-authored-on"), count=50))


def undelivered(door: Door, rid: str) -> shown.Undelivered:
    """One notice that did not arrive."""
    return _lost(Looking(door), [finding.need(door, "Task", rid, "undelivered")])[0]


def _lost(looking: Looking, bodies: list[dict[str, Any]]) -> tuple[shown.Undelivered, ...]:
    sent_to = [(body.get("input") or [{}])[0].get("valueReference") for body in bodies]
    for body, to in zip(bodies, sent_to, strict=True):
        looking.faces.meet((ref_of(body.get("for")),))
        looking.faces.meet((ref_of(to),), display_of(to))
    return tuple(
        shown.Undelivered(
            rid=str(body["id"]),
            patient=looking.faces.of(ref_of(body.get("for"))),
            to=looking.faces.of(ref_of(to) or ref_of(body.get("for")), display_of(to)),
            why=code_in(body.get("reasonCode"), REASON_LOST),
            conversation=finding.rid_of(ref_of((body.get("basedOn") or [{}])[0])),
            at=read_moment(body.get("authoredOn")) or looking.at,
        )
        for body, to in zip(bodies, sent_to, strict=True)
    )


def colleagues(door: Door) -> tuple[shown.Colleague, ...]:
    """Whom a concern can be handed to: the people of one's teams, then the teams of the site."""
    looking = Looking(door)
    desks = [
        desk
        for desk in finding.desks_of_teams(door, door.actor.teams)
        if desk.ref not in looking.who.positions
    ]
    away = {person for team in door.actor.teams for person in absences.of_team(door.conn, team, looking.at)}
    covers = {person: absences.covering(door.conn, person, looking.at) for person in away}
    teams = [team.ref for team in site.current().teams]
    looking.faces.meet((*(desk.ref for desk in desks), *teams, *filter(None, covers.values())))
    people = [
        shown.Colleague(
            looking.faces.of(desk.ref),
            desk.person in away,
            looking.faces.of(covers[desk.person]) if covers.get(desk.person) else None,
        )
        for desk in desks
    ]
    people.sort(key=lambda one: (one.away, one.face.name.casefold(), one.face.ref))
    return (*people, *(shown.Colleague(looking.faces.of(ref)) for ref in teams))


def topics(door: Door, *, language: str = "en", at: datetime | None = None) -> tuple[shown.TopicChoice, ...]:
    """What one may write about, who reads it, and the times promised if it is sent now."""
    rules, at, looking = site.current(), at or moment.now(), Looking(door)
    desks = finding.desks_of_teams(door, {topic.team for topic in rules.topics})
    looking.faces.meet(ref for desk in desks for ref in (desk.ref, desk.team))
    found = []
    for topic in rules.topics:
        clocks = finding.clocks(topic.id)
        members = [looking.faces.of(desk.ref) for desk in desks if desk.team == topic.team]
        found.append(
            shown.TopicChoice(
                code=topic.id,
                label=rules.say(topic.label, language),
                hint=rules.say(topic.hint, language),
                team=looking.faces.of(topic.team),
                faces=tuple(sorted(members, key=lambda face: face.name.casefold())),
                take_by=clocks.take_by(at),
                answer_by=clocks.answer_by(at),
            )
        )
    return tuple(found)
