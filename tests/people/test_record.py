"""The glance reads uneven records: what is there is shown, what is not is left out, nothing raises."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from rapport.people import portrait, record

TODAY = date(2026, 3, 12)


@pytest.mark.parametrize(
    ("born", "count", "unit"),
    [
        ("2026-03-12", 0, "days"),
        ("2026-03-01", 11, "days"),
        ("2026-02-01", 5, "weeks"),
        ("2025-01-13", 13, "months"),
        ("2024-03-13", 23, "months"),
        ("2024-03-12", 2, "years"),
        ("1968-03-13", 57, "years"),
        ("1968-03-12", 58, "years"),
        ("1916-01-01", 110, "years"),
    ],
)
def test_age_from_0_to_110(born: str, count: int, unit: str) -> None:
    assert portrait.age(date.fromisoformat(born), TODAY) == portrait.Age(count, unit)


@pytest.mark.parametrize(
    ("names", "full", "first"),
    [
        ([{"given": ["Amina"], "family": "Haddad"}], "Amina Haddad", "Amina"),
        ([{"given": ["Suharto"]}], "Suharto", "Suharto"),
        ([{"family": "Nguyen"}], "Nguyen", "Nguyen"),
        ([{"text": "نور"}], "نور", "نور"),
        (
            [{"use": "maiden", "family": "Old"}, {"use": "official", "given": ["A"], "family": "B"}],
            "A B",
            "A",
        ),
        ([{"use": "official", "given": ["Robert"]}, {"use": "usual", "given": ["Bob"]}], "Bob", "Bob"),
        ([], "", ""),
        (None, "", ""),
        (["rubbish"], "", ""),
    ],
)
def test_names_of_every_form(names: Any, full: str, first: str) -> None:
    assert portrait.human_name(names) == (full, first)


@pytest.mark.parametrize(
    ("text", "shape"),
    [("1998", "year"), ("1998-05", "month"), ("1998-05-04", "day"), ("1998-05-04T10:00:00+02:00", "time")],
)
def test_a_date_is_no_more_exact_than_it_was_written(text: str, shape: str) -> None:
    found = portrait.moment(text)
    assert found is not None and found.shape == shape and found.day.year == 1998


@pytest.mark.parametrize("text", [None, "", "soon", "1998-13", 5])
def test_what_is_no_date_is_none(text: Any) -> None:
    assert portrait.moment(text) is None


def test_a_person_with_nothing_known_is_still_a_person() -> None:
    found = portrait.person({"resourceType": "Patient", "id": "x"}, TODAY)
    assert (found.rid, found.name, found.age, found.languages) == ("x", "", None, ())


def test_the_age_of_one_who_died_stands_still() -> None:
    found = portrait.person({"id": "x", "birthDate": "1940-01-01", "deceasedDateTime": "2000-06-01"}, TODAY)
    assert found.age == portrait.Age(60, "years")


def test_medicines_are_said_once_and_problems_lose_their_bracket() -> None:
    one = {"medicationCodeableConcept": {"text": "Ibuprofen 200 MG"}, "authoredOn": "2020-01-01"}
    assert len(record.facts([record.medicine(one), record.medicine(one)])) == 1
    said = record.problem({"code": {"coding": [{"display": "Obesity (finding)"}]}, "onsetDateTime": "2015"})
    assert said.words == "Obesity"


def test_a_cancelled_visit_is_no_contact() -> None:
    period = {"start": "2020-01-01T10:00:00Z"}
    assert record.visit({"status": "cancelled", "period": period}) is None
    assert record.visit({"status": "finished", "period": period, "class": {"code": "EMER"}}) is not None


@pytest.mark.parametrize(
    "read", [record.problem, record.medicine, record.allergy, record.visit, record.booking]
)
def test_an_empty_resource_breaks_no_reader(read: Any) -> None:
    read({})


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Dr Mei Chen", "Dr Chen"),
        ("Amina Haddad", "Amina"),
        ("Suharto", "Suharto"),
        ("", ""),
        ("نور الدين", "\N{FIRST STRONG ISOLATE}نور\N{POP DIRECTIONAL ISOLATE}"),
    ],
)
def test_what_one_calls_a_person(name: str, short: str) -> None:
    assert portrait.short(name) == short
