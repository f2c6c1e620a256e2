"""What follows a sign-in or a change of positions; connected at start-up."""

from __future__ import annotations


def connect() -> None:
    """Connect signals and guards."""
