"""`rapport check`: does what is kept agree with itself?"""

from __future__ import annotations


def faults() -> list[str]:
    """Everything found wrong, as sentences; empty when all agrees."""
    from rapport.config.health import pending

    return [f"The schema lacks {name}: run `rapport migrate`." for name in pending()]
