"""Jobs of this room: exports. A job goes on where the table says that the last one stopped."""

from __future__ import annotations

import logging
import time

from procrastinate.contrib.django import app

from rapport.gate import exporting
from rapport.gate.actor import Actor
from rapport.gate.exporting import Export, Exporting, Place
from rapport.people import tokens
from rapport.people.asking import conn

from . import export_files

log = logging.getLogger("rapport.fhir_api")

#: Resources a transaction, seconds a job, and how often an export may begin without getting any further.
PAGE, SECONDS, MOST_TRIES = 1000, 10.0, 5


@app.task(name=exporting.TASK)
def export(export: str) -> None:
    """Go on with an export for a while, then let others have their turn."""
    until = time.monotonic() + SECONDS
    if not exporting.trying(conn(), export, MOST_TRIES):
        return
    while step(export):
        if time.monotonic() > until:
            with conn().transaction():
                exporting.again(conn(), export)
            return


def step(export: str) -> bool:
    """Write one page of an export; False when there is nothing more to do for it."""
    try:
        with conn().transaction():
            held = exporting.held(conn(), export)
            if held is None:
                return False
            actor = tokens.client_actor(held.client, held.scopes)
            if actor is None:
                exporting.remove(conn(), export)  # the program may not any more: nothing of it is kept
            elif not exporting.overtaken(conn(), held):
                return _page(held, actor)
    except export_files.Torn:
        log.warning("a file of an export is torn: it begins anew")
        with conn().transaction():
            if held := exporting.held(conn(), export):
                exporting.advance(conn(), export, Place(held.wanted.types[0]), {})
        return True
    export_files.remove(export)
    return False


def _page(held: Export, actor: Actor) -> bool:
    door = Exporting(conn(), actor, "HOPERAT", source="export", request=held.id)
    files = dict(held.files)
    with door.unit("export"):
        place, records, onwards = door.page(held, PAGE)
        if records:
            size, count = files.get(place.rtype, [0, 0])
            size = export_files.append(held.id, place.rtype, size, [record.body for record in records])
            files[place.rtype] = [size, count + len(records)]
        exporting.advance(conn(), held.id, onwards, files)
    return onwards is not None


@app.periodic(cron="*/5 * * * *")
@app.task(name="fhir_api.sweep", queueing_lock="fhir_api.sweep")
def sweep(timestamp: int = 0) -> None:
    """Delete what is over; let an export go on whose job was lost."""
    with conn().transaction():
        left = exporting.sweep(conn())
    export_files.keep_only(left)
