"""The same people, doors and clock as in conversations; and Amina once more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rapport.gate.actor import Actor
from rapport.gate.door import Door
from tests.conversations.conftest import at_the_door, clock, door, people, three
from tests.personas import OTHER_TEAM, People, conversation, message, observation

__all__ = ["again", "at_the_door", "clock", "door", "people", "three"]

AGAIN = "Patient/again"


def patient(rid: str, given: str, family: str, born: str, **more: Any) -> dict[str, Any]:
    """A Patient as another system registers one."""
    name = [{"family": family, "given": [given]}]
    return {"resourceType": "Patient", "id": rid, "active": True, "name": name, "birthDate": born, **more}


@pytest.fixture
def again(people: People, door: Callable[[Actor], Door]) -> str:
    """Amina, registered a second time, in care of Mill Lane, with a conversation and a measurement."""
    own = door(Actor.system("tests"))
    own.create(patient("again", "Haddad", "Aminá", "1968-03-14"), rid="again")
    team = {"resourceType": "CareTeam", "status": "active", "subject": {"reference": AGAIN}}
    own.create({**team, "participant": [{"member": {"reference": OTHER_TEAM}}]}, rid="again-team")
    own.create(conversation("c2", patient=AGAIN, sender=AGAIN, team=OTHER_TEAM), rid="c2")
    own.create(message("m2", "c2", "Is this the pharmacy?", patient=AGAIN, sender=AGAIN), rid="m2")
    own.create(observation("o2", patient=AGAIN), rid="o2")
    return AGAIN
