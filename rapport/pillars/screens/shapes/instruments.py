"""The instruments that Rapport scores, by code. Facts and figures alone: no wording stands here. Pure.

An installed form is one of these if its `code` says so and its items carry the item codes. Where no code of
LOINC is known for sure there is a code of our own: a near miss is worse than none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

LOINC: Final = "http://loinc.org"
#: Our own codes of instruments, their items, and their sums.
OWN: Final = "urn:rapport:instrument"

Code = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Instrument:
    """How one instrument is scored.

    code     of the whole form; `total` of its sum; `short` of the sum without the items of `harm`
    items    codes of its scored items, in order; each is worth 0 to `most`
    way      `sum`, or `any`: one item above zero is enough (the last one tells whether it is acute)
    bands    the lowest score of each band, and its name, from the lowest on
    cut      the score at which somebody has to look, `worse` saying on which side; None: there is none
    factor   the sum is multiplied by it
    fills    so many missing answers may be filled in by the mean of the others
    harm     items of which any answer above zero is acted upon the moment it is saved
    carer    it is asked of who cares for somebody, about themselves
    """

    key: str
    code: Code
    items: tuple[str, ...]
    most: int
    total: Code
    way: Literal["sum", "any"] = "sum"
    short: Code | None = None
    bands: tuple[tuple[int, str], ...] = ()
    cut: int | None = None
    worse: Literal["higher", "lower"] = "higher"
    factor: int = 1
    fills: int = 0
    harm: frozenset[str] = frozenset()
    carer: bool = False

    @property
    def highest(self) -> int:
        """The highest score there can be."""
        return self.most * len(self.items) * self.factor


_PHQ = ("44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8")
_GAD = ("69725-0", "68509-9", "69733-4", "69734-2", "69735-9", "69689-8", "69736-7")


def _own(key: str, count: int) -> tuple[str, ...]:
    return tuple(f"{key}-{number}" for number in range(1, count + 1))


_ALL: Final = (
    Instrument("phq-2", (LOINC, "55757-9"), _PHQ[:2], 3, (LOINC, "55758-7"), cut=3),
    Instrument(
        "phq-9",
        (LOINC, "44249-1"),
        _PHQ,
        3,
        (LOINC, "44261-6"),
        short=(OWN, "phq-8"),
        bands=((0, "minimal"), (5, "mild"), (10, "moderate"), (15, "moderately-severe"), (20, "severe")),
        cut=10,
        fills=2,
        harm=frozenset(("44260-8",)),
    ),
    Instrument("gad-2", (OWN, "gad-2"), _GAD[:2], 3, (OWN, "gad-2-score"), cut=3),
    Instrument(
        "gad-7",
        (LOINC, "69737-5"),
        _GAD,
        3,
        (LOINC, "70274-6"),
        bands=((0, "minimal"), (5, "mild"), (10, "moderate"), (15, "severe")),
        cut=10,
    ),
    Instrument(
        "who-5", (OWN, "who-5"), _own("who-5", 5), 5, (OWN, "who-5-index"), cut=50, worse="lower", factor=4
    ),
    Instrument(
        "asq",
        (OWN, "asq"),
        _own("asq", 5),
        1,
        (OWN, "asq-result"),
        way="any",
        harm=frozenset(_own("asq", 5)),
    ),
    Instrument("mcsi", (OWN, "mcsi"), _own("mcsi", 13), 2, (OWN, "mcsi-score"), carer=True),
    # Two of our own, for trials and tests: no instrument, validated by nobody.
    Instrument(
        "sample",
        (OWN, "sample"),
        _own("sample", 4),
        3,
        (OWN, "sample-score"),
        short=(OWN, "sample-short-score"),
        cut=6,
        harm=frozenset(("sample-4",)),
    ),
    Instrument(
        "sample-carer",
        (OWN, "sample-carer"),
        _own("sample-carer", 4),
        2,
        (OWN, "sample-carer-score"),
        carer=True,
    ),
)
INSTRUMENTS: Final[Mapping[str, Instrument]] = {one.key: one for one in _ALL}
BY_CODE: Final[Mapping[Code, Instrument]] = {one.code: one for one in _ALL}
