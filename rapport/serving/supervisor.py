"""`rapport run`: the database, the schema, then web and worker; one process looks after them all."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import time
import urllib.request
from dataclasses import dataclass

from rapport.serving.children import Child, Hopeless
from rapport.serving.place import Place

log = logging.getLogger("rapport.serving")

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - to recognise them
LOOK = 0.25  # seconds between two looks at the children
LOOK_AT_DATABASE = 5.0  # seconds between two looks at the database


class CannotServe(Exception):
    """A start that failed; the text says why and what to do."""


@dataclass(slots=True)
class Supervisor:
    """Serves one place on `host`:`port` until it is told to stop."""

    place: Place
    host: str
    port: int
    demo: bool = False
    ended: bool = False

    def run(self) -> None:
        """Serve until SIGINT or SIGTERM; CannotServe when it cannot begin."""
        self._must_be_free()
        for request in (signal.SIGINT, signal.SIGTERM):
            signal.signal(request, self._end)
        os.environ.setdefault("RAPPORT_BASE_URL", f"http://127.0.0.1:{self.port}")
        os.environ["RAPPORT_DEMO"] = "1" if self.demo else ""
        with self.place.database():
            self._keep(
                (
                    Child("web", ("rapport.serving.web", self.host, str(self.port)), 15.0),
                    Child("worker", ("rapport.serving.worker",), 25.0),
                )
            )

    def _end(self, *_: object) -> None:
        self.ended = True

    def _must_be_free(self) -> None:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((self.host, self.port))
            except OSError as error:
                raise CannotServe(
                    f"Port {self.port} on {self.host} cannot be used ({error.strerror}). "
                    "Choose another with --port."
                ) from error

    def _keep(self, children: tuple[Child, ...]) -> None:
        told, looked = False, time.monotonic()
        try:
            while not self.ended:
                for child in children:
                    child.look()
                told = told or self._tell()
                if time.monotonic() - looked > LOOK_AT_DATABASE:
                    looked = time.monotonic()
                    self._look_at_database()
                time.sleep(LOOK)
        except Hopeless as error:
            raise CannotServe("") from error
        finally:
            for child in children:
                child.stop()

    def _look_at_database(self) -> None:
        if self.place.embedded is not None and not self.place.embedded.kept():
            log.warning("the database's keeper is gone; it starts again")
            self.place.embedded.start()

    def _tell(self) -> bool:
        """Say where Rapport is, once it answers."""
        host = "127.0.0.1" if self.host in EVERYWHERE else self.host
        try:
            with urllib.request.urlopen(f"http://{host}:{self.port}/health", timeout=2) as answer:
                address = json.load(answer)["address"]
        except (OSError, ValueError, KeyError):
            return False
        kind = "  (a demo: invented people)" if self.demo else ""
        print(f"\nRapport is at {address}{kind}")
        print(f"Its data are in {self.place.data_dir}. Stop it with ctrl-C.\n", flush=True)
        return True
