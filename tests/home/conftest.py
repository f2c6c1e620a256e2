"""The same people, doors and clock as in conversations."""

from tests.conversations.conftest import at_the_door, clock, door, people

__all__ = ["at_the_door", "clock", "door", "people"]
