"""Jobs of the gate."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import connection
from procrastinate.contrib.django import app

from rapport.gate.sealing import Keeper, seal


@app.periodic(cron="* * * * *")
@app.task(name="gate.seal", queueing_lock="gate.seal")
def seal_audit(timestamp: int = 0) -> None:
    """Seal what was written down since the last minute."""
    connection.ensure_connection()
    seal(connection.connection, Keeper(Path(settings.DATA_DIR)))
