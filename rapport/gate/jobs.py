"""Jobs are put off on the connection, and in the transaction, of what they follow from."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb


def later(
    conn: Connection[Any],
    task_name: str,
    at: datetime | None = None,
    *,
    queue: str = "default",
    once: str | None = None,
    lock: str | None = None,
    **args: Any,
) -> int | None:
    """Put off a procrastinate job. A job says only "look at X at time T"; the state is in the record.

    at    when to run (aware), None for now
    once  a name under which at most one such job waits: a second one is dropped and the answer is None
    lock  jobs of one lock run one after the other
    """
    row = conn.execute(
        "SELECT procrastinate_defer_jobs_v1(ARRAY["
        "ROW(%(queue)s, %(task)s, 0, %(lock)s, %(once)s, %(args)s, %(at)s)]"
        "::procrastinate_job_to_defer_v1[])"
        " WHERE %(once)s::text IS NULL OR NOT EXISTS"
        " (SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = %(once)s::text AND status = 'todo')",
        {"queue": queue, "task": task_name, "lock": lock, "once": once, "args": Jsonb(args), "at": at},
    ).fetchone()
    return int(row[0][0]) if row else None
