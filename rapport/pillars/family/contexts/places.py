"""Where one is among the pages of family and team."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rapport.people.portrait import Person


@dataclass(frozen=True, slots=True)
class Place:
    """Whose pages these are, who reads them, and the pages side by side that this reader may see.

    shared  whether anything of this page is theirs to see
    """

    person: Person
    called: str
    own: bool
    staff: bool
    shared: bool
    tabs: tuple[dict[str, Any], ...]
