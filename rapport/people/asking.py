"""Doors outside a page: for jobs, commands and what follows a sign-in, on Django's connection."""

from __future__ import annotations

from django.db import connection, transaction

from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people import statements


def conn() -> statements.Conn:
    """Django's own psycopg connection, opened if it was not."""
    connection.ensure_connection()
    found: statements.Conn = connection.connection
    return found


def at_work(name: str, source: str = "job") -> Door:
    """A door for Rapport itself at work, under this name: `clock`, `import`, `operator`."""
    return Door(conn(), Actor.system(name), "HOPERAT", unit=transaction.atomic, source=source)
