"""The same people and doors as in conversations; a browser for each."""

import pytest

from rapport.pillars.what_matters import guards
from tests.conversations.conftest import at_the_door, door, people

__all__ = ["at_the_door", "door", "people"]


@pytest.fixture(autouse=True)
def guarded() -> None:
    """The pillar's guard stands at the door, whatever other tests did with it."""
    guards.register()
