"""Each search that US Core asks of a server, over HTTP, with data that it means and data that it misses."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import unquote

import pytest

from tests.clients.us_core import making
from tests.clients.us_core.conftest import Record, means
from tests.clients.us_core.making import Asked

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("clients")]
#: What every search shows beside itself: by GET and POST, tokens with and without system, references with
#: and without type.
EVERY = ("us-core@51", "us-core@52")
BY_KIND = {
    "code": "us-core@55",
    "category": "us-core@55",
    "patient": "us-core@58",
    "birthdate": "us-core@61",
    "date": "us-core@62",
}


def shown(asked: Asked) -> Any:
    ids = {BY_KIND[name] for name in asked.names if name in BY_KIND}
    return pytest.param(asked, id=asked.id, marks=pytest.mark.shows(asked.id, *EVERY, *sorted(ids)))


def test_there_are_as_many_as_us_core_says() -> None:
    assert len({asked.id for asked in making.searches()}) == 115


@pytest.mark.parametrize("asked", [shown(asked) for asked in making.searches()])
def test_search(record: Record, asked: Asked) -> None:
    tag = f"t{uuid.uuid4().hex[:12]}"
    record.store(*making.resources(asked, tag).values())
    for pairs, ids in making.questions(asked, tag):
        expected = {f"{asked.rtype}/{rid}" for rid in ids}
        query = "&".join(f"{name}={text}" for name, text in pairs)
        assert record.found(f"{asked.rtype}?{query}") == expected, query
        form = {name: unquote(text) for name, text in pairs}
        assert means(record.form(f"{asked.rtype}/_search", form)) == expected, query
