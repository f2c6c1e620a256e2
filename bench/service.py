"""A Rapport that really runs, for what is measured from outside: starts, memory, import, `/fhir`."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
#: Workloads of the load driver that are run: read, search, create, update, transaction, mixed.
WORKLOADS = "w1,w2,w3,w4,w5,w6"


@contextmanager
def place(kept: Path | None = None) -> Iterator[Path]:
    """A data directory that the account of PostgreSQL may enter; gone afterwards, unless it is kept."""
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.parent.chmod(0o711)
        yield kept
        return
    outer = Path(tempfile.mkdtemp(prefix="rapport-bench-"))
    outer.chmod(0o711)
    try:
        yield outer / "data"
    finally:
        shutil.rmtree(outer, ignore_errors=True)


def rapport(*words: str, data: Path) -> subprocess.CompletedProcess[str]:
    """One `rapport` command on a data directory."""
    return subprocess.run(
        [sys.executable, "-m", "rapport.serving.cli", *words, "--data-dir", str(data)],
        cwd=ROOT,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def _environment() -> dict[str, str]:
    hidden = {"DATABASE_URL", "RAPPORT_DATA_DIR", "RAPPORT_BASE_URL"}
    return {name: value for name, value in os.environ.items() if name not in hidden}


@dataclass(slots=True)
class Service:
    """`rapport run` on a free port, without a line in the log for each request."""

    data: Path
    command: str = "run"
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def state(self) -> Path:
        """Where the load driver keeps what it asks for."""
        return self.data.parent / "load-state.json"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> float:
        """Start; the seconds until it was healthy."""
        with socket.socket() as trial:
            trial.bind(("127.0.0.1", 0))
            self.port = trial.getsockname()[1]
        began = time.perf_counter()
        words = [self.command, "--port", str(self.port), "--data-dir", str(self.data)]
        with (self.data.parent / "said.txt").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "rapport.serving.cli", *words],
                cwd=ROOT,
                env=_environment() | {"RAPPORT_ACCESS_LOG": "0", "RAPPORT_FHIR_RATE": "0"},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        while not self._healthy():
            if self.process.poll() is not None:
                raise SystemExit((self.data.parent / "said.txt").read_text())
            time.sleep(0.02)
        return time.perf_counter() - began

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def stop(self) -> None:
        """Stop, cleanly."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)
            self.process = None

    def database(self) -> int:
        """The pid of its PostgreSQL."""
        return int((self.data / "postgres" / "data" / "postmaster.pid").read_text().split()[0])

    def _web(self) -> int:
        """The pid of the process that answers requests, with its own below it."""
        assert self.process is not None
        for pid in _tree(self.process.pid):  # from above: the parent of those that answer
            if b"rapport.serving.web" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
        raise SystemExit("nothing answers requests")

    def memory(self) -> float:
        """Megabytes of all its processes; what they share counts once."""
        assert self.process is not None
        pids = {*_tree(self.process.pid), *_tree(self.database())}
        total = 0
        for pid in pids:
            try:
                text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            except OSError:
                continue
            total += int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1])  # type: ignore[index]
        return total / 1024

    def load(self, driver: Path, credentials: dict[str, str], seconds: int, repeat: int) -> dict[str, Any]:
        """Let the load driver work on `/fhir`; its JSON."""
        assert self.process is not None
        done = subprocess.run(
            [
                sys.executable,
                str(driver),
                *("--base-url", f"{self.url}/fhir", "--token-url", credentials["token_url"]),
                *("--client-id", credentials["client_id"], "--client-secret", credentials["client_secret"]),
                *("--workloads", WORKLOADS, "--concurrency", "16", "--seconds", str(seconds)),
                *("--repeat", str(repeat), "--state", str(self.state)),
                *("--pid", f"app={self._web()}", "--pid", f"db={self.database()}"),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if not done.stdout.startswith("{"):
            raise SystemExit(done.stderr[-3000:] + done.stdout[-3000:])
        print(done.stderr, file=sys.stderr)
        found: dict[str, Any] = json.loads(done.stdout)
        return found


def cpu_of(root: int) -> float:
    """CPU seconds of a process and everything below it, ended children included."""
    ticks = 0
    for pid in _tree(root):
        try:
            ticks += sum(map(int, Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:15]))
        except OSError:
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


def _tree(root: int) -> list[int]:
    """A process and everything below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += children.get(pid, [])
    return found
