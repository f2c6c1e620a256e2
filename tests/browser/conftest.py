"""`town`: the product as it runs, with people in it. `browser`: Chromium."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import chromium
from tests.browser.town import Town
from tests.conftest import Server, point_django_at
from tests.serving.running import Running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's loop runs in this thread beside Django
    with chromium() as running:
        yield running
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="module")
def town(browser: Browser, django_db_setup: None, postgres: Server, django_db_blocker: Any) -> Iterator[Town]:
    """`rapport run` on a database of this module alone; commits are real.

    It begins after the browser and ends before it: Django keeps one connection for code within
    Playwright's loop and another for code outside, and only the one within is closed here.
    """
    from django.conf import settings
    from django.core.cache import cache
    from django.db import connections

    from rapport.people import site

    before, name = settings.DATABASE_URL, f"rapport_{uuid.uuid4().hex[:12]}"
    with django_db_blocker.unblock(), tempfile.TemporaryDirectory() as place:
        url = postgres.create(name)
        point_django_at(url)
        site.forget()
        server = Running(Path(place), DATABASE_URL=url, RAPPORT_SECRET_KEY=settings.SECRET_KEY)
        try:
            server.start()
            yield Town(server.url)
        finally:
            server.stop()
            site.forget()
            cache.clear()
            connections.close_all()
            point_django_at(before)
    postgres.drop(name)
