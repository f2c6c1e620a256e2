"""Requests by chance: whatever comes, a client can read the answer, and the record stays whole."""

from __future__ import annotations

import os
from collections import Counter

import pytest
from django.conf import settings
from psycopg import connect

from rapport.store import checking
from rapport.store.wire import EVERYONE, wearing
from tests.fhir_api.conftest import Call, Said
from tests.fhir_api.fuzzing import made

#: Where the seeds begin: another number tries other requests.
START = int(os.environ.get("RAPPORT_FUZZ_START", "0"))


def tried(api: Call, seeds: range) -> Counter[int]:
    """Send the requests of those seeds; how often each status came back. Tells every seed that went wrong."""
    found: Counter[int] = Counter()
    wrong = []
    for seed in seeds:
        case = made(seed)
        path = case.path.encode("utf-8", "replace").decode("latin-1")
        said = api(case.method, path, case.body, case.who, case.media, **case.headers)
        found[said.status] += 1
        if not readable(said, case.method):
            wrong.append((seed, said.status, case.who, case.method, case.path, case.media, case.body[:500]))
    assert not wrong, "\n".join(map(str, wrong[:20]))
    return found


def readable(said: Said, method: str) -> bool:
    """Whether a client can make something of an answer, and nothing broke."""
    if said.status >= 500:
        return False
    if said.status >= 400 and method != "HEAD":
        return bool(said.json["resourceType"] == "OperationOutcome" and said.json["issue"])
    if said.body and "json" in said.headers.get("Content-Type", ""):
        return bool(said.json)
    return True


def whole() -> list[str]:
    with connect(settings.DATABASE_URL, autocommit=True) as conn, wearing(conn, EVERYONE):
        return list(checking.faults(conn))


def test_some_requests(api: Call) -> None:
    found = tried(api, range(START, START + 600))
    assert found[200] > 50 and found[201] > 10 and found[400] > 100 and len(found) > 6, found
    assert whole() == []


@pytest.mark.usefixtures("no_guards")
def test_some_requests_of_plain_fhir(api: Call) -> None:
    """Without the product's guards, which refuse much before the rest is reached."""
    tried(api, range(START + 600, START + 900))
    assert whole() == []


@pytest.mark.long
def test_twenty_thousand_requests(api: Call) -> None:
    found = tried(api, range(START + 1000, START + 21_000))
    print(sorted(found.items()))
    assert whole() == []
