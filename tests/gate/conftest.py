"""A door on a connection of the test's own, with the people in the record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC
from typing import Any

import pytest
from psycopg import Connection

from rapport.gate import guards, spans
from rapport.gate.actor import Actor
from rapport.gate.consent import ages
from rapport.gate.door import Door
from tests.personas import People, arrive


@pytest.fixture
def people(conn: Connection[Any]) -> People:
    """Everybody, stored in the transaction of the test."""
    return arrive(conn)


@pytest.fixture
def door(conn: Connection[Any]) -> Callable[[Actor], Door]:
    """A door for somebody."""
    return lambda actor: Door(conn, actor)


@pytest.fixture(autouse=True)
def no_guards(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test begins without guards of the product, in UTC, and leaves none behind."""
    monkeypatch.setattr(guards, "_guards", {})
    monkeypatch.setattr(guards, "_by_type", {})
    monkeypatch.setattr(spans, "_zone", [lambda: UTC])
    monkeypatch.setattr(ages, "_country", [lambda: ""])
    yield
