"""The same people and doors as in conversations, the samples installed, and a clock that tests set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command

from rapport.people import site
from rapport.people.settings_shapes import Alerts
from rapport.pillars.conversations import moment as conversations_moment
from rapport.pillars.screens import guards, moment
from tests.conversations.conftest import CHEN_DESK, DARA_DESK, MONDAY, at_the_door, door, people
from tests.personas import People
from tests.screens.forms import CARER, WEEK

__all__ = ["at_the_door", "door", "people"]


@pytest.fixture(autouse=True)
def guarded() -> None:
    """The pillar's guard stands at the door, whatever other tests did with it."""
    guards.register()


class Clock:
    """The present of a test."""

    def __init__(self) -> None:
        self.at = MONDAY

    def on(self, **by: float) -> datetime:
        """Let time pass."""
        return self.to(self.at + timedelta(**by))

    def to(self, at: datetime) -> datetime:
        """Let it be that time."""
        self.at = at
        conversations_moment._set.set(at)
        return at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """A clock that the test moves; it begins on a Monday at ten."""
    found = Clock()
    monkeypatch.setattr(moment, "now", lambda: found.at)
    with conversations_moment.set_to(MONDAY):
        yield found


@pytest.fixture
def forms(people: People) -> None:
    """The samples are installed."""
    for file in (WEEK, CARER):
        call_command("content", "add", str(file), "--accept", "--json")


@pytest.fixture
def on_call(people: People, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Say who is on call."""

    def say(*desks: str, **more: Any) -> None:
        rules = Alerts("on", desks or (DARA_DESK, CHEN_DESK), **{"always": True, **more})
        found = replace(site.current(), alerts=rules)
        monkeypatch.setattr(site, "current", lambda: found)

    return say
