"""Search: a parsed query becomes one statement that finds a page of ids in the index and reads those bodies.

How it asks is said in `planning`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from psycopg import Connection

from rapport.fhir.search_tree import Search
from rapport.store import cursors, including, planning
from rapport.store.codes import looked_up
from rapport.store.compiling import Where
from rapport.store.params import Params
from rapport.store.planning import Noting, Plan
from rapport.store.reading import record_of
from rapport.store.records import Record
from rapport.store.wire import Asked, Row, StoreCursor

#: Up to so many an estimated total is counted.
EXACT = 5000


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    matches   the page, in order
    included  what `_include` and `_revinclude` brought, without the matches themselves
    next      cursor of the next page, None when this is the last
    total     how many match in all, when it was asked for or is known anyway
    """

    matches: tuple[Record, ...] = ()
    included: tuple[Record, ...] = ()
    next: str | None = None
    total: int | None = None


def search(conn: Connection[Any], query: Search, where: Where) -> Found:
    """Run a search. `where(rtype)` is the filter of each type that it touches, in chains and includes too."""
    return searches(conn, [query], where)[0]


def searches(conn: Connection[Any], queries: Sequence[Search], where: Where) -> list[Found]:
    """Run several searches; the statements that find their pages go out together."""
    made = [_made(conn, query, where) for query in queries]
    asked = [one[1] for one in made if isinstance(one, tuple)]
    line = StoreCursor(conn)
    if len(asked) == 1:  # the shorter way
        sql, params, prepare = asked[0]
        pages = iter([line.execute(sql, params, prepare=prepare).fetchall()])
    else:
        pages = iter(line.execute_all(asked) if asked else ())
    return [one if isinstance(one, Found) else _found(conn, one[0], next(pages), where) for one in made]


def _made(conn: Connection[Any], query: Search, where: Where) -> tuple[Search, Asked] | Found:
    """A search ready to be sent: with its value sets looked up, and the statement of its page.

    Found at once is what nobody may see, and a number.
    """
    if where(query.rtype).nothing:
        return Found(total=0)
    query = _codes_found(conn, query, where)
    plan = planning.plan(conn, query, where)
    if query.counts_only:
        return Found(total=_count(conn, plan))
    return query, (*plan.page(query), plan.prepare)


def _found(conn: Connection[Any], query: Search, rows: list[Row], where: Where) -> Found:
    """What a search found, of the rows of its page and one more where there is one."""
    found = _page(query, rows)
    total = found.total
    if total is None and query.total != "none":
        total = _total(conn, query, planning.plan(conn, query, where))
    included = including.included(conn, query, found.matches, where)
    return replace(found, included=included, total=total)


def search_noted(conn: Connection[Any], query: Search, where: Where, noting: Noting) -> Found | None:
    """The same for a page that nothing comes along with, in one statement with what writes down that it was
    found; None, and nothing is told, where that wrote nothing down."""
    plan = planning.plan(conn, _codes_found(conn, query, where), where)
    sql, params = plan.page(query, noting)
    rows = StoreCursor(conn).execute(sql, {**params, **noting[1]}, prepare=plan.prepare).fetchall()
    if not rows:
        return None
    return _page(query, rows if rows[0][0] is not None else [])


def _codes_found(conn: Connection[Any], query: Search, where: Where) -> Search:
    return looked_up(query, lambda each: [one.json for one in search(conn, each, where).matches])


def _page(query: Search, rows: Sequence[Sequence[Any]]) -> Found:
    """What the rows of a page say; one more than asked for tells of a next one."""
    more = len(rows) > query.count
    rows = rows[: query.count]
    after = cursors.encode(query, [*rows[-1][10:], rows[-1][0]]) if more else None
    total = None if more or query.cursor else len(rows)
    return Found(tuple(map(record_of, rows)), (), after, total)


def counts(conn: Connection[Any], queries: Sequence[Search], where: Where) -> list[int]:
    """How many match each of these searches, asked in one statement."""
    p = Params()
    plans = [planning.plan(conn, query, where, p) for query in queries]
    sql = ", ".join(f"(SELECT count(*) FROM ({plan.candidates('t.id')}) c)" for plan in plans)
    prepare = None if all(plan.fixed for plan in plans) else False
    row = StoreCursor(conn).execute(f"SELECT {sql}", p.values, prepare=prepare).fetchone()
    return list(row or ())


def statement(conn: Connection[Any], query: Search, where: Where) -> tuple[str, dict[str, Any], bool | None]:
    """The statement that finds the page of a query, its parameters, whether it is prepared: for EXPLAIN."""
    plan = planning.plan(conn, query, where)
    return *plan.page(query), plan.prepare


def _total(conn: Connection[Any], query: Search, plan: Plan) -> int:
    """How many match. An estimate is exact up to `EXACT`, and beyond that what PostgreSQL expects.

    It expects by all rows, so only who sees all of them hears of it: values that are no part of the search
    belong to a filter.
    """
    if query.total != "estimate" or not all(name.startswith("q_") for name in plan.params.values):
        return _count(conn, plan)
    found = _count(conn, plan, f" LIMIT {EXACT + 1}")
    if found <= EXACT:
        return found
    sql = f"EXPLAIN (FORMAT JSON) {plan.candidates('t.id')}"
    [row] = StoreCursor(conn).execute(sql, plan.params.values, prepare=False)
    guess = row[0] if isinstance(row[0], list) else orjson.loads(row[0])
    return max(found, int(guess[0]["Plan"]["Plan Rows"]))


def _count(conn: Connection[Any], plan: Plan, limit: str = "") -> int:
    found = f"{plan.candidates('t.id')}{limit}" if limit else plan.all_of_them()
    sql = f"SELECT count(*) FROM ({found}) c"
    [row] = StoreCursor(conn).execute(sql, plan.params.values, prepare=plan.prepare)
    return int(row[0])
