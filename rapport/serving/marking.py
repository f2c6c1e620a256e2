"""The mark of a demo. A database gets it when it is made, and never later: real people's records stay out."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from rapport.serving.checks import Unfit

MARK = "demo"


def mark_or_refuse(make: Callable[[], object]) -> None:
    """Make and mark a fresh database; go on with a marked one; Unfit for any other."""
    from django.db import connection

    from rapport.people.models import Mark

    begun = Path(os.environ["RAPPORT_DATA_DIR"]) / "demo.begun"
    tables = set(connection.introspection.table_names())
    fresh = "django_migrations" not in tables
    if fresh:
        begun.touch()
    elif not begun.exists() and not ("people_mark" in tables and Mark.objects.filter(name=MARK).exists()):
        raise Unfit(
            "This database was not made by `rapport demo`, and may hold the records of real people. "
            "Choose another --data-dir (or DATABASE_URL) for the demo."
        )
    make()
    Mark.objects.get_or_create(name=MARK)
    begun.unlink(missing_ok=True)
