"""The same people, doors and clock as in conversations, and a mail server that takes everything."""

from __future__ import annotations

import pytest

from rapport.people import mail
from tests.conversations.conftest import at_the_door, clock, door, people, three

__all__ = ["at_the_door", "clock", "door", "people", "three"]


@pytest.fixture(autouse=True)
def can_send(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether e-mail leaves is not asked here: what waits to be sent is looked at."""
    monkeypatch.setattr(mail, "can_send", lambda: True)
