"""The keeper of the embedded PostgreSQL: starts it, watches it, and stops it when nobody needs it any more.

    python -m rapport.serving.keeper FOLDER PROGRAM [UID GID]

It imports the standard library alone, so that it stays small. It ends when no process holds the
lease (`FOLDER/locks/lease`) any more, or on SIGTERM. Exit code 1: PostgreSQL did not come up.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from rapport.serving.leash import leash

LOOK = 0.2  # seconds between two looks
PATIENCE = 120.0  # seconds for a clean stop, before a hard one (which the next start recovers from)


class Keeper:
    """One PostgreSQL below `folder`, run by `program` as `uid`:`gid` (None: as we are)."""

    def __init__(self, folder: Path, program: str, uid: int | None, gid: int | None) -> None:
        self.folder, self.program, self.uid, self.gid = folder, program, uid, gid
        self.ended = False
        self.lease = (folder / "locks" / "lease").open("a")
        self.server: subprocess.Popen[bytes] | None = None

    def run(self) -> int:
        """Keep the server until nobody holds the lease; the exit code."""
        pause, came_up = 0.5, False
        self.start()
        while not self.ended and not self.unused():
            time.sleep(LOOK)
            came_up = came_up or self.status() == "ready"
            if self.server is None or self.server.poll() is None:
                continue
            if not came_up:
                return 1
            time.sleep(pause)
            pause = min(pause * 2, 10.0)
            self.start()
        self.stop()
        return 0

    def unused(self) -> bool:
        """True once nobody needs the server; from then on the lease is ours, so that a new starter waits."""
        try:
            fcntl.flock(self.lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def start(self) -> None:
        """Start PostgreSQL, after making sure that none is left on this cluster."""
        self._clear_pid_file()
        owner = {} if self.uid is None else {"user": self.uid, "group": self.gid, "extra_groups": ()}
        command = [self.program, f"--config-file={self.folder}/postgresql.conf"]
        self.server = subprocess.Popen(
            command,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            preexec_fn=lambda: leash(signal.SIGINT),
            **owner,  # type: ignore[call-overload]
        )

    def stop(self) -> None:
        """A clean stop; a hard one when it takes too long."""
        if self.server is None:
            return
        for request in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            self.server.send_signal(request)
            try:
                self.server.wait(PATIENCE if request == signal.SIGINT else 10.0)
                return
            except subprocess.TimeoutExpired:
                continue

    def status(self) -> str:
        """PostgreSQL's own word on how it is: `starting`, `ready`, `stopping`, or nothing."""
        lines = self._pid_file()
        return lines[7].strip() if len(lines) > 7 else ""

    def _pid_file(self) -> list[str]:
        try:
            return (self.folder / "data" / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _clear_pid_file(self) -> None:
        """Wait for a server whose keeper was killed; forget a pid that belongs to another program by now."""
        lines = self._pid_file()
        if not lines or not lines[0].isdigit():
            return
        pid, waited = int(lines[0]), 0.0
        while self._is_ours(pid):
            if waited > PATIENCE:
                os.kill(pid, signal.SIGQUIT)
            time.sleep(LOOK)
            waited += LOOK
        (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)

    def _is_ours(self, pid: int) -> bool:
        """Whether the process `pid` is a PostgreSQL of this cluster."""
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            shown = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, check=False)
            words = shown.stdout
        return os.fsencode(f"--config-file={self.folder}/") in words


def main(argv: list[str]) -> int:
    """Keep one server; see the module's text."""
    folder = Path(argv[0])
    ours = (folder / "locks" / "keeper").open("a")
    try:
        fcntl.flock(ours, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return 0
    uid, gid = (int(argv[2]), int(argv[3])) if len(argv) > 2 else (None, None)
    keeper = Keeper(folder, argv[1], uid, gid)

    def end(_signal: int, _frame: object) -> None:
        keeper.ended = True

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    return keeper.run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
