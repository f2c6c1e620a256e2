"""A Rapport that really runs: `rapport run` in a folder and on a port of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.serving.processes import children, descendants, until, whose_words


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


class Running:
    """One supervisor and what it looks after. `log` holds what they said."""

    def __init__(self, place: Path, command: str = "run", **environment: str) -> None:
        self.place, self.command = place, command
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = place / "said.txt"
        hidden = {"DATABASE_URL", "RAPPORT_DATA_DIR", "RAPPORT_BASE_URL", "RAPPORT_DEMO", "RAPPORT_TEST_DIR"}
        self.environment = {**{k: v for k, v in os.environ.items() if k not in hidden}, **environment}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, seconds: float = 30.0) -> Running:
        """Start, and come back when it is healthy."""
        words = ["-m", "rapport.serving.cli", self.command, "--port", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *words, "--data-dir", str(self.place)],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(lambda: self.healthy() or self.ended(), "it is healthy", seconds)
        assert not self.ended(), self.said()
        return self

    def ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=2) as answer:
                found: dict[str, Any] = json.load(answer)
        except (urllib.error.URLError, OSError, ValueError):
            return False
        return found["status"] == "ok"

    def stop(self, request: int = signal.SIGINT, seconds: float = 40.0) -> int:
        """Ask it to end; its exit code."""
        assert self.process is not None
        self.process.send_signal(request)
        return self.process.wait(seconds)

    def part(self, name: str) -> int:
        """The pid of `web` or `worker`: the one that is directly below the supervisor, once it is there."""
        until(lambda: bool(self._parts(name)), f"there is a {name}")
        return self._parts(name)[0]

    def _parts(self, name: str) -> list[int]:
        assert self.process is not None
        below = children(self.process.pid)
        return [pid for pid in whose_words(f"rapport.serving.{name}") if pid in below]

    def everything(self) -> list[int]:
        """Every living process of this Rapport, the database's included."""
        below = descendants(self.process.pid) if self.process is not None else []
        return sorted({*below, *whose_words(str(self.place))})

    def said(self) -> str:
        return self.log.read_text(errors="replace")
