"""The embedded PostgreSQL: a real server of Rapport's own, below its data directory.

Whoever uses the server holds a *lease*: a shared lock on a file. A small keeper process starts
PostgreSQL, watches it, and stops it cleanly once no lease is left. The kernel gives a lease back
when its holder dies, however it dies, so nothing is left behind.
"""

from __future__ import annotations

import fcntl
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from rapport.gate.database import allow
from rapport.serving.cluster import OWNER, ROLE, SUPERUSER, Cluster, PostgresError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Embedded", "PostgresError"]

NAME = "rapport"
LOOK = 0.05  # seconds between two looks
PATIENCE = 180.0  # seconds for another process to get out of the way
STOPPING = 2.0  # seconds for the keeper to notice that it is no longer needed


class Embedded:
    """The PostgreSQL of one data directory. `start` before use, `stop` after; both may be called again.

    url    the address of Rapport's database, for the role that Rapport works as
    """

    def __init__(self, data_dir: Path | str, *, durable: bool = True) -> None:
        self.cluster = Cluster(Path(data_dir).resolve() / "postgres", durable)
        self._lease: IO[str] | None = None

    @property
    def url(self) -> str:
        """Address of the database `rapport`."""
        return self.address(NAME)

    @property
    def owner_url(self) -> str:
        """The same, for the role that owns the tables: for migrations and imports."""
        return self.address(NAME, OWNER)

    def address(self, database: str, role: str = ROLE) -> str:
        """Address of any database of this server."""
        return f"postgresql:///{quote(database)}?host={quote(str(self.cluster.sockets), safe='')}&user={role}"

    def start(self) -> Embedded:
        """Come back when the database answers: found running, or started (and made, the first time)."""
        if self._lease is None:
            self.cluster.prepare_folders()
            self._lease = self._take_lease()
        with self._alone("start"):
            if not self._answers(self.address("postgres", SUPERUSER)):
                self._launch()
            if not self._answers(self.url):
                self._create_database()
        return self

    def stop(self) -> None:
        """Give the lease back; when it was the last, come back once the server has stopped cleanly."""
        if self._lease is None:
            return
        lease, self._lease = self._lease, None
        lease.close()
        quiet_since = time.monotonic()
        deadline = quiet_since + PATIENCE
        while self.kept() and time.monotonic() < deadline:
            if self._shared() and time.monotonic() - quiet_since > STOPPING:
                return  # somebody else uses it
            time.sleep(LOOK)

    def __enter__(self) -> Embedded:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # ------------------------------------------------------------ locks

    def _take_lease(self) -> IO[str]:
        lease = (self.cluster.locks / "lease").open("a")
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(lease, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise PostgresError("The database has been stopping for minutes; see its log.") from None
                time.sleep(LOOK)
            else:
                return lease

    def _shared(self) -> bool:
        """Whether the keeper is not (yet) stopping the server."""
        return _lockable(self.cluster.locks / "lease", fcntl.LOCK_SH)

    def kept(self) -> bool:
        """Whether a keeper is at work."""
        return not _lockable(self.cluster.locks / "keeper", fcntl.LOCK_EX)

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        with (self.cluster.locks / name).open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    # ------------------------------------------------------------ the server

    def _launch(self) -> None:
        """Start a keeper (unless one is at work) and wait until its server answers, recovery included."""
        keeper = None if self.kept() else self._start_keeper()
        began = time.monotonic()
        while not self._answers(self.address("postgres", SUPERUSER)):
            gone = keeper.poll() is not None if keeper else time.monotonic() - began > 1 and not self.kept()
            if gone:
                raise PostgresError(f"PostgreSQL did not start.\n{self._last_words()}")
            time.sleep(LOOK)

    def _start_keeper(self) -> subprocess.Popen[bytes]:
        self.cluster.prepare()
        command = [sys.executable, "-m", "rapport.serving.keeper", str(self.cluster.folder)]
        command += [str(self.cluster.program("postgres")), *self.cluster.owner_ids()]
        if self.cluster.log.exists() and self.cluster.log.stat().st_size > 5_000_000:
            self.cluster.log.replace(self.cluster.log.with_suffix(".log.1"))
        with self.cluster.log.open("ab") as log:
            self.cluster.log.chmod(0o600)
            return subprocess.Popen(
                command,
                cwd=Path(__file__).resolve().parents[2],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # ctrl-C is for the people's processes; this one goes last
            )

    def _last_words(self) -> str:
        try:
            return "\n".join(self.cluster.log.read_text(errors="replace").splitlines()[-8:])
        except OSError:
            return ""

    def _answers(self, address: str) -> bool:
        if not self.cluster.sockets.is_dir():
            return False
        try:
            psycopg.connect(address, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _create_database(self) -> None:
        """The roles and the database of Rapport, where they are missing."""
        with psycopg.connect(self.address("postgres", SUPERUSER), autocommit=True) as conn:
            for role in (OWNER, ROLE):
                if not conn.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                    conn.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
            # An export asks when the oldest transaction began, an import's too, which runs as the owner.
            conn.execute(sql.SQL("GRANT pg_read_all_stats TO {}").format(sql.Identifier(ROLE)))
            owner, name = sql.Identifier(OWNER), sql.Identifier(NAME)
            if not conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
                conn.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, owner))
        with psycopg.connect(self.owner_url) as conn:  # made when one role was all there was: what is there
            allow(conn, ROLE)


@contextmanager
def one_at_a_time(conn: psycopg.Connection[Any], name: str) -> Iterator[None]:
    """Whoever does `name` on this database does it alone, across processes and machines."""
    key = int.from_bytes(name.encode()[:7].ljust(7), "big")
    conn.execute("SELECT pg_advisory_lock(%s)", [key])
    try:
        yield
    finally:
        conn.execute("SELECT pg_advisory_unlock(%s)", [key])


def _lockable(path: Path, kind: int) -> bool:
    with path.open("a") as file:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
