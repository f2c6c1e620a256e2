"""The request as pages know it: it says who asks, and holds their door."""

from __future__ import annotations

from django.db import connection, transaction
from django.http import HttpRequest

from rapport.gate.actor import Actor
from rapport.gate.door import Door


class Asking(HttpRequest):
    """A request of someone signed in. Only for annotations: `people.middleware` sets both on Django's own."""

    actor: Actor
    door: Door


def at_work(name: str) -> Door:
    """A door for Rapport itself on Django's connection: for jobs, commands and hooks."""
    connection.ensure_connection()
    return Door(connection.connection, Actor.system(name), unit=transaction.atomic, source="job")
