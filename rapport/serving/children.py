"""The processes that a supervisor looks after."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass

from rapport.serving.leash import leash


class Hopeless(Exception):
    """A child cannot do its work here, and has said why."""


log = logging.getLogger("rapport.serving")

PARENT = "RAPPORT_PARENT"  # the environment's word for the pid that a child must not outlive
UNFIT = 78  # the exit code of a child that says that there is no use in starting it again
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before a crashed child starts again
STEADY = 60.0  # seconds of life after which a crash counts as the first again


def obey_parent() -> None:
    """In a child: die with the supervisor, at once. Called first thing.

    A supervisor that could stop its children cleanly has done so; what is cut off here was not acknowledged.
    """
    parent = os.environ.get(PARENT)
    if parent:
        leash(signal.SIGKILL, int(parent))


@dataclass(slots=True)
class Child:
    """A process that is started again when it ends. `grace`: seconds it may take to stop."""

    name: str
    words: tuple[str, ...]
    grace: float
    process: subprocess.Popen[bytes] | None = None
    pause: float = FIRST_PAUSE
    began: float = 0.0
    due: float = 0.0

    def start(self) -> None:
        """Start it in a group of its own: ctrl-C reaches the supervisor alone, which then stops all."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", *self.words],
            env={**os.environ, PARENT: str(os.getpid())},
            stdin=subprocess.DEVNULL,
            process_group=0,
        )
        self.began = time.monotonic()

    def look(self) -> None:
        """Start it again where it has ended and its pause is over."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.due:
                self.start()
        elif self.process.poll() is not None:
            self._sweep()
            if self.process.returncode == UNFIT:
                raise Hopeless
            self.pause = FIRST_PAUSE if now - self.began > STEADY else self.pause
            log.warning(
                "%s ended (%s); it starts again in %.1f s", self.name, self.process.returncode, self.pause
            )
            self.process, self.due = None, now + self.pause
            self.pause = min(self.pause * 2, LONGEST_PAUSE)

    def stop(self) -> None:
        """Ask it to end, and end what is left of its group after its time of grace."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(self.grace)
            except subprocess.TimeoutExpired:
                log.warning("%s did not stop within %.0f s", self.name, self.grace)
        self._sweep()
        self.process.wait()
        self.process = None

    def _sweep(self) -> None:
        """Nothing of a dead child's group stays behind."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
