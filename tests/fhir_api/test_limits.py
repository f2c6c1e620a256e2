"""Too many requests: 429, Retry-After, an outcome; each client by itself, all processes together."""

from __future__ import annotations

import os
import time
import uuid
from typing import Any

import pytest

from rapport.fhir_api import limits
from tests.fhir_api.conftest import Call


@pytest.fixture(autouse=True)
def slow_clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that stands, in a time of its own so that no account is overdrawn."""
    at = [time.monotonic() + 1e6]
    monkeypatch.setattr(limits.time, "monotonic", lambda: at[0])
    limits._known.clear()
    yield at
    for accounts in (limits._due, limits._wrong):
        for place in range(len(accounts)):
            accounts[place] = 0.0


def asked(api: Call, count: int, who: str = "program") -> list[int]:
    return [api("GET", "Patient/amina", who=who).status for _ in range(count)]


def test_who_asks_too_much_waits(api: Call, settings: Any, slow_clock: list[float]) -> None:
    settings.FHIR_RATE = 4
    first = asked(api, 12)
    # The request that shows whose a token is comes free; then two seconds' worth, and the one in hand.
    assert first == [200] * 10 + [429] * 2
    refused = api("GET", "Patient/amina")
    assert refused.json["resourceType"] == "OperationOutcome"
    assert refused.json["issue"][0]["code"] == "throttled" and refused.headers["Retry-After"] == "1"
    assert asked(api, 3, "amina") == [200] * 3  # others go on
    slow_clock[0] += float(refused.headers["Retry-After"])
    assert asked(api, 6) == [200] * 4 + [429] * 2
    slow_clock[0] += 100
    assert asked(api, 11) == [200] * 9 + [429] * 2  # idle time is not saved up beyond a burst


def test_no_limit(api: Call, settings: Any) -> None:
    settings.FHIR_RATE = 0
    assert asked(api, 30) == [200] * 30


def test_a_client_does_not_grow_by_more_tokens(api: Call, settings: Any, tokens: dict[str, str]) -> None:
    from rapport.people import tokens as made
    from rapport.people.models import Client

    settings.FHIR_RATE = 4
    other = made.issue_to_client(Client.objects.get(), "system/*.rs")
    assert asked(api, 10) == [200] * 10
    assert asked(api, 3, other) == [200, 429, 429]


def test_wrong_tokens_are_counted_where_they_come_from(
    api: Call, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FHIR_RATE = 4
    monkeypatch.setattr(limits, "WRONG", 4.0)
    assert asked(api, 3) == [200] * 3
    assert [api("GET", "Patient", who=f"rpt_{number}").status for number in range(11)] == [401] * 9 + [
        429
    ] * 2
    assert asked(api, 3) == [200] * 3  # known tokens of the same address go on


def test_no_wrong_form_of_a_token_breaks_it(api: Call) -> None:
    for odd in ("é\udcff", "\x00", "x" * 100_000):
        limits.good(odd, odd)
        assert api("GET", "Patient/amina", who=odd).status == 401


def test_processes_share_an_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four processes that are forked count together: 100 a second are 100, not 400."""
    monkeypatch.undo()
    place, until = limits.account(uuid.uuid4().hex), time.monotonic() + 0.5
    children, reading = [], []
    for _ in range(4):
        ours, theirs = os.pipe()
        pid = os.fork()
        if not pid:
            count = 0
            while time.monotonic() < until:
                count += not limits.take(limits._due, place, 100.0)
                time.sleep(0.0005)
            os.write(theirs, str(count).encode())
            os._exit(0)
        children.append(pid)
        reading.append(ours)
    total = sum(int(os.read(pipe, 20)) for pipe in reading)
    for pid in children:
        os.waitpid(pid, 0)
    allowed = 100 * (0.5 + limits.BURST)
    assert 0.8 * allowed <= total <= 1.1 * allowed
