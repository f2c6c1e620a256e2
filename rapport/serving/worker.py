"""The worker process: does the jobs that pages and clocks put off.

python -m rapport.serving.worker
"""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import suppress

import django
from procrastinate import App, JobContext
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

from rapport.serving.children import obey_parent

AT_A_TIME = 2
CONNECTIONS = 4  # for the book of jobs; they open when they are needed
LOOK = 0.3  # seconds between two looks at the schema
HEARTBEAT = 5.0  # seconds between two signs of life
STALLED = 20.0  # seconds without one, after which a worker's jobs are taken over


def wait_for_schema() -> None:
    """Come back when the schema is the one that this program was written for: the web process sees to it."""
    from django.db import Error, connection

    from rapport.config.health import pending

    while True:
        with suppress(Error):
            if not pending():
                break
        time.sleep(LOOK)
    connection.close()


async def take_over(app: App) -> int:
    """Put jobs back that a killed worker had begun. Jobs are written so that doing one twice is harmless."""
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED))
    for job in stalled:
        try:
            await app.job_manager.retry_job(job)
        except UniqueViolation:  # the same waits already: that one is enough
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
    return len(stalled)


def register(app: App) -> None:
    """The worker's own periodic job."""

    @app.periodic(cron="* * * * *")
    @app.task(name="serving.take_over", queueing_lock="serving.take_over", pass_context=True)
    async def look_for_stalled(context: JobContext, timestamp: int) -> None:
        await take_over(context.app)


async def work(app: App) -> None:
    """Do jobs until SIGTERM; a job that runs then may end within 20 seconds."""
    async with app.open_async():
        await take_over(app)
        await app.run_worker_async(
            name=f"worker-{os.getpid()}",
            concurrency=AT_A_TIME,
            delete_jobs="successful",
            shutdown_graceful_timeout=20.0,
            update_heartbeat_interval=HEARTBEAT,
            stalled_worker_timeout=STALLED,
        )


def main() -> None:
    """Work until told to stop."""
    obey_parent()
    django.setup()
    wait_for_schema()
    from procrastinate import PsycopgConnector
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.utils import connector_params

    register(app)
    connector = PsycopgConnector(kwargs=connector_params(), min_size=1, max_size=CONNECTIONS)
    with app.replace_connector(connector) as ready:
        asyncio.run(work(ready))


if __name__ == "__main__":
    main()
