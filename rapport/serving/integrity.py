"""`rapport check`: does what is kept agree with itself?"""

from __future__ import annotations


def faults() -> list[str]:
    """Everything found wrong, as sentences; empty when all agrees."""
    from django.db import connection

    from rapport.config.health import pending
    from rapport.gate import integrity

    lacking = [f"The schema lacks {name}: run `rapport migrate`." for name in pending()]
    if lacking:
        return lacking
    connection.ensure_connection()
    return list(integrity.faults(connection.connection))
