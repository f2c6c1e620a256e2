"""What the law of the country lets be held: `law.toml`, and a site's `hearing.toml`. Pure but for files."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

_place: list[Path | None] = [None]
OWN_REQUEST, NEVER = "own-request", "never"
#: The longest that any table may allow, in days.
LONGEST_DAYS = 30


@dataclass(frozen=True, slots=True)
class Law:
    """Whether results are held at all, for how many days at most, which kinds never; and what says so."""

    holds: bool
    most_days: int
    never_kinds: frozenset[str]
    sources: tuple[str, ...]

    def may_hold(self, kind: str) -> bool:
        """Whether a result of this kind may be held on the person's own request."""
        return self.holds and kind not in self.never_kinds


def use_folder(folder: Path) -> None:
    """Where a site may lay a table of its own (`hearing.toml`)."""
    _place[0] = folder
    table.cache_clear()


@lru_cache(maxsize=1)
def table() -> Mapping[str, Law]:
    """Country → law; "default" for all that are not named. ValueError names a part that can't be read."""
    parts = tomllib.loads(files(__package__).joinpath("law.toml").read_text("utf-8"))
    own = _place[0] / "hearing.toml" if _place[0] else None
    if own is not None and own.is_file():
        parts |= tomllib.loads(own.read_text("utf-8"))
    return {name: _law(name, part) for name, part in parts.items()}


def law_of(country: str) -> Law:
    """The law of a country."""
    known = table()
    return known.get(country) or known["default"]


def _law(name: str, part: Mapping[str, Any]) -> Law:
    hold, days = part.get("hold"), part.get("most_days")
    if hold not in (OWN_REQUEST, NEVER) or not isinstance(days, int) or not 0 < days <= LONGEST_DAYS:
        raise ValueError(
            f"hearing.toml, [{name}]: hold is own-request or never, most_days 1 to {LONGEST_DAYS}"
        )
    return Law(
        hold == OWN_REQUEST, days, frozenset(part.get("never_kinds", ())), tuple(part.get("sources", ()))
    )
