"""The web process: granian answers people and programs, in a few processes that share what was loaded once.

python -m rapport.serving.web HOST PORT
"""

from __future__ import annotations

import gc
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

import rapport
from rapport.serving import bodies
from rapport.serving.checks import Unfit, findings
from rapport.serving.children import PARENT, UNFIT, obey_parent

A_YEAR = 365 * 24 * 3600
READ_ALREADY = ("RAPPORT_SECRET_KEY", "DATABASE_URL", "DATABASE_OWNER_URL", "RAPPORT_MAIL_URL")
THREADS = 4  # requests answered at a time by one process


def processes() -> int:
    """How many processes answer: RAPPORT_WEB_PROCESSES, or one for each core, at most four."""
    given = os.environ.get("RAPPORT_WEB_PROCESSES", "")
    return int(given) if given.isdigit() and int(given) else min(os.cpu_count() or 1, 4)


def load(_target: str) -> Any:
    """In each answering process: obey the first one, then the application (loaded before the fork)."""
    obey_parent()
    from rapport.config.wsgi import application
    from rapport.fhir_api.limits import program_of
    from rapport.serving.access import logged

    proxied = os.environ.get("RAPPORT_PROXY", "") in ("1", "true", "yes")
    for name in READ_ALREADY:  # granian shows the environment to every request
        os.environ.pop(name, None)
    whose = partial(program_of, proxied=proxied)
    return logged(bodies.Places(application, THREADS, proxied=proxied, whose=whose))


def make_ready(host: str, port: int) -> None:
    """Bring everything up to date and load the application; begin anew where the site has another address."""
    import django
    from django.conf import settings
    from django.db import OperationalError, connections

    django.setup()
    from rapport.serving.prepare import prepare

    try:
        address = prepare()
        if address != settings.BASE_URL:  # settings have been made for another one
            os.environ["RAPPORT_BASE_URL"] = address
            os.execv(sys.executable, [sys.executable, "-m", "rapport.serving.web", host, str(port)])  # noqa: S606
        for finding in findings():
            print(f"rapport: {finding}", file=sys.stderr)
    except Unfit as error:
        print(f"rapport: {error}", file=sys.stderr)
        sys.exit(UNFIT)
    except OperationalError as error:  # it may yet come: the supervisor tries again
        sys.exit(f"rapport: The database does not answer: {str(error).strip()}")
    connections.close_all()
    import rapport.config.wsgi  # noqa: F401


def settle() -> None:
    """Load every page, so that nobody waits for it; what is loaded stays, shared with what is forked."""
    from django.template.loader import get_template

    for folder in Path(rapport.__file__).parent.rglob("templates"):
        for file in folder.rglob("*.html"):
            get_template(file.relative_to(folder).as_posix())
    gc.collect()
    gc.freeze()
    gc.set_threshold(
        2_000, 50, 20
    )  # a page leaves a hundred objects in circles: few at a time, no long pause


def main(host: str, port: int) -> None:
    """Make ready, then serve until SIGTERM. Exit code UNFIT when this place must not serve."""
    obey_parent()
    make_ready(host, port)
    settle()
    os.environ[PARENT] = str(os.getpid())
    static = Path(os.environ["RAPPORT_DATA_DIR"]) / "static"
    Granian(
        "rapport.config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes(),
        blocking_threads=THREADS + bodies.THREADS,
        backpressure=256,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        log_level=LogLevels.warning,
        static_path_route=["/static"],
        static_path_mount=[static],
        static_path_expires=A_YEAR,
    ).serve(target_loader=load)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
