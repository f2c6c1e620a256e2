"""Entries as FHIR, what no writer may do with one, and what a team reads first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.fhir.outcomes import Refused
from rapport.fhir.validation import check
from rapport.pillars.what_matters import shapes
from rapport.pillars.what_matters.rules import entries as rules
from rapport.pillars.what_matters.shapes import KINDS, Entry
from tests.personas import AMINA

NOW = datetime(2026, 6, 15, 10, tzinfo=UTC)


def body(**other: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "kind": "important", "words": "Being at home.", "patient": AMINA, "by": (AMINA, "Amina"), "at": NOW
    }  # fmt: skip
    return shapes.entry("e1", **given | other)


@given(
    st.sampled_from(KINDS),
    st.text(min_size=1, max_size=200),
    st.datetimes(datetime(1900, 1, 1), timezones=st.just(UTC)),
)
def test_what_is_built_is_read_again_and_is_valid(kind: str, words: str, at: datetime) -> None:
    words, at = "a" + words, at.replace(microsecond=0)
    made = body(kind=kind, words=words, at=at)
    read = shapes.read_entry(made)
    assert (read.kind, read.words, read.at, read.by, read.stands) == (kind, words, at, AMINA, True)
    rules.judge(None, made)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_valid_fhir(kind: str) -> None:
    assert check(body(kind=kind)) == ()


@pytest.mark.parametrize(
    "after",
    [
        None,
        body(kind="shoe-size"),
        body(words=" "),
        body(words="a" * (rules.LONGEST + 1)),
        body() | {"status": "amended"},
        body() | {"authored": "2026"},
        body() | {"item": []},
        body() | {"item": body()["item"] * 2},
        body() | {"questionnaire": "urn:other"},
        body(kind="worry"),
        body(patient="Patient/eve"),
    ],
)
def test_what_no_writer_may_do(after: dict[str, Any] | None) -> None:
    with pytest.raises(Refused) as refused:
        rules.judge(body(), after)
    assert refused.value.code == "rule" and refused.value.next


def test_a_year_later_it_is_asked_again() -> None:
    entry = shapes.read_entry(body())
    assert not rules.needs_review(entry, NOW + timedelta(days=365))
    assert rules.needs_review(entry, NOW + timedelta(days=366))
    assert not rules.needs_review(shapes.read_entry(body(stands=False)), NOW + timedelta(days=900))


entries = st.builds(
    Entry,
    rid=st.uuids().map(str),
    kind=st.sampled_from(KINDS),
    words=st.text(min_size=1),
    patient=st.just(AMINA),
    by=st.just(AMINA),
    by_name=st.just("Amina"),
    at=st.just(NOW),
    stands=st.booleans(),
)


@given(st.lists(entries, max_size=12))
def test_a_team_reads_five_lines(told: list[Entry]) -> None:
    lines = rules.first_lines(told)
    assert len(lines) == min(5, sum(one.stands and one.kind in rules.FIRST for one in told))
    assert all(one.stands and one.kind in rules.FIRST for one in lines)
    kinds = {one.kind for one in told if one.stands and one.kind in rules.FIRST}
    assert len({one.kind for one in lines}) == min(5, len(kinds))
