"""How many rows a condition has: so a search begins at its rarest one.

They are counted in the index itself, up to `MANY`, and remembered for a while: most of what is asked (an open
status, a team) is asked again and again. They only choose the way, never the answer.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from time import monotonic
from typing import Any

from psycopg import Connection

from rapport.store.params import Params
from rapport.store.wire import EVERYONE, Bigints, StoreCursor, wearing

#: What can be counted: index rows of these keys, index rows of a key with these targets, resources of a type.
Mark = tuple[str, int, tuple[int, ...]]

#: Nothing is counted further than this; what has more, up to `FAR`, where two of those have to be told apart.
MANY, FAR = 3000, 100_000
#: Seconds after which it is counted again; how many counts a process remembers, of how many values at most.
_FRESH, _MOST, _WIDEST = 120.0, 10_000, 50

_known: OrderedDict[tuple[Any, Mark], tuple[float, int]] = OrderedDict()


def counted(conn: Connection[Any], marks: Iterable[Mark], most: int = MANY) -> dict[Mark, int]:
    """Rows of each of these, `most` + 1 for any more; some minutes old at most. All are asked for at once."""
    line, now = conn.pgconn, monotonic()
    place = (line.host, line.port, line.db, most)
    found: dict[Mark, int] = {}
    missing: list[Mark] = []
    for mark in marks:
        until, rows = _known.get((place, mark), (0.0, 0))
        if until > now:
            found[mark] = rows
        elif mark not in missing:
            missing.append(mark)
    if missing:
        found.update(zip(missing, _asked(conn, missing, most), strict=True))
        _keep({(place, mark): found[mark] for mark in missing if len(mark[2]) <= _WIDEST}, now)
    return found


def remembered(conn: Connection[Any], what: str, ask: Callable[[], int]) -> int:
    """Another number that chooses a way: asked, or some minutes old at most."""
    line = conn.pgconn
    key = ((line.host, line.port, line.db, 0), (what, 0, ()))
    until, number = _known.get(key, (0.0, 0))
    if until <= monotonic():
        number = ask()
        _keep({key: number}, monotonic())
    return number


def _keep(numbers: Mapping[Any, int], now: float) -> None:
    """Remember these for a while; the oldest give way."""
    for key, number in numbers.items():
        _known[key] = now + _FRESH, number
    while len(_known) > _MOST:
        with suppress(KeyError):  # another thread was faster
            _known.popitem(last=False)


def forget() -> None:
    """Count everything anew, in this process."""
    _known.clear()


def _asked(conn: Connection[Any], marks: Iterable[Mark], most: int) -> tuple[int, ...]:
    p = Params()
    sql = ", ".join(
        f"(SELECT count(*) FROM (SELECT 1 FROM {_rows(mark, p)} LIMIT {most + 1}) c)" for mark in marks
    )
    with wearing(conn, EVERYONE):  # what was counted serves whoever asks next
        [row] = StoreCursor(conn).execute(f"SELECT {sql}", p.values)
    return row


def _rows(mark: Mark, p: Params) -> str:
    table, key, values = mark
    if table == "resource":
        return f"resource WHERE rtype = {p(key)} AND NOT deleted"
    if table == "index_ref":
        return f"index_ref WHERE key = {p(key)} AND target = ANY({p(Bigints(values))})"
    return f"index_token WHERE key = ANY({p(Bigints(values))})"
