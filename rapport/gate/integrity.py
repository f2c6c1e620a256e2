"""Integrity of the record, for `rapport check`: all of it is read, in nobody's name; no content is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psycopg import Connection

from rapport.store import checking
from rapport.store.checking import START, Batch
from rapport.store.wire import EVERYONE, wearing

__all__ = ["START", "Batch", "orphans", "walk"]


def orphans(conn: Connection[Any], *, mend: bool = False) -> Iterator[str]:
    """Rows of resources that are not there; `mend`: index rows go, versions never do."""
    with wearing(conn, EVERYONE):
        yield from checking.orphans(conn, mend=mend)


def walk(conn: Connection[Any], after: int = START, *, mend: bool = False) -> Iterator[Batch]:
    """Look at every resource behind a key; `mend`: index rows that are not those of its text are made anew.

    Others read and write meanwhile. Whoever stops can go on behind the last batch.
    """
    with wearing(conn, EVERYONE):
        yield from checking.walk(conn, after, mend=mend)
