"""The same people and doors as in conversations; something in Amina's record that may be wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.pillars.corrections import guards
from tests.conversations.conftest import at_the_door, door, people
from tests.personas import AMINA, People

__all__ = ["at_the_door", "door", "people"]


@pytest.fixture(autouse=True)
def guarded() -> None:
    """The pillar's guard stands at the door, whatever other tests did with it."""
    guards.register()


@pytest.fixture
def asthma(people: People, door: Callable[[Actor], Door]) -> str:
    """A problem in Amina's record."""
    active = {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]
    }
    body = {
        "resourceType": "Condition",
        "id": "asthma",
        "subject": {"reference": AMINA},
        "code": {"text": "Asthma"},
        "clinicalStatus": active,
    }
    return door(people.program).create(body, rid="asthma").ref
