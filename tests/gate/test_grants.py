"""Grants: compiled from the record when it changes, for as long as it says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from psycopg import Connection

from rapport.gate import spans
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from tests.personas import AMINA, OTHER_TEAM, People

TEAM_OF_EVE = {
    "resourceType": "CareTeam",
    "id": "other",
    "status": "active",
    "subject": {"reference": AMINA},
    "participant": [{"member": {"reference": OTHER_TEAM}}],
}

#: What a care team says → whether Mill Lane sees Amina.
CASES: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"status": "inactive"}, False),
    ({"status": "proposed"}, False),
    ({"period": {"start": "2020-01-01"}}, True),
    ({"period": {"start": "2020"}}, True),
    ({"period": {"start": "2020", "end": "2999-12"}}, True),
    ({"period": {"end": "9999-12-31"}}, True),
    ({"period": {"start": "2999"}}, False),
    ({"period": {"end": "2021-02"}}, False),
    ({"participant": [{"member": {"reference": OTHER_TEAM}, "period": {"end": "2021"}}]}, False),
    ({"participant": [{"member": {"reference": OTHER_TEAM}, "period": {"end": "2999"}}]}, True),
    ({"participant": []}, False),
    ({"participant": [{"member": {"display": "Mill Lane"}}]}, False),
    ({"participant": [{"member": {"reference": "PractitionerRole/eve"}}]}, True),
    ({"participant": [{"member": {"reference": "Practitioner/eve"}}]}, True),
    ({"participant": [{"member": {"reference": "Patient/eve"}}]}, False),
]


def sees(conn: Connection[Any], actor: Actor = People.eve_staff) -> bool:
    return Door(conn, actor).find("Patient", "amina") is not None


@pytest.mark.parametrize(("said", "seen"), CASES)
def test_what_a_care_team_says(
    people: People, conn: Connection[Any], said: dict[str, Any], seen: bool
) -> None:
    body = {key: value for key, value in (TEAM_OF_EVE | said).items() if value != []}
    Door(conn, Actor.system("tests")).create(body, rid="other")
    assert sees(conn) is seen
    assert not sees(conn, people.eve)


def test_ended_at_once(people: People, conn: Connection[Any]) -> None:
    system = Door(conn, Actor.system("tests"))
    made = system.create(TEAM_OF_EVE, rid="other")
    assert sees(conn)
    system.update(made.json | {"status": "inactive"})
    assert not sees(conn)
    system.update(TEAM_OF_EVE)
    assert sees(conn)
    system.delete("CareTeam", "other")
    assert not sees(conn) and sees(conn, people.dara)


def test_a_care_team_of_nobody_grants_nothing(people: People, conn: Connection[Any]) -> None:
    body = {key: value for key, value in TEAM_OF_EVE.items() if key != "subject"}
    Door(conn, Actor.system("tests")).create(body, rid="other")
    assert not sees(conn)


def test_a_lead_gives_a_patient_a_team_and_a_nurse_does_not_reach_beyond(
    people: People, conn: Connection[Any], door: Callable[[Actor], Door]
) -> None:
    person = door(people.chen).create({"resourceType": "Patient", "name": [{"family": "New"}]})
    assert not door(people.dara).find("Patient", person.rid)
    team = {
        "resourceType": "CareTeam",
        "status": "active",
        "subject": {"reference": person.ref},
        "participant": [{"member": {"reference": "Organization/harbour-street"}}],
    }
    door(people.chen).create(team)
    assert door(people.dara).find("Patient", person.rid)
    assert not door(people.eve_staff).find("Patient", person.rid)


def test_days_begin_and_end_where_the_site_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans, "_zone", [lambda: ZoneInfo("America/New_York")])
    begins, ends = spans.span({"start": "2026-03-08", "end": "2026-03-08"}) or ("", "")
    assert (begins, ends) == (
        datetime(2026, 3, 8, 5, tzinfo=UTC),
        datetime(2026, 3, 9, 4, tzinfo=UTC),  # the clock went forward in between
    )


@pytest.mark.parametrize("period", [{"start": "soon"}, {"end": "2026-13"}, "2026", {"start": 5}])
def test_what_cannot_be_read_grants_nothing(period: Any) -> None:
    assert spans.span(period) is None
