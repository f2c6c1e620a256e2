"""What time it is. Tests set it; nothing that a request carries can."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The present, aware, in UTC, to the second (as answers keep it)."""
    return datetime.now(UTC).replace(microsecond=0)
