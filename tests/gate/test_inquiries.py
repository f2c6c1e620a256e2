"""Readings asked together say what they say alone; each search passes the door and is written down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from psycopg import Connection

from rapport.fhir.outcomes import Refused
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.gate.together import Asks, inquiry, together
from tests.personas import AMINA, CHEN, People, conversation, message, observation

Doors = Callable[[Actor], Door]
STAFF_ONLY = {"security": [{"system": "urn:rapport:label", "code": "staff-only"}]}


@pytest.fixture
def written(people: People, door: Doors) -> People:
    """Amina's conversation with three messages, two heart rates, a staff note."""
    amina = door(people.amina)
    amina.create(conversation("c1"), rid="c1")
    for number in "123":
        amina.create(message(f"m{number}", "c1", f"Number {number}."), rid=f"m{number}")
    for rid in ("o1", "o2"):
        door(people.program).create(observation(rid), rid=rid)
    note = message("n1", "c1", "Ask about salt.", sender=CHEN) | {"meta": STAFF_ONLY}
    door(people.chen).create(note, rid="n1")
    return people


@inquiry
def named(door: Door, rtype: str, *pairs: tuple[str, str]) -> Asks[list[str]]:
    """The ids that a search finds."""
    found = yield rtype, list(pairs)
    return sorted(record.rid for record in found.matches)


@inquiry
def step_by_step(door: Door, count: int) -> Asks[list[str]]:
    """Messages, one more of them each time: what comes second depends on what came first."""
    rids: list[str] = []
    for number in range(1, count + 1):
        rids = yield from named.begin(door, "Communication", ("part-of", "c1"), ("_count", str(number)))
    return rids


@inquiry
def nothing(door: Door) -> Asks[str]:
    """Asks nothing."""
    return "said at once"
    yield "Patient", ()


def last_row(conn: Connection[Any]) -> tuple[str, list[str]]:
    row = conn.execute("SELECT query, entities FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    assert row is not None
    return row[0], sorted(row[1])


def test_together_they_say_and_note_what_they_do_alone(
    written: People, door: Doors, conn: Connection[Any]
) -> None:
    for actor in (written.amina, written.chen, written.eve):
        alone, side_by_side = door(actor), door(actor)
        messages = ("Communication", ("part-of", "Communication/c1"))
        expected = [named(alone, *messages), named(alone, "Observation"), step_by_step(alone, 2)]
        alone.finish()
        noted = last_row(conn)
        with together(side_by_side) as later:
            answers = [
                later(named, *messages),
                later(named, "Observation"),
                later(step_by_step, 2),
                later(nothing),
            ]
        side_by_side.finish()
        assert [answer.value for answer in answers] == [*expected, "said at once"]
        now = last_row(conn)
        assert now[1] == noted[1] and sorted(now[0].split("\n")) == sorted(noted[0].split("\n"))
    assert expected == [[], [], []]  # Eve's
    assert named(door(written.chen), "Communication", ("part-of", "c1")) == ["m1", "m2", "m3", "n1"]
    assert named(door(written.amina), "Communication", ("part-of", "c1")) == ["m1", "m2", "m3"]


def test_independent_searches_go_out_at_once(
    written: People, door: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone: list[int] = []
    real = Door.searches

    def counted(self: Door, asked: Any) -> Any:
        each = list(asked)
        gone.append(len(each))
        return real(self, each)

    monkeypatch.setattr(Door, "searches", counted)
    with together(door(written.amina)) as later:
        later(step_by_step, 3)
        later(named, "Observation")
        later(nothing)
    assert gone == [2, 1, 1]


@pytest.mark.parametrize("wrong", [("Nonsense", ()), ("Task", (("shoe-size", "45"),))])
def test_one_that_is_refused_refuses_all_before_any_is_made(
    written: People, door: Doors, conn: Connection[Any], wrong: tuple[str, Any]
) -> None:
    amina = door(written.amina)
    amina.finish()
    with pytest.raises(Refused) as alone:
        door(written.amina).search(wrong[0], list(wrong[1]))
    with pytest.raises(Refused) as refused:
        amina.searches([("Observation", ()), (wrong[0], list(wrong[1]))])
    assert refused.value.code == alone.value.code
    before = last_row(conn)
    amina.finish()  # nothing was looked at, so nothing is written down
    assert last_row(conn) == before
    assert len(amina.searches([("Observation", [("patient", AMINA)]), ("Patient", ())])[0].matches) == 2


def test_a_search_that_counts_or_may_see_nothing_stands_among_others(written: People, door: Doors) -> None:
    amina = door(written.amina)
    counted, none, found = amina.searches(
        [("Observation", [("_summary", "count")]), ("AuditEvent", ()), ("Observation", [("_count", "1")])]
    )
    assert counted.total == 2 and not none.matches
    assert len(found.matches) == 1 and found.next


def test_in_a_unit_they_see_what_it_has_written(written: People, door: Doors) -> None:
    amina = door(written.amina)
    with amina.unit("writing"):
        amina.create(message("m4", "c1", "Number 4."), rid="m4")
        with together(amina) as later:
            rids = later(named, "Communication", ("part-of", "c1"))
            patients = later(named, "Patient")
    assert rids.value == ["m1", "m2", "m3", "m4"] and patients.value == ["amina"]
