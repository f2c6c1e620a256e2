"""Scores: what answers add up to, and whether somebody has to look. Pure.

Thresholds are compared before anything is rounded; what cannot be known stays unknown (None) and never
becomes 0. Where answers are missing, a score is past its threshold only if it is so whatever they were.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from rapport.pillars.screens.shapes.instruments import Code, Instrument


@dataclass(frozen=True, slots=True)
class Score:
    """What answers come to.

    code      of the sum
    total     whole points, half a point rounded up; None: there is none
    highest   the most there could be
    band      name of the band, "" where there is none
    positive  whether somebody has to look; None: not known
    missing   how many answers are missing; `filled`: the mean of the others stands for them
    withheld  the items about self-harm were not asked
    result    of an instrument without a sum: `negative`, `positive`, `acute`; "" where not known
    """

    code: Code
    total: int | None
    highest: int
    band: str = ""
    positive: bool | None = None
    missing: int = 0
    filled: bool = False
    withheld: bool = False
    result: str = ""


def score(instrument: Instrument, values: Mapping[str, int], withheld: bool = False) -> Score:
    """The score of answers, by item code. `withheld`: the items about self-harm were not asked."""
    asked = tuple(item for item in instrument.items if not (withheld and item in instrument.harm))
    given = [values[item] for item in asked if item in values]
    if any(not 0 <= value <= instrument.most for value in given):
        raise ValueError("an answer is outside its scale")
    if instrument.way == "any":
        return _any(instrument, values)
    missing, short = len(asked) - len(given), len(asked) < len(instrument.items)
    fills = 0 if short else instrument.fills
    exact = Fraction(sum(given) * len(asked), len(given)) if given and missing <= fills else None
    if exact is not None:
        exact *= instrument.factor
    low = sum(given) * instrument.factor
    high = (sum(given) + missing * instrument.most) * instrument.factor
    return Score(
        code=instrument.short if short and instrument.short else instrument.total,
        total=None if exact is None else floor(exact + Fraction(1, 2)),
        highest=instrument.most * len(asked) * instrument.factor,
        band="" if exact is None or short else _band(instrument, exact),
        positive=_positive(instrument, exact, low, high, bool(given)),
        missing=missing,
        filled=exact is not None and missing > 0,
        withheld=short,
    )


def _any(instrument: Instrument, values: Mapping[str, int]) -> Score:
    """One item above zero is enough; the last one, asked only then, tells whether it is acute."""
    *first, last = instrument.items
    missing = sum(item not in values for item in first)
    if any(values.get(item) for item in instrument.items):
        result = "acute" if values.get(last) else "positive"
    else:
        result = "" if missing else "negative"
    positive = None if not result else result != "negative"
    return Score(instrument.total, None, 0, positive=positive, missing=missing, result=result)


def _band(instrument: Instrument, exact: Fraction) -> str:
    return next((name for low, name in reversed(instrument.bands) if exact >= low), "")


def _positive(
    instrument: Instrument, exact: Fraction | None, low: int, high: int, given: bool
) -> bool | None:
    cut = instrument.cut
    if cut is None or not given:
        return None
    ends = [exact] if exact is not None else [Fraction(low), Fraction(high)]
    sides = {end >= cut if instrument.worse == "higher" else end <= cut for end in ends}
    return sides.pop() if len(sides) == 1 else None


def acts_now(instrument: Instrument, before: Mapping[str, int], after: Mapping[str, int]) -> tuple[str, ...]:
    """The items about self-harm whose answer is above zero now and was not before."""
    return tuple(
        item
        for item in instrument.items
        if item in instrument.harm and after.get(item) and not before.get(item)
    )


def is_asked(instrument: Instrument, item: str, values: Mapping[str, int], *, roster: bool) -> bool:
    """Whether an item is asked now: one about self-harm only while somebody is on call (`roster`)."""
    if item in instrument.harm and not roster:
        return False
    if instrument.way == "any" and item == instrument.items[-1]:
        return any(values.get(one) for one in instrument.items[:-1])
    return True


def may_be_offered(instrument: Instrument, roster: bool) -> bool:
    """Whether the form is offered at all: not one that asks of nothing but self-harm, with nobody on call."""
    return roster or not instrument.harm or instrument.short is not None
