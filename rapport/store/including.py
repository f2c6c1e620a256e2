"""`_include` and `_revinclude`: what the matches point to, and what points to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import Connection

from rapport.fhir import index
from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.fhir.search_tree import Include, Search
from rapport.store.compiling import Where
from rapport.store.params import Params
from rapport.store.reading import COLUMNS, records_of
from rapport.store.records import Filter, Record
from rapport.store.wire import Bigints, StoreCursor

#: An answer does not grow without end, however many resources point to a match.
MOST = 1000
#: How often `:iterate` is followed.
_ROUNDS = 16


def included(
    conn: Connection[Any], query: Search, matches: Sequence[Record], where: Where
) -> tuple[Record, ...]:
    """What comes along with the matches, each resource once, those never."""
    if not matches or not (query.include or query.revinclude):
        return ()
    seen = {record.id for record in matches}
    found: dict[int, Record] = {}
    frontier = list(matches)
    steps = [(each, _targets, each.param.rtype) for each in query.include]
    steps += [(each, _sources, each.target) for each in query.revinclude]
    for number in range(_ROUNDS):
        fresh: dict[int, Record] = {}
        for each, look, rtype in steps:
            if (number == 0 or each.iterate) and len(found) + len(fresh) < MOST:
                brought = look(conn, each, _of_type(frontier, rtype), where)
                fresh.update((record.id, record) for record in brought if record.id not in seen)
        frontier = list(fresh.values())
        seen.update(fresh)
        found.update(fresh)
        if not frontier or len(found) >= MOST:
            break
    return tuple(found.values())[:MOST]


def _of_type(records: Iterable[Record], rtype: str) -> list[Record]:
    return [record for record in records if rtype in ("", record.rtype)]


def _targets(
    conn: Connection[Any], include: Include, records: Sequence[Record], where: Where
) -> list[Record]:
    """What those records point to by the parameter."""
    targets = [t for t in include.param.targets if include.target in ("", t)] or [include.target]
    p = Params()
    passing = allowed([t for t in targets if t in TYPE_NUMBERS], where, p)
    if not records or not passing:
        return []
    sql = (
        f"SELECT {COLUMNS.format(t='r')} FROM resource r WHERE r.id IN (SELECT x.target FROM index_ref x"
        f" WHERE x.id = ANY({p(Bigints(record.id for record in records))})"
        f" AND x.key = {p(index.range_key(include.param.rtype, include.param.code))})"
        f" AND NOT r.deleted AND ({passing}) LIMIT {MOST}"
    )
    return records_of(StoreCursor(conn).execute(sql, p.values))


def _sources(
    conn: Connection[Any], include: Include, records: Sequence[Record], where: Where
) -> list[Record]:
    """What points to those records by the parameter."""
    filter_ = where(include.param.rtype)
    if filter_.nothing or not records:
        return []
    p = Params()
    sql = (
        f"SELECT {COLUMNS.format(t='r')} FROM resource r WHERE r.id IN (SELECT x.id FROM index_ref x"
        f" WHERE x.key = {p(index.range_key(include.param.rtype, include.param.code))}"
        f" AND x.target = ANY({p(Bigints(record.id for record in records))})"
        f" AND {p.filter(filter_, 'x')} LIMIT {MOST}) AND NOT r.deleted"
    )
    return records_of(StoreCursor(conn).execute(sql, p.values))


def allowed(types: Iterable[str], where: Where, p: Params, alias: str = "r") -> str:
    """The filters of several types over rows of `resource`; "" when none of them lets anything through.

    Types that share a filter share a term.
    """
    groups: list[tuple[Filter, list[int]]] = []
    for rtype in types:
        filter_ = where(rtype)
        if filter_.nothing:
            continue
        for known, numbers in groups:
            if known == filter_:
                numbers.append(TYPE_NUMBERS[rtype])
                break
        else:
            groups.append((filter_, [TYPE_NUMBERS[rtype]]))
    return " OR ".join(
        f"({alias}.rtype IN ({', '.join(map(str, numbers))}) AND {p.filter(filter_, alias)})"
        for filter_, numbers in groups
    )
