"""`rapport import PATH…`: FHIR bundles, NDJSON, or archives of them, into the record.

Ends with 0, with 1 when something was refused (each refusal with file, place and reason), with 2 when
used wrongly. The same again is left alone, and a stopped import goes on where it was.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from rapport.gate.actor import Actor
from rapport.gate.importing import Counts, Import
from rapport.gate.sources import Source, sources

#: Refusals that are printed; all are in the JSON.
SHOWN = 50
_LOCK = 0x52415050_494D50


class Command(BaseCommand):
    """Import files through the door, in the name of Rapport itself."""

    help = "Take FHIR bundles, NDJSON, or .tar.gz and .zip archives of them into the record."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which files."""
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="file, directory or archive")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, say how it went, and end with 0 or 1."""
        paths: list[Path] = options["paths"]
        connection.ensure_connection()
        conn = connection.connection
        with conn.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
            if not cursor.fetchone()[0]:
                self.stderr.write("rapport: another import is at work; wait for its end.")
                sys.exit(1)
            cursor.execute("SET synchronous_commit = off")  # what a crash loses, the next import takes again
        door = Import(conn, Actor.system("import"), "HOPERAT", unit=transaction.atomic, source="import")
        begun = time.perf_counter()
        try:
            counts = self._run(door, paths, quiet=options["json"])
            seconds = time.perf_counter() - begun
            door.end(counts)
        finally:
            with conn.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
                cursor.execute("RESET synchronous_commit")
        self._say(counts, seconds, as_json=options["json"])
        sys.exit(1 if counts.refusals else 0)

    def _run(self, door: Import, paths: list[Path], *, quiet: bool) -> Counts:
        console = Console(stderr=True)
        bar = Progress(
            TextColumn("Importing"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("files"),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
            console=console,
            disable=quiet,
            transient=not console.is_terminal,
        )
        counts, done, total = Counts(), 0, 0
        gc.disable()  # large bundles make many objects and hardly a circle: looking for circles costs a sixth
        try:
            with bar:
                task = bar.add_task("", total=None)
                for source in sources(paths):
                    if done == total:  # the first file of a path knows how many there are
                        total += source.among if isinstance(source, Source) else 1
                    bar.update(task, total=total, description=source.name.rpartition("/")[2])
                    door.take(source, counts)
                    done += 1
                    bar.update(task, completed=done)
                    gc.collect(1)
        finally:
            gc.enable()
        return counts

    def _say(self, counts: Counts, seconds: float, *, as_json: bool) -> None:
        if as_json:
            found = {**asdict(counts), "seconds": round(seconds, 3)}
            self.stdout.write(json.dumps(found))
            return
        rate = counts.stored / seconds if seconds else 0
        self.stdout.write(
            f"{counts.stored:,} stored, {counts.unchanged:,} unchanged, {counts.refused:,} refused"
            f" in {seconds:.1f} s ({rate:,.0f} stored a second)."
        )
        for refusal in counts.refusals[:SHOWN]:
            self.stderr.write(f"Refused: {refusal}")
        if len(counts.refusals) > SHOWN:
            self.stderr.write(f"… and {len(counts.refusals) - SHOWN} more; --json tells all.")
