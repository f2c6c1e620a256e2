"""A record that has grown: what is stored, again and again, as other people's.

    python -m bench.seed RESOURCES DATA_DIR

Every copy has ids, identifiers and names of its own, so that a search finds about as many as before. It goes
straight into the store, in as many processes as there are cores.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import random
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import psycopg

_FRESH = 50_000  # no more than this is copied, or copies would be copied again
BATCH = 4000  # resources sent to the database at a time
_UUID = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")
_SYLLABLES = [a + b for a in "bdfgklmnprstvw" for b in "aeiou"]

Body = tuple[bytes, bytes]  # id and text


def grow(url: str, until: int) -> int:
    """Copy what is stored until so many resources are there; how many are."""
    with psycopg.connect(url) as conn:
        # Those with ids of the server's own making: the others would be taken for one another.
        rows = conn.execute(
            "SELECT rid, body FROM resource WHERE NOT deleted AND rid ~ '^[0-9a-f]{8}-' ORDER BY seq"
        ).fetchall()
        (there,) = conn.execute("SELECT count(*) FROM resource").fetchone() or (0,)
    bodies = [(rid.encode(), body.encode()) for rid, body in rows]
    copies = -(-(until - there) // len(bodies)) if until > 1.05 * there else 0
    if copies and there > _FRESH:
        raise SystemExit("this record has grown already: begin with a new one")
    workers = os.cpu_count() or 1
    forking = multiprocessing.get_context("fork")
    started = [
        forking.Process(target=_work, args=(url, bodies, range(first, copies, workers)))
        for first in range(min(workers, copies))
    ]
    for process in started:
        process.start()
    for process in started:
        process.join()
        if process.exitcode:
            raise SystemExit("a process that fills the record has failed")
    if copies:
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute("VACUUM ANALYZE")
            (there,) = conn.execute("SELECT count(*) FROM resource").fetchone() or (0,)
    return int(there)


def _work(url: str, bodies: Sequence[Body], copies: range) -> None:
    """Store those copies."""
    from rapport.gate import grants
    from rapport.store.records import Write
    from rapport.store.writing import write

    gc.disable()
    with psycopg.connect(url) as conn:
        conn.execute("SET synchronous_commit = off")
        conn.commit()
        for number in copies:
            chance = random.Random(number)
            for start in range(0, len(bodies), BATCH):
                made = [_copied(body, number, chance) for body in bodies[start : start + BATCH]]
                records = write(conn, [Write(raw, body, rid) for rid, raw, body in made])
                grants.compile_all(conn, list(zip(records, (body for _, _, body in made), strict=True)))
                conn.commit()
            gc.collect()
            print(f"\r  copy {number + 1}", end="", file=sys.stderr, flush=True)


def _copied(body: Body, number: int, chance: random.Random) -> tuple[str, bytes, dict[str, Any]]:
    """One resource as that of another person."""
    mark = rb"%08x" % ((number + 1) * 2654435761 % 2**32)

    def other(text: bytes) -> bytes:
        return _UUID.sub(lambda match: b"%08x" % (int(match[0][:8], 16) ^ int(mark, 16)) + match[1], text)

    raw = other(body[1])
    found: dict[str, Any] = orjson.loads(raw)
    if found["resourceType"] == "Patient":
        for name in found.get("name", ()):
            name["family"] = "".join(chance.choices(_SYLLABLES, k=3)).title()
        day = chance.randint(1, 12), chance.randint(1, 28)
        found["birthDate"] = f"{chance.randint(1930, 2020)}-{day[0]:02}-{day[1]:02}"
        raw = orjson.dumps(found)
    return other(body[0]).decode(), raw, found


def main(until: int, data: Path) -> None:
    """Grow the record in a data directory, its database started for that."""
    from rapport.serving.postgres import Embedded

    began = time.perf_counter()
    with Embedded(data) as server:
        there = grow(server.owner_url, until)
    print(f"\n{there:,} resources, {time.perf_counter() - began:.0f} s", file=sys.stderr)
    print(there)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
