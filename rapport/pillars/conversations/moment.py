"""What time it is. The demo's seeding and the tests set it; nothing that a request carries can."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_set: ContextVar[datetime | None] = ContextVar("moment", default=None)


def now() -> datetime:
    """The present, aware, in UTC, to the millisecond (as the record keeps it)."""
    at = _set.get() or datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


@contextmanager
def set_to(at: datetime) -> Iterator[None]:
    """Let it be `at` (aware) within the block."""
    token = _set.set(at.astimezone(UTC))
    try:
        yield
    finally:
        _set.reset(token)
