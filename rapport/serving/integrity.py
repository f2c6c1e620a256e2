"""`rapport check`: does what is kept agree with itself?"""

from __future__ import annotations

from itertools import islice

#: So many faults are told; where there are more, there is no need to know them all.
MOST = 200


def faults() -> list[str]:
    """What is wrong, as sentences; empty when all agrees."""
    from rapport.config.health import pending
    from rapport.gate import integrity
    from rapport.people.asking import conn

    missing = pending()
    if missing:
        return [f"The schema lacks {name}: run `rapport migrate`." for name in missing]
    return list(islice(integrity.faults(conn()), MOST))
