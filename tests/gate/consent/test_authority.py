"""What a permit by law rests on: every part of the proof is needed, and what can't be read proves nothing."""

from __future__ import annotations

from typing import Any

import pytest

from rapport.gate.consent.ages import birthday
from rapport.gate.consent.authority import facts

PROVED: dict[str, Any] = {
    "sourceReference": {"reference": "DocumentReference/1"},
    "verification": [{"verified": True, "verificationDate": "2026-01-01"}, {"verified": True}],
    "performer": [{"reference": "Practitioner/chen"}],
}


def test_the_whole_proof() -> None:
    known = facts(PROVED, "2010-01-01")
    assert known.verified and known.signed and known.born == "2010-01-01"


@pytest.mark.parametrize(
    "less",
    [
        {"sourceReference": None},
        {"sourceReference": {}},
        {"sourceReference": "DocumentReference/1"},
        {"verification": None},
        {"verification": []},
        {"verification": {"verified": True, "verificationDate": "2026-01-01"}},
        {"verification": [{"verified": True}]},
        {"verification": [{"verified": False, "verificationDate": "2026-01-01"}]},
        {"verification": [*PROVED["verification"], {"verified": False}]},
        {"verification": [*PROVED["verification"], "yes"]},
        {"verification": [{"verified": "true", "verificationDate": "2026-01-01"}]},
        {"verification": [{"verified": True, "verificationDate": 2026}]},
    ],
)
def test_less_proves_nothing(less: dict[str, Any]) -> None:
    assert not facts(PROVED | less, "").verified


@pytest.mark.parametrize(
    "performer",
    [None, [], "Practitioner/chen", ["Practitioner/chen"], [{"reference": "Patient/amina"}], [{}]],
)
def test_a_clinician_signs(performer: Any) -> None:
    assert not facts(PROVED | {"performer": performer}, "").signed


@pytest.mark.parametrize("born", ["", "2023-02-29", "2023-13-01", "x", "2023-2-1", "20230201", "9999-01-01"])
def test_what_is_no_date_has_no_birthday(born: str) -> None:
    assert birthday(born, 18) is None


def test_a_birthday_on_the_last_of_february() -> None:
    day = birthday("2012-02-29", 18)
    assert day is not None and day.date().isoformat() == "2030-03-01"
