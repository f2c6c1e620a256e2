"""Units of measure: the same amount in other units is the same, and what is no unit is none."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.fhir import units


@pytest.mark.parametrize(
    ("value", "code", "other", "same"),
    [
        ("4", "g", "4000", "mg"),
        ("1", "L", "1", "dm3"),
        ("5.5", "mmol/L", "5500", "umol/L"),
        ("120", "mm[Hg]", "15998.64", "Pa"),
        ("1", "[lb_av]", "453.59237", "g"),
        ("1", "[in_i]", "2.54", "cm"),
        ("37", "Cel", "98.6", "[degF]"),
        ("1", "wk", "168", "h"),
        ("60", "/min", "1", "Hz"),
        ("1", "kg.m/s2", "1", "N"),
        ("1", "10*3/uL", "1", "10*9/L"),
        ("1", "k[iU]/L", "1", "[iU]/mL"),
        ("1", "mg/dL", "0.01", "g/L"),
        ("50", "%", "0.5", "1"),
        ("1", "{score}", "1", "1"),
        ("1", "mL/min/{1.73_m2}", "1", "mL/min"),
        ("1", "m/(s.s)", "1", "m/s2"),
        ("1", "meq/L", "1", "mmol/L"),
    ],
)
def test_the_same_amount(value: str, code: str, other: str, same: str) -> None:
    assert units.canonical(Decimal(value), code) == units.canonical(Decimal(other), same) is not None


def test_base_units_have_a_code_of_their_own() -> None:
    assert units.canonical(Decimal("2.50"), "mg/dL") == (Decimal("25.0"), "g.m-3")
    for code in ("g.m-3", "1", "K", "[iU].m-3"):
        unit = units.read(code)
        assert unit is not None and unit.factor == 1 and unit.code == code


@pytest.mark.parametrize(
    "code", ["", "furlong", "mg/", "mg//L", "(mg", "mg)", "x" * 200, "m99", "[pH]", "mg L", "1/0"]
)
def test_what_is_no_unit(code: str) -> None:
    assert units.canonical(Decimal(1), code) is None


def test_what_would_cost_much() -> None:
    assert units.canonical(Decimal("1e999999"), "m") is None
    assert units.canonical(Decimal("NaN"), "m") is None


@given(st.text(st.sampled_from("mgsL[]{}()./*^-+10%'iU_d"), max_size=20))
def test_never_raises(code: str) -> None:
    found = units.read(code)
    if found is not None:
        again = units.read(found.code)
        assert again is not None and again.dims == found.dims
