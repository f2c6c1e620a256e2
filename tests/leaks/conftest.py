"""A copy of the seeded world for each test."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from rapport.people import site
from tests.conftest import Server, _alone, database_name, point_django_at
from tests.leaks import world as worlds


@pytest.fixture(scope="session")
def seeded(django_db_setup: None, postgres: Server, django_db_blocker: Any) -> tuple[str, worlds.World]:
    """The database that is copied, and what is in it; made by whoever comes first in this run."""
    from django.conf import settings
    from django.db import connections

    place = Path(os.environ["RAPPORT_TEST_DIR"])
    name = f"leaks_{place.name.replace('-', '_')}"
    with django_db_blocker.unblock(), _alone(place):
        if not (place / "leaks.json").exists():
            before = settings.DATABASE_URL
            point_django_at(postgres.create(name))
            worlds.saved(worlds.seed(), place / "leaks.json")
            connections.close_all()
            point_django_at(before)
    return name, worlds.loaded(place / "leaks.json")


@pytest.fixture
def world(
    seeded: tuple[str, worlds.World],
    postgres: Server,
    django_db_blocker: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[worlds.World]:
    """The world in a database of this test alone; Django and `/fhir` mean it."""
    from django.conf import settings
    from django.db import connections

    from rapport.fhir_api import pool

    monkeypatch.setattr(settings, "FHIR_RATE", 0.0)
    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)
    before, name = settings.DATABASE_URL, f"rapport_{uuid.uuid4().hex[:12]}"
    with django_db_blocker.unblock():
        postgres.run("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, seeded[0])
        point_django_at(postgres.address(name))
        site.forget()
        cache.clear()
        yield seeded[1]
        pool.close()
        connections.close_all()
        point_django_at(before)
        site.forget()
    postgres.drop(name)


@pytest.fixture
def belted(world: worlds.World, postgres: Server) -> worlds.World:
    """The same as Rapport works: held back by row-level security. `world`: by filters alone.

    A server that was given has one role for all.
    """
    from django.conf import settings
    from django.db import connections

    from rapport.fhir_api import pool

    pool.close()
    connections.close_all()
    point_django_at(postgres.at_work(database_name(settings.DATABASE_URL)))
    return world
