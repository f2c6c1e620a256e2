"""What somebody may do by law: parents, guardians, agents."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from psycopg import Connection

from rapport.fhir.keys import reference_key
from rapport.gate.consent import ages
from rapport.gate.door import Door
from tests.gate.consent.making import (
    Seat,
    by_law,
    finds,
    years_ago,
)
from tests.personas import (
    CHEN,
    People,
)

pytestmark = pytest.mark.usefixtures("guarded")


@pytest.mark.parametrize(
    ("born", "observations", "person"),
    [
        (years_ago(5), {"o1", "o2"}, True),
        (years_ago(14), set(), True),
        (years_ago(30), set(), False),
        ("", set(), False),
    ],
)
def test_a_parents_view_narrows_and_ends(
    record: Door, door: Seat, born: str, observations: set[str], person: bool
) -> None:
    record.create(by_law("PRN"), rid="law")
    patient = record.read("Patient", "amina").json
    record.update({key: value for key, value in (patient | {"birthDate": born}).items() if value})
    assert finds(door(People.bilal), "Observation") == observations
    assert (door(People.bilal).find("Patient", "amina") is not None) is person


def test_the_birthday_itself(conn: Connection[Any], record: Door) -> None:
    record.create(by_law("PRN"), rid="law")
    patient = record.read("Patient", "amina").json
    record.update(patient | {"birthDate": "2012-02-29"})
    rows = conn.execute(
        "SELECT DISTINCT valid_until, isfinite(valid_from) FROM access_grant WHERE source = %s ORDER BY 1",
        (reference_key("Consent/law"),),
    ).fetchall()
    assert rows == [
        (datetime(2024, 2, 29, tzinfo=UTC), False),  # twelve: a birthday that there is
        (datetime(2030, 3, 1, tzinfo=UTC), True),  # eighteen: the day after, where there is none
    ]


def test_countries_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (ages.ages("GB").lower, ages.ages("GB").upper) == (11, 16)
    assert ages.ages("ZZ") == ages.ages("")
    monkeypatch.setattr(ages, "_country", [lambda: "DE"])
    assert ages.ages().lower == 14
    for country in ages._table():
        said = ages.ages(country)
        assert 0 < said.lower <= said.upper <= 21 and not said.narrowed.empty


@pytest.mark.parametrize("lacking", ["verification", "sourceReference"])
def test_no_proof_no_authority(record: Door, door: Seat, lacking: str) -> None:
    patient = record.read("Patient", "amina").json
    record.update(patient | {"birthDate": years_ago(5)})
    body = by_law("PRN")
    del body[lacking]
    record.create(body)
    assert finds(door(People.bilal), "Observation") == set()


def test_an_agent_needs_a_signature_and_a_review(record: Door, door: Seat) -> None:
    bilal, signed = door(People.bilal), {"performer": [{"reference": CHEN}]}
    until = {"period": {"start": "2020-01-01", "end": "2099-01-01"}}
    for body in (by_law("HPOWATT", **until), by_law("HPOWATT") | signed):
        made = record.create(body)
        assert finds(bilal, "Observation") == set()
        record.update(made.json | {"status": "inactive"})
    record.create(by_law("HPOWATT", **until) | signed)
    assert finds(bilal, "Observation") == {"o1", "o2"}
