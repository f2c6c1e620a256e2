"""Conditions of a search as SQL over the index tables.

A *probe* is a table and what its row has to be like. It can drive a search (its rows are the
candidates) or test candidates found otherwise (`EXISTS` by resource id). What has no probe (a
negation, `_has`, `:missing`) can only test.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rapport.fhir import index, own, table
from rapport.fhir import search_tree as search
from rapport.fhir import search_values as values
from rapport.fhir.definitions import TYPE_NUMBERS, SearchParam, search_param
from rapport.fhir.keys import reference_key, resource_key
from rapport.fhir.outcomes import Refused
from rapport.store import matching
from rapport.store.counting import Mark
from rapport.store.params import Params
from rapport.store.records import Filter
from rapport.store.wire import Bigints

Where = Callable[[str], Filter]


@dataclass(slots=True)
class Probe:
    """Rows of a table that fit a condition; `sql` is over `{x}`.

    rows    how many to expect; the probe with the fewest drives the search
    mark    by what they can be counted
    rank    settles it between equals
    single  at most one such row for each resource
    chain   the rows are found by way of other resources
    """

    table: str
    sql: str
    rows: float
    rank: int = 0
    single: bool = False
    chain: bool = False
    mark: Mark | None = None

    def on(self, alias: str) -> str:
        """The condition over the rows of that alias."""
        return self.sql.replace("{x}", alias)


@dataclass(frozen=True, slots=True)
class Test:
    """A condition that can only be asked of a candidate; `sql` is over `{t}`."""

    sql: str


Compiled = Probe | Test

#: Codes that stand on so many resources that another condition had better drive.
_BROAD = dict.fromkeys(("category", "class", "intent", "priority", "active", "gender", "type", "use"), 5)
_BROAD["status"] = 6
#: To ask a candidate by itself takes as long as to read so many rows that fit; how many of these at most.
A_LOOK, AT_ONCE = 10, 1000
_RANKS = {"ref": 2, "string": 4, "uri": 4, "number": 7, "date": 8}


class Compiler:
    """Turns conditions into SQL for one statement. `where` gives the filter of each type that is touched."""

    def __init__(self, where: Where, p: Params) -> None:
        self.where = where
        self.p = p

    def compile(self, condition: search.Condition) -> Compiled:
        """One condition of a search."""
        if isinstance(condition, search.Has):
            return Test(f"{{t}}.id IN ({self._pointing(condition)})")
        if isinstance(condition, search.Chain):
            return self._chain([condition])
        if isinstance(condition, search.Any):
            chains = [each for each in condition.each if isinstance(each, search.Chain)]
            return self._chain(chains) if chains else self._either(condition.each)
        return self._clause(condition)

    def _either(self, each: Sequence[search.Condition]) -> Compiled:
        """One of several plain conditions: as one probe where they ask the same table."""
        found = [self.compile(one) for one in each]
        probes = [one for one in found if isinstance(one, Probe) and one.table.startswith("index_")]
        if len(probes) < len(found) or len({probe.table for probe in probes}) > 1:
            return Test("(" + " OR ".join(self.test(one, "{t}") for one in found) + ")")
        sql = " OR ".join(f"({probe.sql})" for probe in probes)
        rows = sum(probe.rows for probe in probes)
        return Probe(probes[0].table, f"({sql})", rows, probes[0].rank)

    def test(self, compiled: Compiled, alias: str, *, fixed: bool = False, candidates: float = 0) -> str:
        """The compiled condition asked of the resource of the row with that alias.

        `fixed`: of each of so many `candidates` in turn, or by reading all rows that fit once, whichever is
        less. Otherwise PostgreSQL may join the other way round.
        """
        if isinstance(compiled, Test):
            return compiled.sql.replace("{t}", alias)
        if compiled.table == "resource" and compiled.single:
            return compiled.on(alias)
        x = self.p.alias()
        if fixed and compiled.mark and compiled.rows <= min(AT_ONCE, candidates * A_LOOK):
            rows = f"SELECT {x}.id FROM {compiled.table} {x} WHERE {compiled.on(x)}"
            return f"({alias}.id IN ({rows})) IS TRUE"  # IS TRUE: so that it is hashed and not joined
        rows = f"{compiled.table} {x} WHERE {x}.id = {alias}.id AND {compiled.on(x)}"
        return f"EXISTS (SELECT 1 FROM {rows}{' OFFSET 0' if fixed else ''})"

    def _clause(self, clause: search.Clause) -> Compiled:
        param = clause.param
        if clause.pointing:
            raise Refused("invalid", f"{param.code}:{clause.modifier} can't be asked here.")
        if clause.modifier == "missing":
            return self._missing(clause)
        if param.code == "_id":
            if clause.modifier == "not":
                return Test(f"NOT ({self._ids(clause).replace('{x}', '{t}')})")
            return Probe("resource", self._ids(clause), rows=len(clause.values), single=True)
        if param.code == "_lastUpdated":
            return Probe("resource", self._updated(clause), rows=1e9)
        if param.type == "composite":
            return self._composite(clause)
        kind = matching.kind_of(clause)
        if clause.modifier == "not":
            x = self.p.alias()
            row = matching.match(replace(clause, modifier=""), self.p).replace("{x}", x)
            return Test(f"NOT EXISTS (SELECT 1 FROM index_{kind} {x} WHERE {x}.id = {{t}}.id AND {row})")
        rank = _RANKS.get(kind, _BROAD.get(param.code, 3))
        sql, rows = matching.match(clause, self.p), matching.expected(clause)
        return Probe(f"index_{kind}", sql, rows, rank, matching.single(clause), mark=matching.mark(clause))

    def _ids(self, clause: search.Clause) -> str:
        keys = [
            resource_key(clause.param.rtype, value.code)
            for value in clause.values
            if isinstance(value, values.Token) and value.code
        ]
        return f"{{x}}.id = ANY({self.p(Bigints(keys))})"

    def _updated(self, clause: search.Clause) -> str:
        parts = [
            matching.compare_times(value, self.p, "updated", "updated")
            for value in clause.values
            if isinstance(value, values.Moment)
        ]
        return f"({' OR '.join(parts)})"

    def _missing(self, clause: search.Clause) -> Compiled:
        """Absence has no index rows: the body is asked."""
        x = self.p.alias()
        found = (
            f"jsonb_path_exists({x}.body::jsonb, {self.p(path)}::jsonpath)" for path in clause.param.jsonpaths
        )
        present = " OR ".join(found) or "TRUE"
        wanted = {value.missing for value in clause.values if isinstance(value, values.Missing)}
        if len(wanted) == 2:
            return Test("TRUE")
        sense = "NOT " if True in wanted else ""
        return Test(f"EXISTS (SELECT 1 FROM resource {x} WHERE {x}.id = {{t}}.id AND {sense}({present}))")

    # ---------------------------------------------------------------- composites

    def _composite(self, clause: search.Clause) -> Compiled:
        parts = [
            self._pair(clause.param, value.parts)
            for value in clause.values
            if isinstance(value, values.Parts)
        ]
        return Test("(" + " OR ".join(parts) + ")")

    def _pair(self, param: SearchParam, parts: Sequence[values.Value]) -> str:
        """One alternative: as plain parameters of the resource, or as a pair within a repeating part."""
        ways = []
        if param.together:
            plain = [
                search.Clause(twin, (part,))
                for name, part in zip(param.together, parts, strict=True)
                if (twin := search_param(param.rtype, name))
            ]
            ways.append(" AND ".join(self.test(self._clause(one), "{t}") for one in plain))
        first, last = parts[0], parts[-1]
        if param.contexts and isinstance(first, values.Token) and first.code:
            plain_code = {
                s for leaf in param.components[0].leaves if leaf.codes for s in table.value_set(leaf.codes)
            }
            system = "" if first.system in plain_code else first.system
            word = index.token_words(system or "", first.code)[system is not None]
            last_one = param.components[-1]
            paired = replace(
                param, code=index.pair(param.code, word), type=last_one.type, leaves=last_one.leaves
            )
            ways.append(self.test(self._clause(search.Clause(paired, (last,))), "{t}"))
        return "(" + " OR ".join(f"({way})" for way in ways) + ")" if ways else "FALSE"

    # ---------------------------------------------------------------- other resources

    def _chain(self, chains: Sequence[search.Chain]) -> Probe:
        """A reference by one parameter to a resource that fits, of one or of several types."""
        param = chains[0].param
        found = " UNION ALL ".join(self._fitting(chain.target, chain.inner) for chain in chains)
        key = self.p(index.range_key(param.rtype, param.code))
        return Probe("index_ref", f"{{x}}.key = {key} AND {{x}}.target IN ({found})", rows=1e3, chain=True)

    def _fitting(self, rtype: str, inner: search.Condition) -> str:
        """Ids of resources of a type that fit a condition and pass the filter of their type."""
        compiled = self.compile(inner)
        y = self.p.alias()
        allowed = self.p.filter(self.where(rtype), y)
        if isinstance(compiled, Probe) and compiled.table != "resource":
            return f"SELECT {y}.id FROM {compiled.table} {y} WHERE {compiled.on(y)} AND {allowed}"
        return (
            f"SELECT {y}.id FROM resource {y} WHERE {y}.rtype = {TYPE_NUMBERS[rtype]} AND NOT {y}.deleted"
            f" AND {self.test(compiled, y)} AND {allowed}"
        )

    def _pointing(self, has: search.Has) -> str:
        """Ids to which resources of another type point that fit and pass the filter of their type."""
        x = self.p.alias()
        key = self.p(index.range_key(has.param.rtype, has.param.code))
        allowed = self.p.filter(self.where(has.param.rtype), x)
        fits = self.test(self.compile(has.inner), x)
        return f"SELECT {x}.target FROM index_ref {x} WHERE {x}.key = {key} AND {allowed} AND {fits}"


def owner_of(clause: search.Condition) -> list[int]:
    """The patients whose compartment a clause means, if it says no more than that; else [].

    Every index row carries the owner, so such a clause needs no rows of its own.
    """
    if not isinstance(clause, search.Clause) or clause.modifier or clause.param.type != "reference":
        return []
    param = clause.param
    owners = own.OWNER.get(param.rtype, ())
    owner = search_param(param.rtype, owners[0]) if len(owners) == 1 else None
    if owner is None or len(param.leaves) != 1 or len(owner.leaves) != 1:
        return []
    steps = owner.leaves[0].steps
    if param.leaves[0].steps != steps or len(steps) != 1 or _repeats(param.rtype, steps[0].key):
        return []
    refs = [value.reference for value in clause.values if isinstance(value, values.Reference)]
    return [reference_key(ref) for ref in refs] if all(ref.startswith("Patient/") for ref in refs) else []


def _repeats(rtype: str, element: str) -> bool:
    found = table.part(rtype).get(element)
    return found is None or found.max != 1
