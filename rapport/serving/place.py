"""Where one Rapport lives on its machine: the data directory, its secrets, its database.

DATA/secrets.env   signing key; may hold any other RAPPORT_… line and DATABASE_URL (0600)
DATA/static        style sheets, letters and scripts under hashed names
DATA/postgres      the embedded database, where DATABASE_URL names no other
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rapport.gate.database import another
from rapport.serving.postgres import Embedded

_DATABASE = ("DATABASE_URL", "DATABASE_OWNER_URL", "RAPPORT_DATABASE_ROLE")


class PlaceError(Exception):
    """The data directory cannot be used; the text says why and what to do."""


def default_data_dir(name: str = "rapport") -> Path:
    """`/var/lib/NAME` for root, a folder of the person's own otherwise."""
    if os.geteuid() == 0:
        return Path("/var/lib") / name
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / name


@dataclass(slots=True)
class Place:
    """One data directory. `embedded` is its own database, None where DATABASE_URL names another."""

    data_dir: Path
    embedded: Embedded | None = None

    def begun(self) -> bool:
        """Whether a database is here, or `secrets.env` names one."""
        try:
            secrets_file = self.data_dir / "secrets.env"
            named = secrets_file.exists() and "\nDATABASE_URL=" in f"\n{secrets_file.read_text()}"
            return named or (self.data_dir / "postgres" / "data" / "PG_VERSION").exists()
        except OSError:  # not ours to look into: `prepare` says so
            return True

    def prepare(self) -> None:
        """Make the folder and its secrets; put both into the environment of this process and its children."""
        try:
            self.data_dir.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
            self._read_secrets()
        except OSError as error:
            raise PlaceError(
                f"{self.data_dir} cannot be used ({error.strerror}). Choose another --data-dir."
            ) from error
        os.environ["RAPPORT_DATA_DIR"] = str(self.data_dir)
        os.environ["RAPPORT_HASHED_STATIC"] = "1"
        os.environ["DJANGO_SETTINGS_MODULE"] = "rapport.config.settings"

    @contextmanager
    def database(self, *, as_owner: bool = False) -> Iterator[str]:
        """The database, running for as long as the block lasts; its address, also in DATABASE_URL.

        `as_owner`: for the role that owns the tables, where DATABASE_OWNER_URL says it is another one.
        """
        given = {name: os.environ.get(name) for name in _DATABASE}
        url, owner = given["DATABASE_URL"], given["DATABASE_OWNER_URL"]
        if not url:
            self.embedded = Embedded(self.data_dir).start()
            url, owner = self.embedded.url, self.embedded.owner_url
        os.environ["DATABASE_URL"] = used = owner if as_owner and owner else url
        os.environ["DATABASE_OWNER_URL"] = owner or url
        os.environ["RAPPORT_DATABASE_ROLE"] = another(url, owner or url)
        try:
            yield used
        finally:
            for name, value in given.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})
            if self.embedded is not None:
                self.embedded.stop()

    def _read_secrets(self) -> None:
        """Put each line of `secrets.env` into the environment; what is set there already stays."""
        file = self.data_dir / "secrets.env"
        if not file.exists():
            fresh = self.data_dir / f"secrets.env.{os.getpid()}"
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
                out.write("# Keep this file secret, and in your backups.\n")
                out.write(f"RAPPORT_SECRET_KEY={secrets.token_urlsafe(48)}\n")
                out.flush()
                os.fsync(out.fileno())
            try:
                os.link(fresh, file)  # the first of two starters wins
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        if file.stat().st_mode & 0o077:
            raise PlaceError(f"{file} can be read by others. Run: chmod 600 {file}")
        for line in file.read_text().splitlines():
            name, equals, value = line.partition("=")
            if equals and not name.lstrip().startswith("#"):
                os.environ.setdefault(name.strip(), value.strip().strip('"'))
