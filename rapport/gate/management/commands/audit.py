"""`rapport audit verify`: does the log of who looked say what it said? `rapport audit seal` seals now."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection

from rapport.gate.sealing import Keeper, KeyMissing, faults, seal

#: So many faults are told.
MOST = 1000


class Command(BaseCommand):
    """Seal and verify the audit."""

    help = "Seal the log of who looked, or verify that nothing in it was altered, removed or moved."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which of both."""
        parser.add_argument("verb", choices=("verify", "seal"))
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; end with 1 when something is wrong."""
        connection.ensure_connection()
        keeper = Keeper(Path(settings.DATA_DIR))
        try:
            if options["verb"] == "seal":
                done = seal(connection.connection, keeper)
                self._say({"sealed": done}, f"{done} rows sealed.", as_json=options["json"])
                return
            found = list(islice(faults(connection.connection, keeper), MOST))
        except KeyMissing as missing:
            self.stderr.write(f"rapport: {missing}")
            sys.exit(1)
        text = "\n".join(fault.text for fault in found) or "The log is whole."
        self._say({"faults": [asdict(fault) for fault in found]}, text, as_json=options["json"])
        sys.exit(1 if found else 0)

    def _say(self, found: dict[str, Any], text: str, *, as_json: bool) -> None:
        self.stdout.write(json.dumps(found) if as_json else text)
