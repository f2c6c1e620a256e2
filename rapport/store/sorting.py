"""Sort keys as SQL over a candidate row `t`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rapport.fhir import index, own
from rapport.fhir.definitions import SearchParam
from rapport.fhir.search import Search, Sort
from rapport.store.params import Params


@dataclass(frozen=True, slots=True)
class Key:
    """One sort key. `column` says that it stands on the candidate row itself."""

    sql: str
    descending: bool
    cast: str
    column: bool = False

    @property
    def order(self) -> str:
        """What follows its name in ORDER BY."""
        return " DESC" if self.descending else ""

    def placeholder(self, p: Params, value: Any) -> str:
        """A value of a cursor as SQL of its type."""
        collate = ' COLLATE "C"' if self.cast == "text" else ""
        return f"{p(value)}::{self.cast}{collate}"


def keys(query: Search, p: Params, *, by_time: bool) -> list[Key]:
    """The sort keys of a query; without any, newest first: by clinical time (`by_time`) or by last change."""
    if query.sort:
        return [_key(sort, p, by_time) for sort in query.sort]
    return [Key("t.whn" if by_time else "t.updated", True, "timestamptz", column=True)]


def _key(sort: Sort, p: Params, by_time: bool) -> Key:
    param, down = sort.param, sort.descending
    if param.code == "_id":
        return _stored("rid", "text", down, by_time)
    if param.code == "_lastUpdated":
        return _stored("updated", "timestamptz", down, by_time)
    if clinical(param):
        return Key("t.whn", down, "timestamptz", column=True)
    kind, column, cast, least = {
        "date": ("date", "low", "timestamptz", "'0001-01-01 00:00:00+00'::timestamptz"),
        "string": ("string", "value", "text", "''"),
        "uri": ("uri", "value", "text", "''"),
    }.get(param.type, ("number", "low", "float8", "'-infinity'::float8"))
    pick = "max" if down else "min"
    x = p.alias()
    key = p(index.range_key(param.rtype, param.code))
    value = f"(SELECT {pick}({x}.{column}) FROM index_{kind} {x} WHERE {x}.id = t.id AND {x}.key = {key})"
    if cast == "text":
        value += "::text"
    return Key(f"COALESCE({value}, {least})", down, cast)


def _stored(column: str, cast: str, down: bool, by_index: bool) -> Key:
    if not by_index:
        return Key(f"t.{column}", down, cast, column=cast != "text")
    return Key(f"(SELECT r.{column} FROM resource r WHERE r.id = t.id)", down, cast)


def clinical(param: SearchParam) -> bool:
    """Whether this parameter gives the clinical time, which every index row carries."""
    return param.type == "date" and own.when(param.rtype)[:1] == (param.code,)
