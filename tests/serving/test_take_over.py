"""Jobs of a worker that was killed are done by the next one, whatever waits already."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg

from rapport.gate import jobs
from rapport.serving.worker import take_over


def test_killed_jobs_wait_again_once(own_database: str) -> None:
    from procrastinate.contrib.django import app

    with psycopg.connect(own_database, autocommit=True) as conn:
        (worker,) = conn.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - interval '1 hour') RETURNING id"
        ).fetchone() or (0,)
        for name in ("a", "b"):
            jobs.later(conn, "people.sweep", once=name)
        conn.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", (worker,))
        jobs.later(conn, "people.sweep", once="a")  # the next of its kind, put off since

        async def act() -> int:
            connector: Any = app.connector.get_worker_connector()
            with app.replace_connector(connector) as ready:
                async with ready.open_async():
                    return await take_over(ready)

        assert asyncio.run(act()) == 2
        rows = conn.execute(
            "SELECT queueing_lock, status::text FROM procrastinate_jobs ORDER BY 1"
        ).fetchall()
    assert rows == [("a", "todo"), ("b", "todo")]
