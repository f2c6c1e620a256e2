"""Base units by whole numbers are what exact fractions say."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from rapport.fhir.units import based, convert

CODES = (
    "mg",
    "g/L",
    "mm[Hg]",
    "Cel",
    "[degF]",
    "kg/m2",
    "10*9/L",
    "%",
    "[in_i]",
    "mmol/L",
    "{score}",
    "no such",
)


@given(st.decimals(allow_nan=False, allow_infinity=False), st.sampled_from(CODES))
def test_the_nearest_float(value: Decimal, code: str) -> None:
    exact = convert(value, code)
    found = based(value, code)
    if exact is None:
        assert found is None
        return
    try:
        nearest = float(exact[0])
    except OverflowError:
        assert found is None
        return
    assert found == (nearest, exact[1].code)
