"""A query as it stands in an address."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache, partial
from urllib.parse import quote

_SAFE = ":/,|"
_quoted_before = lru_cache(maxsize=4096)(partial(quote, safe=_SAFE))


def written(pairs: Iterable[tuple[str, str]]) -> str:
    """The pairs of a query, percent-encoded and joined."""
    return "&".join([f"{_quoted(name)}={_quoted(value)}" for name, value in pairs])


def _quoted(text: str) -> str:
    """The text in an address. Only short ones are kept: a form may send megabytes."""
    return _quoted_before(text) if len(text) < 200 else quote(text, safe=_SAFE)
