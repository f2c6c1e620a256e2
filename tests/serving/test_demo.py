"""The demo's people: whole, believable, and told once."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from rapport.people import asking, site
from rapport.people.models import User
from rapport.serving.demo import record
from rapport.serving.demo.seed import people, seed


@pytest.fixture
def demo(own_database: str) -> Any:
    seed()
    yield asking.at_work("tests")
    site.forget()


def kinds(door: Any, rtype: str, **by: str) -> list[dict[str, Any]]:
    found, cursor = [], ""
    while True:
        page = door.search(
            rtype, [*by.items(), ("_count", "200"), *([("_cursor", cursor)] if cursor else [])]
        )
        found += [one.json for one in page.matches]
        cursor = page.next or ""
        if not cursor:
            return found


def test_it_is_all_there_and_telling_it_twice_tells_it_once(demo: Any) -> None:
    assert len(kinds(demo, "Patient")) == 13
    assert len(kinds(demo, "Practitioner")) == 6
    assert len(kinds(demo, "Organization")) == 3
    assert User.objects.count() == 20  # Walter has no account, Bilal has one for two patients
    before = {rtype: len(kinds(demo, rtype)) for rtype in ("Communication", "Task", "Condition", "CareTeam")}
    assert seed() == []
    assert before == {rtype: len(kinds(demo, rtype)) for rtype in before}
    assert before["CareTeam"] == 13


def test_every_state_of_a_question_can_be_seen(demo: Any) -> None:
    tasks = kinds(demo, "Task", code="urn:rapport:kind|concern")
    states = Counter(task["businessStatus"]["coding"][0]["code"] for task in tasks)
    assert set(states) == {"raised", "accepted", "answered", "reopened", "heard", "closed"}
    assert any(task["priority"] == "stat" for task in tasks)
    promises = kinds(demo, "Task", code="urn:rapport:kind|promise")
    assert {task["status"] for task in promises} >= {"completed", "failed"}
    assert any(task["status"] not in ("completed", "failed") for task in promises)


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 3, 12, 13, 0, tzinfo=UTC),  # a Thursday
        datetime(2026, 3, 15, 2, 30, tzinfo=UTC),  # a Sunday night
        datetime(2026, 3, 16, 7, 5, tzinfo=UTC),  # a Monday before opening
        datetime(2026, 3, 29, 1, 30, tzinfo=UTC),  # the night the clocks change
        datetime(2026, 12, 26, 12, 0, tzinfo=UTC),  # between holidays
    ],
)
def test_it_can_be_told_at_any_time(own_database: str, now: datetime) -> None:
    assert len(seed(now)) == 19
    site.forget()


def test_ages_are_what_they_are_said_to_be() -> None:
    today = datetime(2026, 3, 12).date()
    ages = [told["age"] for told in people()["patients"].values()]
    assert min(ages) == 17 and max(ages) == 94
    assert record.born(58, "03-12", today) == "1968-03-12"
    assert record.born(58, "03-13", today) == "1967-03-13"
