"""The same people and doors as in conversations, and a mail server that takes everything."""

from __future__ import annotations

import pytest

from rapport.gate import marks
from rapport.pillars.family import guards
from tests.circle.conftest import can_send
from tests.conversations.conftest import at_the_door, clock, door, people, three

__all__ = ["at_the_door", "can_send", "clock", "door", "people", "three"]


@pytest.fixture(autouse=True)
def guarded() -> None:
    """The guards stand at the door, whatever other tests did with them."""
    marks.set_up()
    guards.register()
