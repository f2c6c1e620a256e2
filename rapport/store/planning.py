"""How a search is asked: where its candidates come from, what they have to pass, in what order.

Without `_sort` the newest come first, by clinical time: a place that nothing loses by being changed while
somebody turns the pages. Whatever has no value for a sort key comes last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.fhir.search_tree import Condition, Search
from rapport.store import choosing, cursors, sorting
from rapport.store.compiling import Compiler, Probe, Where, owner_of
from rapport.store.counting import MANY
from rapport.store.params import Params
from rapport.store.reading import COLUMNS
from rapport.store.records import Filter
from rapport.store.sorting import Key
from rapport.store.wire import Bigints

#: Up to so many candidates are asked one by one. With more of them PostgreSQL chooses how to join, by the
#: values of each search; that takes longer to plan, and pays.
FEW = MANY
_COLUMNS = COLUMNS.format(t="r")
#: Table -> its columns that hold the patient, when candidates are found so.
_OWNED = {"index_token": ("patient",), "index_ref": ("patient", "target"), "resource": ("patient", "id")}

#: A statement that writes down what the rows of `found` tell, in that order, and returns one row if it did;
#: and its parameters.
Noting = tuple[str, Mapping[str, Any]]


@dataclass(slots=True)
class Plan:
    """A search made ready: where candidates come from, what they have to pass, how they are sorted.

    fixed  the statement leaves PostgreSQL no choice that depends on the values, so its plan can be kept
    whose  a query for the few patients whose rows alone can pass, or ""
    owned  the columns of a candidate that hold its patient
    late   the filter costs much for each row: candidates are sorted first, and asked until the page is full
    """

    table: str
    tests: list[str]
    passing: Filter
    keys: list[Key]
    single: bool
    fixed: bool
    params: Params
    whose: str = ""
    owned: tuple[str, ...] = ()
    late: bool = False

    @property
    def prepare(self) -> bool | None:
        """What the line is told: prepare it when it comes again, or never."""
        return None if self.fixed else False

    def candidates(self, columns: str, *more: str, patient: str = "") -> str:
        """The rows that pass; of one `patient`, or of all who come into question."""
        of = patient or f"ANY(ARRAY({self.whose}))"
        tests = [*(f"t.{column} = {of}" for column in self.owned), *self.tests, *more]
        if self.single or not self.passing.params:
            return self._some(columns, [*tests, self.passing.on("t")])
        return f"SELECT DISTINCT {columns} FROM {self._apart(tests)} WHERE {self.passing.on('t')}"

    def _some(self, columns: str, tests: Iterable[str]) -> str:
        distinct = "" if self.single else "DISTINCT "
        return f"SELECT {distinct}{columns} FROM {self.table} t WHERE {' AND '.join(tests)}"

    def _apart(self, tests: Iterable[str]) -> str:
        """The rows to be asked whether they pass, found before: OFFSET keeps the two apart.

        PostgreSQL thinks that the filter costs so much that any index will do, or gathers all that pass it.
        """
        return f"(SELECT t.* FROM {self.table} t WHERE {' AND '.join(tests)} OFFSET 0) t"

    def all_of_them(self) -> str:
        """A row for each that passes, where thousands may: what is enough is asked of the index alone."""
        enough, theirs = self.passing.enough.format(t="t"), self.passing.patients
        if not self.late or not enough:
            return self.candidates("t.id")
        asked = f"EXISTS (SELECT 1 FROM resource r WHERE r.id = t.id AND {self.passing.on('r')} OFFSET 0)"
        asked = f"t.patient IN ({theirs}) AND {asked}" if theirs else asked
        distinct = "" if self.single else "DISTINCT "
        return f"SELECT {distinct}t.id FROM {self._apart(self.tests)} WHERE {enough} OR ({asked})"

    def _in_order(self, order: str, columns: str, *more: str) -> str:
        """The same in order, where each row is asked whether it passes only when its turn comes.

        IS TRUE keeps PostgreSQL from reading all grants of somebody into a hash and joining with it.
        """
        all_of_them = self._some(f"{columns}, t.patient, t.sens, t.whn", [*self.tests, *more])
        passes = f"({self.passing.on('t')}) IS TRUE"
        return f"SELECT t.* FROM ({all_of_them} ORDER BY {order} OFFSET 0) t WHERE {passes}"

    def page(self, query: Search, noting: Noting | None = None) -> tuple[str, dict[str, Any]]:
        """The statement of one page and its parameters; one row more than asked tells of a next one."""
        p, keys = self.params, self.keys
        names = [f"s{number}" for number in range(len(keys))]
        order = ", ".join(f"{name}{key.order}" for name, key in zip(names, keys, strict=True))
        order += f", id{keys[-1].order}"
        ending = f"ORDER BY {order} LIMIT {query.count + 1}"
        after = cursors.decode(query, [key.cast for key in keys]) if query.cursor else None
        ways = self._ways(after)
        if ways and self.whose:  # the first of each patient, by the index, and of these the first
            each = " UNION ALL ".join(
                f"({self.candidates(*way, patient='w.patient')} {ending})" for way in ways
            )
            inner = (
                f"SELECT c.* FROM (SELECT DISTINCT o.patient FROM ({self.whose}) o) w"
                f" CROSS JOIN LATERAL ({each}) c"
            )
        elif len(ways) == 1 and self.late:
            inner = self._in_order(order, *ways[0])
        elif len(ways) == 1:
            inner = self.candidates(*ways[0])
        elif ways:
            inner = " UNION ALL ".join(f"({self.candidates(*way)} {ending})" for way in ways)
        else:
            bound = _behind([*names, "id"], keys, after, p) if after else "TRUE"
            inner = f"SELECT * FROM ({self.candidates(_columns(key.sql for key in keys))}) c WHERE {bound}"
        page = f"WITH page AS MATERIALIZED ({inner} {ending})"
        found = (
            f"SELECT {_COLUMNS}, {', '.join('page.' + name for name in names)}"
            f" FROM page JOIN resource r ON r.id = page.id ORDER BY {_prefixed(order)}"
        )
        if noting is None:
            return f"{page} {found}", p.values
        beside = f"found AS MATERIALIZED ({found}), noted AS ({noting[0]})"
        return f"{page}, {beside} SELECT found.* FROM noted LEFT JOIN found ON TRUE", p.values

    def _ways(self, after: Sequence[Any] | None) -> list[list[str]]:
        """Parts of the candidates that an index may have in order: columns, and what the rows have to be."""
        keys = self.keys
        if len(keys) == 1 and keys[0].parts:
            parts = [([sql], [test]) for sql, test in keys[0].parts]
        elif all(key.column for key in keys):
            parts = [([key.sql for key in keys], [])]
        else:
            return []
        return [
            [_columns(sqls), *tests, *([_behind([*sqls, "t.id"], keys, after, self.params)] if after else [])]
            for sqls, tests in parts
        ]


def _columns(values: Iterable[str]) -> str:
    return ", ".join(["t.id", *(f"{sql} AS s{number}" for number, sql in enumerate(values))])


def _prefixed(order: str) -> str:
    return ", ".join(f"page.{part}" for part in order.split(", "))


def _behind(columns: Sequence[str], keys: Sequence[Key], after: Sequence[Any], p: Params) -> str:
    """Rows that come after those values in the order of the keys, the id breaking ties."""
    down = [key.descending for key in keys] + [keys[-1].descending]
    values = [key.placeholder(p, value) for key, value in zip(keys, after, strict=False)] + [p(after[-1])]
    if len(set(down)) == 1:
        sign = "<" if down[0] else ">"
        return f"({', '.join(columns)}) {sign} ({', '.join(values)})"
    steps = []
    for at, column in enumerate(columns):
        same = [f"{columns[i]} = {values[i]}" for i in range(at)]
        steps.append(" AND ".join([*same, f"{column} {'<' if down[at] else '>'} {values[at]}"]))
    return "(" + " OR ".join(f"({step})" for step in steps) + ")"


def plan(conn: Connection[Any], query: Search, where: Where, p: Params | None = None) -> Plan:
    """How a search is asked: begun at the rarest condition, at a patient's own, or with few patients."""
    p = Params() if p is None else p
    compiler = Compiler(where, p)
    tests, theirs, rest = _by_patient(query.conditions, p)
    compiled = [compiler.compile(condition) for condition in rest]
    passing, patients = where(query.rtype), bool(theirs)
    if patients:
        driver = choosing.within_one(conn, compiled, lambda: compiler.compile(theirs[0]))
    else:
        driver = choosing.driver(conn, compiled, choosy=bool(passing.patients))
    narrow = patients or (driver is not None and (driver.rows <= choosing.SOME or driver.chain))
    whose = "" if narrow else choosing.whose(conn, query.rtype, passing)
    if whose:
        driver = choosing.of_few(query.rtype, compiled, p)
    source = driver or Probe("resource", "TRUE", rows=1e9, single=True)
    late = not narrow and not whose and bool(passing.params)  # whose rows these are has to be asked of each
    alone = len(compiled) < (2 if late or whose else 1)  # there is one way to find them, whatever the values
    fixed = not source.chain and (patients or source.rows <= FEW or alone)
    rest_of_them = choosing.rarest_first(each for each in compiled if each is not driver)
    keys = sorting.keys(query, p, by_index=source.table != "resource")
    candidates = 0.0
    if rest_of_them and fixed and not patients and not whose:
        ordered = source.table == "index_ref" and source.single and keys[0].column and len(keys) == 1
        candidates = choosing.to_ask(conn, query, source, rest_of_them, ordered=ordered)
    tests += [compiler.test(each, "t", fixed=fixed, candidates=candidates) for each in rest_of_them]
    first = [source.on("t")] if driver else []
    if source.table == "resource":
        first += [f"t.rtype = {TYPE_NUMBERS[query.rtype]}", "NOT t.deleted"]
    single = source.single or source.table == "resource"
    owned = _OWNED[source.table] if whose else ()
    if whose and rest_of_them:  # for any patients PostgreSQL would read all rows of a value, theirs or not
        fixed = False
    p.values.update(passing.params)
    return Plan(source.table, first + tests, passing, keys, single, fixed, p, whose, owned, late)


def _by_patient(
    conditions: Iterable[Condition], p: Params
) -> tuple[list[str], list[Condition], list[Condition]]:
    """What says whose the candidates are, as tests and as conditions; and the other conditions."""
    tests: list[str] = []
    theirs: list[Condition] = []
    rest: list[Condition] = []
    for condition in conditions:
        owners = owner_of(condition)
        if owners:
            one = f"t.patient = {p(owners[0])}"
            tests.append(one if len(owners) == 1 else f"t.patient = ANY({p(Bigints(owners))})")
        (theirs if owners else rest).append(condition)
    return tests, theirs, rest
