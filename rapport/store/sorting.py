"""Sort keys as SQL over a candidate row `t`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rapport.fhir import index, own
from rapport.fhir.definitions import SearchParam
from rapport.fhir.search_tree import Search, Sort
from rapport.store.params import Params


@dataclass(frozen=True, slots=True)
class Key:
    """One sort key.

    column  it stands on the candidate row itself, so an index may have the rows in order already
    parts   where it does so for some rows only: what each part of the rows sorts by, and what they have to be
    """

    sql: str
    descending: bool
    cast: str
    column: bool = False
    parts: tuple[tuple[str, str], ...] = ()

    @property
    def order(self) -> str:
        """What follows its name in ORDER BY."""
        return " DESC" if self.descending else ""

    def placeholder(self, p: Params, value: Any) -> str:
        """A value of a cursor as SQL of its type."""
        collate = ' COLLATE "C"' if self.cast == "text" else ""
        return f"{p(value)}::{self.cast}{collate}"


def keys(query: Search, p: Params, *, by_index: bool) -> list[Key]:
    """The sort keys of a query; without any, newest first by clinical time.

    `by_index`: candidates are rows of an index table. What has no value for a key comes last either way.
    """
    if query.sort:
        return [_key(sort, p, by_index) for sort in query.sort]
    return [_NEWEST]


#: Where the code of a token stands in its value.
_CODE = {
    "CodeableConcept": ".coding.code",
    "Coding": ".code",
    "Identifier": ".value",
    "ContactPoint": ".value",
}
_FIRST, _LAST = "'0001-01-01 00:00:00+00'", "'9999-12-31 23:59:59.999999+00'"
_MOST = "U&'\\+10FFFF'"
#: Search parameter type -> what it sorts by, its SQL type, what comes before and what after every value.
#: A period without a beginning sorts by its end, a canonical by its address without the version,
#: a range of numbers by the end that comes first.
_COLUMNS = {
    "date": (
        f"CASE WHEN x.low > {_FIRST} THEN x.low ELSE x.high END",
        "timestamptz",
        f"{_FIRST}::timestamptz",
        f"{_LAST}::timestamptz",
    ),
    "string": ("x.value", "text", "''", _MOST),
    "uri": ("split_part(x.value, '|', 1)", "text", "''", _MOST),
    "token": ('c.code COLLATE "C"', "text", "''", _MOST),
    "number": ("x.low", "float8", "'-infinity'::float8", "'infinity'::float8"),
}
_NEWEST = Key("t.whn", True, "timestamptz", column=True)
_OLDEST = Key(
    f"CASE WHEN t.whn > {_FIRST} THEN t.whn ELSE {_LAST} END",
    False,
    "timestamptz",
    parts=(("t.whn", f"t.whn > {_FIRST}"), (f"{_LAST}::timestamptz", f"t.whn = {_FIRST}")),
)


def _key(sort: Sort, p: Params, by_index: bool) -> Key:
    param, down = sort.param, sort.descending
    if param.code == "_id":
        return _stored("rid", "text", down, by_index)
    if param.code == "_lastUpdated":
        return _stored("updated", "timestamptz", down, by_index)
    if clinical(param):
        return _NEWEST if down else _OLDEST
    kind = "number" if param.type == "quantity" else param.type
    column, cast, least, most = _COLUMNS[kind]
    column = "x.high" if kind == "number" and down else column
    if kind == "token":
        rows = f"resource x, {_codes(param, p)} c(code) WHERE x.id = t.id"
    else:
        rows = f"index_{kind} x WHERE x.id = t.id AND x.key = {p(index.range_key(param.rtype, param.code))}"
    found = f"(SELECT {'max' if down else 'min'}({column}) FROM {rows})"
    return Key(
        f"COALESCE({found}{'::text' if cast == 'text' else ''}, {least if down else most})", down, cast
    )


def _codes(param: SearchParam, p: Params) -> str:
    """A table of the codes of a token parameter, out of the body: the keys of the index have no order."""
    paths = [p(leaf.jsonpath + _CODE.get(leaf.type, "")) for leaf in param.leaves]
    each = " UNION ALL ".join(
        f"SELECT v #>> '{{}}' FROM jsonb_path_query(x.body::jsonb, {path}::jsonpath) v" for path in paths
    )
    return f"LATERAL ({each})"


def _stored(column: str, cast: str, down: bool, by_index: bool) -> Key:
    if not by_index:
        return Key(f"t.{column}", down, cast, column=cast != "text")
    return Key(f"(SELECT r.{column} FROM resource r WHERE r.id = t.id)", down, cast)


def clinical(param: SearchParam) -> bool:
    """Whether this parameter gives the clinical time, which every index row carries."""
    return param.type == "date" and own.when(param.rtype)[:1] == (param.code,)
