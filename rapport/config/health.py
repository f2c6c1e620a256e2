"""`/health`: is the database there, and is its schema the one this program was written for?"""

from __future__ import annotations

from functools import lru_cache

from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse

import rapport


@lru_cache(maxsize=1)
def _expected() -> frozenset[tuple[str, str]]:
    """The migrations that this version ships."""
    return frozenset(MigrationLoader(None).disk_migrations)


def pending() -> list[str]:
    """Migrations that the database lacks, as `app.name`; raises DatabaseError when it does not answer."""
    applied = MigrationRecorder(connection).applied_migrations().keys()
    return sorted(f"{app}.{name}" for app, name in _expected() - applied)


def health(request: HttpRequest) -> HttpResponse:
    """200 when the database answers and its schema is current, else 503; no content, no secrets."""
    try:
        missing = pending()
    except DatabaseError:
        return JsonResponse({"status": "down", "reason": "database"}, status=503)
    if missing:
        return JsonResponse({"status": "down", "reason": "schema", "pending": len(missing)}, status=503)
    return JsonResponse({"status": "ok", "version": rapport.__version__})
