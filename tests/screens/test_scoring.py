"""Scores: worked examples of our own for each instrument, and what must hold of any answers."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.pillars.screens.rules.scoring import Score, acts_now, is_asked, may_be_offered, score
from rapport.pillars.screens.shapes.instruments import BY_CODE, INSTRUMENTS, Instrument

LOINC = "http://loinc.org"


def said(key: str, answers: str, withheld: bool = False) -> Score:
    """The score of answers as digits, `-` for one that is missing."""
    items = INSTRUMENTS[key].items
    values = {item: int(mark) for item, mark in zip(items, answers, strict=True) if mark != "-"}
    return score(INSTRUMENTS[key], values, withheld)


@pytest.mark.parametrize(
    ("key", "answers", "total", "band", "positive"),
    [
        ("phq-2", "00", 0, "", False),
        ("phq-2", "11", 2, "", False),
        ("phq-2", "12", 3, "", True),
        ("phq-2", "33", 6, "", True),
        ("phq-2", "3-", None, "", True),  # past the cut whatever the other is
        ("phq-2", "-0", None, "", None),
        ("phq-2", "--", None, "", None),
        ("phq-9", "000000000", 0, "minimal", False),
        ("phq-9", "111100000", 4, "minimal", False),
        ("phq-9", "111110000", 5, "mild", False),
        ("phq-9", "222210000", 9, "mild", False),
        ("phq-9", "222220000", 10, "moderate", True),
        ("phq-9", "222222200", 14, "moderate", True),
        ("phq-9", "333330000", 15, "moderately-severe", True),
        ("phq-9", "333333100", 19, "moderately-severe", True),
        ("phq-9", "333333200", 20, "severe", True),
        ("phq-9", "333333333", 27, "severe", True),
        ("phq-9", "11110000-", 5, "minimal", False),  # 4.5: half rounds up, the band goes by 4.5
        ("phq-9", "33331000-", 15, "moderate", True),  # 14.625: shown as 15, still below 15
        ("phq-9", "1111111--", 9, "mild", False),  # 7 of 7 makes 9 of 9
        ("phq-9", "2222100--", 12, "moderate", True),  # 9 * 9 / 7 = 11.57
        ("phq-9", "333100---", None, "", True),  # three missing: no total, and past the cut all the same
        ("phq-9", "111000---", None, "", None),
        ("phq-9", "---------", None, "", None),
        ("gad-2", "03", 3, "", True),
        ("gad-2", "02", 2, "", False),
        ("gad-7", "0000000", 0, "minimal", False),
        ("gad-7", "1111000", 4, "minimal", False),
        ("gad-7", "1111100", 5, "mild", False),
        ("gad-7", "2222100", 9, "mild", False),
        ("gad-7", "2222200", 10, "moderate", True),
        ("gad-7", "3333200", 14, "moderate", True),
        ("gad-7", "3333300", 15, "severe", True),
        ("gad-7", "3333333", 21, "severe", True),
        ("gad-7", "111000-", None, "", False),  # 3 to 6: no total, and below the cut all the same
        ("gad-7", "333000-", None, "", None),  # 9 to 12
        ("who-5", "00000", 0, "", True),
        ("who-5", "22233", 48, "", True),  # raw 12
        ("who-5", "22333", 52, "", False),  # raw 13
        ("who-5", "55555", 100, "", False),
        ("who-5", "0000-", None, "", True),
        ("who-5", "555-5", None, "", False),
        ("who-5", "333--", None, "", None),
        ("mcsi", "0000000000000", 0, "", None),  # no official bands: nothing is said of the sum
        ("mcsi", "2222222222222", 26, "", None),
        ("mcsi", "210210210210-", None, "", None),
        ("sample", "1111", 4, "", False),
        ("sample", "2220", 6, "", True),
        ("sample-carer", "2101", 4, "", None),
    ],
)
def test_worked(key: str, answers: str, total: int | None, band: str, positive: bool | None) -> None:
    found = said(key, answers)
    assert (found.total, found.band, found.positive) == (total, band, positive)


@pytest.mark.parametrize(
    ("answers", "result", "positive"),
    [
        ("0000-", "negative", False),
        ("1000-", "positive", True),
        ("00010", "positive", True),
        ("01001", "acute", True),
        ("000--", "", None),  # a question that was left out reassures nobody
        ("1----", "positive", True),
        ("-----", "", None),
    ],
)
def test_asq(answers: str, result: str, positive: bool | None) -> None:
    found = said("asq", answers)
    assert (found.result, found.positive, found.total) == (result, positive, None)


def test_without_the_item_on_self_harm_it_is_a_sum_of_its_own() -> None:
    """Eight items: no band and nothing filled in; ten of eight is ten of nine whatever the ninth was."""
    found = said("phq-9", "22222000-", withheld=True)
    assert found.code == ("urn:rapport:instrument", "phq-8") and found.withheld
    assert (found.total, found.highest, found.band, found.positive) == (10, 24, "", True)
    assert said("phq-9", "22221000-", withheld=True).positive is False
    assert said("phq-9", "2222100--", withheld=True).total is None


def test_codes_are_those_that_are_known_for_sure() -> None:
    assert INSTRUMENTS["phq-9"].total == (LOINC, "44261-6") and INSTRUMENTS["phq-9"].items[8] == "44260-8"
    assert INSTRUMENTS["gad-7"].total == (LOINC, "70274-6")
    assert INSTRUMENTS["phq-2"].total == (LOINC, "55758-7")
    near_misses = {"70273-8", "93373-9"}  # the total of the PHQ-15; the screener that is not the ASQ
    assert not near_misses & {code for one in INSTRUMENTS.values() for _system, code in (one.code, one.total)}
    assert len(BY_CODE) == len(INSTRUMENTS)


SUMS = [one for one in INSTRUMENTS.values() if one.way == "sum"]


@st.composite
def answered(draw: Any, among: list[Instrument] = SUMS) -> tuple[Instrument, dict[str, int]]:
    one = draw(st.sampled_from(among))
    marks = draw(st.tuples(*(st.none() | st.integers(0, one.most) for _ in one.items)))
    return one, {item: mark for item, mark in zip(one.items, marks, strict=True) if mark is not None}


@given(answered())
def test_a_whole_sum_is_the_sum_and_a_lacking_one_is_none(case: tuple[Instrument, dict[str, int]]) -> None:
    one, values = case
    found = score(one, values)
    missing = len(one.items) - len(values)
    assert found.missing == missing
    if not missing:
        assert found.total == sum(values.values()) * one.factor and not found.filled
    elif missing > one.fills:
        assert found.total is None and found.band == ""
    else:
        exact = Fraction(sum(values.values()) * len(one.items), len(values)) * one.factor
        assert found.filled and found.total is not None and abs(found.total - exact) <= Fraction(1, 2)
    assert found.total is None or 0 <= found.total <= found.highest == one.highest


@given(answered(), st.data())
def test_what_is_said_of_lacking_answers_holds_however_they_are_filled_in(
    case: tuple[Instrument, dict[str, int]], data: Any
) -> None:
    one, values = case
    found = score(one, values)
    if found.filled or found.positive is None:
        return
    rest = {item: data.draw(st.integers(0, one.most)) for item in one.items if item not in values}
    assert score(one, {**values, **rest}).positive is found.positive


@given(answered(), st.data())
def test_worse_answers_never_look_better(case: tuple[Instrument, dict[str, int]], data: Any) -> None:
    one, values = case
    if not values:
        return
    item = data.draw(st.sampled_from(sorted(values)))
    step = 1 if one.worse == "higher" else -1
    worse = {**values, item: min(one.most, max(0, values[item] + step))}
    before, after = score(one, values), score(one, worse)
    assert not (before.positive is True and after.positive is False)
    assert before.total is None or (after.total is not None and (after.total - before.total) * step >= 0)


@given(st.sampled_from(list(INSTRUMENTS.values())), st.data())
def test_outside_its_scale_there_is_no_answer(one: Instrument, data: Any) -> None:
    item = data.draw(st.sampled_from(one.items))
    with pytest.raises(ValueError, match="outside"):
        score(one, {item: data.draw(st.sampled_from((-1, one.most + 1, 99)))})


@given(answered([one for one in INSTRUMENTS.values() if one.harm]), st.data())
def test_any_answer_above_zero_acts_once(case: tuple[Instrument, dict[str, int]], data: Any) -> None:
    one, before = case
    item = data.draw(st.sampled_from(sorted(one.harm)))
    after = {**before, item: data.draw(st.integers(0, one.most))}
    acted = acts_now(one, before, after)
    assert (item in acted) == (after[item] > 0 and not before.get(item))
    assert not acts_now(one, after, after)


def test_with_nobody_on_call_it_is_not_asked() -> None:
    nothing: Mapping[str, int] = {}
    phq = INSTRUMENTS["phq-9"]
    assert not is_asked(phq, "44260-8", nothing, roster=False) and is_asked(
        phq, "44260-8", nothing, roster=True
    )
    assert is_asked(phq, "44250-9", nothing, roster=False) and may_be_offered(phq, roster=False)
    asq = INSTRUMENTS["asq"]
    assert not may_be_offered(asq, roster=False) and may_be_offered(asq, roster=True)
    assert not is_asked(asq, "asq-5", {"asq-1": 0}, roster=True)
    assert is_asked(asq, "asq-5", {"asq-1": 1}, roster=True)
