"""`rapport import PATH…`: FHIR bundles, NDJSON, or archives of them, into the record.

Ends with 0, with 1 when something was refused (each refusal with file, place and reason), with 2 when
used wrongly. The same again is left alone, and a stopped import goes on where it was.
"""

from __future__ import annotations

import json
import os
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from rapport.gate.actor import Actor
from rapport.gate.crew import Crew
from rapport.gate.importing import Counts, Import, Job, jobs_of
from rapport.gate.sources import Source, sources

#: Refusals that are printed; all are in the JSON.
SHOWN = 50
#: Processes at most.
MOST = 4
_LOCK = 0x52415050_494D50


def _door() -> Import:
    """A door for the import on Django's connection. What a crash loses, the next import takes again."""
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    actor = Actor.system("import")
    return Import(connection.connection, actor, "HOPERAT", unit=transaction.atomic, source="import")


def _door_of_its_own() -> Import:
    """The same in a process that was forked: the connection that it came with is its parent's."""
    connection.inc_thread_sharing()
    connection.connection = None
    return _door()


def _jobs(paths: list[Path], counts: Counts, bar: Progress) -> Iterator[Job]:
    """What there is to do, file by file; what can't be read is counted."""
    task, total = bar.add_task("", total=None), 0
    for done, source in enumerate(sources(paths)):
        if done == total:  # the first file of a path knows how many there are
            total += source.among if isinstance(source, Source) else 1
        bar.update(task, total=total, description=source.name.rpartition("/")[2])
        yield from jobs_of(source, counts)
        bar.update(task, completed=done + 1)


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
        begun = time.perf_counter()
        try:
            counts = self._run(paths, quiet=options["json"])
            seconds = time.perf_counter() - begun
            _door().end(counts)
        finally:
            with conn.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
                cursor.execute("RESET synchronous_commit")
        self._say(counts, seconds, as_json=options["json"])
        sys.exit(1 if counts.refusals else 0)

    def _run(self, paths: list[Path], *, quiet: bool) -> Counts:
        console = Console(stderr=True)
        crew = Crew(min(os.cpu_count() or 1, MOST), _door_of_its_own)
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
        counts = Counts()
        try:
            with bar:
                for found in crew.run(_jobs(paths, counts, bar)):
                    counts.add(found)
        finally:
            crew.close()
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
