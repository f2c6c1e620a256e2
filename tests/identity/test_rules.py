"""How likely two records are one person."""

from __future__ import annotations

from typing import Any

import pytest

from rapport.pillars.identity import rules
from rapport.pillars.identity.finding import queries
from tests.identity.conftest import patient


def amina(**more: Any) -> dict[str, Any]:
    return patient("amina", "Amina", "Haddad", "1968-03-14", **more)


def way(kind: str, value: str) -> dict[str, Any]:
    return {"telecom": [{"system": kind, "value": value}]}


def number(value: str, system: str = "urn:hospital") -> dict[str, Any]:
    return {"identifier": [{"system": system, "value": value}]}


HOME = {"address": [{"line": ["3 Mill Lane"], "city": "Bath", "postalCode": "BA1 2QR"}]}


@pytest.mark.parametrize("other", [patient("x", *said) for said in (
    ("AMÍNA", "Haddád", "1968-03-14"),
    ("Haddad", "Amina", "1968-03-14"),
    ("Amina", "Haddad", "1986-03-14"),
    ("Amina Maria", "Haddad", "1968-03-14"),
)])  # fmt: skip
def test_these_are_shown(other: dict[str, Any]) -> None:
    assert rules.score(rules.compare(amina(), other)) >= rules.LIKELY
    assert rules.score(rules.compare(other, amina())) >= rules.LIKELY


@pytest.mark.parametrize("more", [way("phone", "+44 7700 900123"), way("email", "a@example.org"), HOME])
def test_a_twin_and_a_son_of_the_same_name_are_not(more: dict[str, Any]) -> None:
    twin = patient("x", "Samira", "Haddad", "1968-03-14", **more)
    son = patient("y", "Amina", "Haddad", "1995-11-20", **more)
    for other in (twin, son):
        assert rules.score(rules.compare(amina(**more), other)) < rules.LIKELY


def test_each_trait_counts() -> None:
    def how(key: str, one: dict[str, Any], other: dict[str, Any]) -> str:
        return next(trait.how for trait in rules.compare(one, other) if trait.key == key)

    assert how("name", amina(), patient("x", "Amina", "Hadad", "1968-03-14")) == "near"
    assert how("name", amina(), patient("x", "Eve", "Marsh", "1968-03-14")) == "other"
    assert how("born", amina(), patient("x", "A", "B", "1968")) == "near"
    assert (
        how("born", patient("x", "A", "B", "1968-03-04"), patient("y", "A", "B", "1968-04-03")) == "swapped"
    )
    assert (
        how("phone", amina(**way("phone", "07700 900123")), amina(**way("phone", "+44 7700-900123")))
        == "same"
    )
    assert (
        how("email", amina(**way("email", "A@Example.org")), amina(**way("email", "a@example.org"))) == "same"
    )
    assert how("identifier", amina(**number("7")), amina(**number("7"))) == "same"
    assert how("identifier", amina(**number("7")), amina(**number("8"))) == "other"
    assert how("identifier", amina(**number("7")), amina(**number("7", "urn:other"))) == ""
    assert how("address", amina(**HOME), amina(**HOME)) == "same"
    assert how("gender", amina(gender="female"), amina(gender="male")) == "other"
    assert how("gender", amina(gender="female"), amina(gender="unknown")) == ""


@pytest.mark.parametrize(
    "body",
    [
        {"resourceType": "Patient", "id": "x"},
        {"id": "x", "name": [{"text": "Amina"}], "telecom": [{}], "identifier": [{}], "address": [{}]},
        {"id": "x", "name": [{"text": "Amina Haddad"}], "birthDate": "1968"},
    ],
)
def test_uneven_records_are_compared_as_they_are(body: dict[str, Any]) -> None:
    rules.score(rules.compare(body, amina()))
    rules.score(rules.compare(body, body))
    assert all(query[-1][0] == "_count" for query in queries(body))


def test_the_searches_are_few_whatever_is_written() -> None:
    many = amina(
        name=[{"family": f"F{n}", "given": [f"G{n}"]} for n in range(99)],
        telecom=[{"system": "phone", "value": str(n) * 9} for n in range(99)],
    )
    assert len(queries(many)) <= 30 and all(len(str(query)) < 1000 for query in queries(many))


def test_one_slip() -> None:
    for one, other in (
        ("haddad", "hadad"),
        ("haddad", "hadadd"),
        ("haddad", "haddat"),
        ("haddad", "haddads"),
    ):
        assert rules.one_slip(one, other) and rules.one_slip(other, one)
    for one, other in (("haddad", "had"), ("amina", "animx"), ("ab", "ba1")):
        assert not rules.one_slip(one, other) and not rules.one_slip(other, one)
