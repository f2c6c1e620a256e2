"""What every test may ask for. A real PostgreSQL stands behind all of it.

db             a database of this test process, all undone after the test (pytest-django's own fixture);
               `django.db.connection.connection` is its psycopg connection
conn           a psycopg connection of its own to the same database, undone after the test
own_database   a database of this test alone, commits are real: for several connections, the API, a browser

The server is Rapport's embedded PostgreSQL in a temporary directory, or the one of DATABASE_URL
(`make test-pg15`), whose role must be allowed to create databases. Migrations run once, into a template.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from rapport.gate import database as roles
from rapport.serving.cluster import ROLE
from tests.shows import Shows

#: Where the workers of one run meet; set by the first of them, inherited by the others.
MEETING = "RAPPORT_TEST_DIR"
TEMPLATE = "rapport_template"


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Shows())
    if MEETING not in os.environ:
        place = Path(tempfile.mkdtemp(prefix="rapport-"))
        place.chmod(0o711)
        os.environ[MEETING] = str(place)
        config.stash[_place] = place


def pytest_unconfigure(config: pytest.Config) -> None:
    place = config.stash.get(_place, None)
    if place is not None:
        if (place / "postgres").exists():
            from rapport.serving.postgres import Embedded

            embedded = Embedded(place, durable=False)
            embedded.start()  # so that `stop` waits for the end
            embedded.stop()
        shutil.rmtree(place, ignore_errors=True)
        os.environ.pop(MEETING, None)


_place = pytest.StashKey[Path]()


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    with (place / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class Server:
    """The PostgreSQL of this run; `address(name)` of a database, `create` and `drop` of databases."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.given = os.environ.get("DATABASE_URL_FOR_TESTS") or os.environ.get("DATABASE_URL", "")
        self.embedded: Any = None
        if not self.given:
            from rapport.serving.postgres import Embedded

            self.embedded = Embedded(place, durable=False).start()
        self.template = f"{TEMPLATE}_{place.name.replace('-', '_')}"

    def address(self, name: str, role: str = "") -> str:
        """Of a database, for the role that owns everything, or another one without a password."""
        if self.given:
            return make_conninfo(self.given, dbname=name, **({"user": role} if role else {}))
        return str(self.embedded.address(name, role or "postgres"))

    def at_work(self, name: str) -> str:
        """Of a database, for the role that Rapport works as; that of a given server has one role for all."""
        return self.address(name, "" if self.given else ROLE)

    def run(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.address("postgres"), autocommit=True) as conn:
            conn.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def exists(self, name: str) -> bool:
        with psycopg.connect(self.address("postgres"), autocommit=True) as conn:
            found = conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        return found is not None

    def create(self, name: str) -> str:
        """A new database with every table in it, as the migrations leave it."""
        self.run("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, self.template)
        return self.address(name)

    def drop(self, name: str) -> None:
        self.run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def point_django_at(url: str) -> None:
    """Let Django's connection, its settings and the environment mean the database at `url`.

    For the role that Rapport works as, which row-level security holds back, where the server has one.
    """
    from django.conf import settings
    from django.db import connection, connections

    from rapport.config.database import django_database

    connections.close_all()
    os.environ["DATABASE_URL"] = settings.DATABASE_URL = url
    fresh = django_database(url)
    fresh["CONN_HEALTH_CHECKS"] = False
    settings.DATABASES["default"].update(fresh)
    connection.settings_dict.update(fresh)


def _migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)


def _allow(postgres: Server) -> None:
    """Let Rapport work with every copy of the template."""
    if not postgres.given:
        with psycopg.connect(postgres.address(postgres.template)) as owner:
            roles.allow(owner, ROLE)
            owner.execute(f"GRANT TRUNCATE ON ALL TABLES IN SCHEMA public TO {ROLE}")  # Django's flush
            owner.execute(f"REVOKE TRUNCATE ON {', '.join(roles.ADDED_TO)} FROM {ROLE}")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """The server of this run, with the template database in it."""
    place = Path(os.environ[MEETING])
    with _alone(place):
        server = Server(place)
    yield server
    if server.embedded:
        server.embedded._lease.close()  # the last process of the run waits for the end, not each


@pytest.fixture(scope="session")
def django_db_setup(postgres: Server, django_db_blocker: Any) -> Iterator[None]:
    """pytest-django's hook: a database of this process, made from the template."""
    name = f"rapport_{uuid.uuid4().hex[:12]}"
    with django_db_blocker.unblock():
        with _alone(postgres.place):
            if not (postgres.place / "migrated").exists():
                postgres.run("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'", postgres.template)
                point_django_at(postgres.address(postgres.template))
                _migrate()
                from django.db import connections

                connections.close_all()
                _allow(postgres)
                (postgres.place / "migrated").touch()
            postgres.create(name)
        point_django_at(postgres.at_work(name))
    yield
    with django_db_blocker.unblock():
        from django.db import connections

        connections.close_all()
    postgres.drop(name)
    if postgres.given and "PYTEST_XDIST_WORKER" not in os.environ:
        postgres.drop(postgres.template)


@pytest.fixture
def conn(django_db_setup: None, postgres: Server) -> Iterator[psycopg.Connection[Any]]:
    """A connection as the owner, in a transaction that is undone after the test."""
    from django.conf import settings

    owner = postgres.address(database_name(settings.DATABASE_URL))
    with psycopg.connect(owner) as connection, connection.transaction(force_rollback=True):
        yield connection  # inside, a unit of a door is a savepoint


@pytest.fixture
def own_database(django_db_setup: None, postgres: Server, django_db_blocker: Any) -> Iterator[str]:
    """A database of this test alone; Django, settings and DATABASE_URL mean it. Its address, as the owner."""
    from django.conf import settings
    from django.db import connections

    before = settings.DATABASE_URL
    name = f"rapport_{uuid.uuid4().hex[:12]}"
    with django_db_blocker.unblock():
        url = postgres.create(name)
        point_django_at(postgres.at_work(name))
        yield url
        connections.close_all()
        point_django_at(before)
    postgres.drop(name)


def database_name(url: str) -> str:
    """The name of the database that an address means."""
    return str(conninfo_to_dict(url)["dbname"])
