"""Birthdays that change who sees a record: by the country of the site, as `ages.toml` says."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

from rapport.gate.spans import midnight

from . import words
from .boxes import Kinds

_country: list[Callable[[], str]] = [lambda: ""]
_BORN = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")


def use_country(country: Callable[[], str]) -> None:
    """Where to ask for the site's country (ISO 3166-1, two letters)."""
    _country[0] = country


@dataclass(frozen=True, slots=True)
class Ages:
    """From `lower` years on a parent sees the kinds of `narrowed` alone, from `upper` nothing."""

    lower: int
    upper: int
    narrowed: Kinds


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(files(__package__).joinpath("ages.toml").read_text("utf-8"))


def ages(country: str | None = None) -> Ages:
    """The ages of a country, else of the site's; the default where the country is not in the file."""
    table = _table()
    said = {**table["default"], **table.get(_country[0]() if country is None else country, {})}
    categories = 0
    for name in said["categories"]:
        categories |= words.CATEGORIES[name]
    return Ages(said["lower"], said["upper"], Kinds(categories, frozenset(said["types"])))


def birthday(born: str, years: int) -> datetime | None:
    """The first moment of the birthday on which somebody is so old, where the site is; None for no date.

    Of a date that is not told in full, the earliest day that it may mean. Who was born on 29 February is a
    year older on 1 March of a common year.
    """
    match = _BORN.fullmatch(born)
    if not match:
        return None
    year, month, day = int(match[1]) + years, int(match[2] or 1), int(match[3] or 1)
    try:
        date(int(match[1]), month, day)
        return midnight(date(year, month, day))
    except ValueError:
        leap = (month, day) == (2, 29)
    try:
        return midnight(date(year, 3, 1)) if leap and date(int(match[1]), 2, 29) else None
    except ValueError:
        return None
