"""`/health`: is the database there, and is its schema the one this program was written for?

It is answered before any middleware: whatever else may be broken, this says so in a word.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import Error, close_old_connections, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

import rapport

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


@lru_cache(maxsize=1)
def _expected() -> frozenset[tuple[str, str]]:
    """The migrations that this version ships."""
    return frozenset(MigrationLoader(None).disk_migrations)


def pending(alias: str = "default") -> list[str]:
    """Migrations that the database lacks, as `app.name`; raises `django.db.Error` when it does not answer."""
    applied = MigrationRecorder(connections[alias]).applied_migrations().keys()
    return sorted(f"{app}.{name}" for app, name in _expected() - applied)


def state() -> tuple[str, dict[str, Any]]:
    """The HTTP status and the words of an answer: no content, no secret."""
    try:
        missing = pending()
    except Error:
        return "503 Service Unavailable", {"status": "down", "reason": "database"}
    if missing:
        return "503 Service Unavailable", {"status": "down", "reason": "schema", "pending": len(missing)}
    return "200 OK", {"status": "ok", "version": rapport.__version__, "address": settings.BASE_URL}


def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """200 when the database answers and its schema is current, else 503."""
    close_old_connections()
    status, words = state()
    body = json.dumps(words).encode()
    headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
    start_response(status, [*headers, ("Content-Length", str(len(body)))])
    return [body]
