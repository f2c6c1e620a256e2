"""Integrity of the record, for `rapport check`: all of it is read, in nobody's name; no content is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psycopg import Connection

from rapport.store import checking


def faults(conn: Connection[Any]) -> Iterator[str]:
    """What is wrong with versions and index rows, one sentence each; nothing when all agrees."""
    return checking.faults(conn)
