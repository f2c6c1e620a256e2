"""A record of Amina's, and the gate's own guards."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg import Connection

from rapport.gate import emergency, reviews
from rapport.gate.actor import Actor
from rapport.gate.consent import guard
from rapport.gate.door import Door
from tests.gate.consent.policies import coding
from tests.personas import People, conversation, message, observation


@pytest.fixture
def guarded(no_guards: None) -> None:
    """With the gate's own guards."""
    guard.set_up()
    emergency.set_up()
    reviews.set_up()


@pytest.fixture
def record(people: People, conn: Connection[Any]) -> Door:
    """Something in Amina's record; the door of Rapport itself."""
    system = Door(conn, Actor.system("tests"))
    for body in (observation("o1"), conversation("c1"), message("m1", "c1", "words")):
        system.create(body, rid=body["id"])
    hidden = observation("o2") | {"meta": {"security": [coding("PSY", "v3-ActCode")]}}
    system.create(hidden, rid="o2")
    return system
