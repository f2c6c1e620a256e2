"""How many rows to expect of a key: so a search begins at its rarest condition without asking first.

PostgreSQL counts the common keys when it analyses a table; what is not among them is rare. The counts are
read anew now and then. They only choose the way, never the answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from psycopg import Connection

from rapport.store.wire import StoreCursor

#: Rows of a key that is not common.
RARE = 20.0
#: Seconds after which the counts are read again.
_FRESH = 300.0


@dataclass(frozen=True, slots=True)
class Frequencies:
    """Shares of the common keys of `index_token` and `index_ref`, and how many rows these have."""

    token: Mapping[int, float] = field(default_factory=dict)
    ref: Mapping[int, float] = field(default_factory=dict)
    target: Mapping[int, float] = field(default_factory=dict)
    tokens: float = 0
    refs: float = 0

    def of_tokens(self, keys: Sequence[int]) -> float:
        """Rows to expect of some token keys together."""
        return sum(max(self.token.get(key, 0) * self.tokens, RARE) for key in keys)

    def of_references(self, key: int, targets: Sequence[int]) -> float:
        """Rows to expect of references by one parameter to some targets."""
        share = self.ref.get(key, 0)
        return sum(max(min(share, self.target.get(target, 0)) * self.refs, RARE) for target in targets)


_known: dict[tuple[bytes, bytes, bytes], tuple[float, Frequencies]] = {}


def frequencies(conn: Connection[Any]) -> Frequencies:
    """Those of the database of this connection, some minutes old at most."""
    line = conn.pgconn
    place = (line.host, line.port, line.db)
    read_at, found = _known.get(place, (None, Frequencies()))
    if read_at is None or monotonic() - read_at > _FRESH:
        found = _read(conn)
        _known[place] = (monotonic(), found)
    return found


def forget() -> None:
    """Read them again at the next search, everywhere in this process."""
    _known.clear()


def _read(conn: Connection[Any]) -> Frequencies:
    shares: dict[str, dict[int, float]] = {}
    for source, key, share in StoreCursor(conn).execute("SELECT source, key, share FROM index_frequencies()"):
        shares.setdefault(source.decode(), {})[key] = share
    return Frequencies(
        shares.get("index_token.key", {}),
        shares.get("index_ref.key", {}),
        shares.get("index_ref.target", {}),
        shares.get("index_token.rows", {}).get(0, 0),
        shares.get("index_ref.rows", {}).get(0, 0),
    )
