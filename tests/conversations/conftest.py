"""Doors for the people on Django's connection, a site with their teams, and a clock that tests can set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people import site
from rapport.pillars.conversations import actions, guards, moment
from tests.personas import OTHER_TEAM, TEAM, People, arrive

#: A Monday morning, 10 o'clock, far enough from any holiday: 15 June 2026.
MONDAY = datetime(2026, 6, 15, 10, 0, tzinfo=UTC)

CHEN_DESK, DARA_DESK, EVE_DESK = (
    actor.positions[0] for actor in (People().chen, People().dara, People().eve_staff)
)

SITE = f"""
[site]
name = "Harbour Street"
time_zone = "UTC"
country = "GB"
languages = ["en"]

[hours]
monday = ["08:00-18:00"]
tuesday = ["08:00-18:00"]
wednesday = ["08:00-18:00"]
thursday = ["08:00-18:00"]
friday = ["08:00-18:00"]
saturday = []
sunday = []
holidays = false
closed = []

[teams.harbour-street]
name = {{ en = "Harbour Street" }}
lead = "{CHEN_DESK}"
escalation = ["{DARA_DESK}"]

[teams.mill-lane]
name = {{ en = "Mill Lane" }}
lead = "{EVE_DESK}"

[topics.health]
team = "harbour-street"
accept_hours = 4
answer_hours = 16
label = {{ en = "A worry about my health" }}
hint = {{ en = "How you feel" }}

[topics.forms]
team = "mill-lane"
accept_hours = 2
answer_hours = 8
label = {{ en = "Forms" }}
hint = {{ en = "Papers" }}
"""

assert TEAM == "Organization/harbour-street" and OTHER_TEAM == "Organization/mill-lane"


@pytest.fixture(autouse=True)
def at_the_door(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The product's guards stand at the door, whatever other tests did with them."""
    guards.register()
    yield


@pytest.fixture
def people(db: None, monkeypatch: pytest.MonkeyPatch) -> People:
    """Everybody in the record, and a site whose teams they are."""
    found = site.parse(SITE)
    monkeypatch.setattr(site, "current", lambda: found)
    connection.ensure_connection()
    return arrive(connection.connection, unit=transaction.atomic)


@pytest.fixture
def door(people: People) -> Callable[[Actor], Door]:
    """A door for somebody, on Django's connection."""
    return lambda actor: Door(connection.connection, actor, unit=transaction.atomic)


@pytest.fixture
def clock() -> Iterator[Clock]:
    """A clock that the test moves; it begins on a Monday at ten."""
    found = Clock(MONDAY)
    with moment.set_to(MONDAY):
        yield found


class Clock:
    """The present of a test."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def on(self, **by: float) -> datetime:
        """Let time pass."""
        return self.to(self.at + timedelta(**by))

    def to(self, at: datetime) -> datetime:
        """Let it be that time."""
        self.at = at
        moment._set.set(at)
        return at


@pytest.fixture
def three(door: Callable[[Actor], Door], people: People, clock: Clock) -> actions.Sent:
    """Amina's letter with three concerns."""
    return actions.start(
        door(people.amina),
        once="the first form",
        topic="health",
        text="I get dizzy. Is that the tablet? Do I still take my old one? Can I fly in May?",
        concerns=("Is that the tablet?", "Do I still take my old one?", "Can I fly in May?"),
    )


def task(door: Door, rid: str) -> dict[str, Any]:
    """A Task as stored."""
    return door.read("Task", rid).json
