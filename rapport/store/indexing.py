"""The index tables, one per kind of search parameter: their columns and how rows are packed for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter
from typing import Any

from rapport.fhir.rows import Rows
from rapport.store.wire import Bigints, Floats, Texts, Times

RowSet = frozenset[Any]


def _text(values: Iterable[str]) -> Texts:
    return Texts(value.encode("utf-8", "replace") for value in values)


@dataclass(frozen=True, slots=True)
class Kind:
    """One index table. `rows` takes its tuples out of `Rows`; `columns` names their parts in order."""

    name: str
    columns: tuple[str, ...]
    packers: tuple[Callable[[Any], Any], ...]
    rows: Callable[[Rows], RowSet]

    @property
    def table(self) -> str:
        """Name of the table."""
        return f"index_{self.name}"


KINDS = (
    Kind("token", ("key", "second"), (Bigints, Bigints), attrgetter("token")),
    Kind("ref", ("key", "target"), (Bigints, Bigints), attrgetter("ref")),
    Kind("date", ("key", "low", "high"), (Bigints, Times, Times), attrgetter("date")),
    Kind("number", ("key", "low", "high", "unit"), (Bigints, Floats, Floats, Bigints), attrgetter("number")),
    Kind("string", ("key", "value"), (Bigints, _text), attrgetter("string")),
    Kind("uri", ("key", "value"), (Bigints, _text), attrgetter("uri")),
)


@dataclass(slots=True)
class Packed:
    """Rows of one kind on their way into one statement. `source` is the CTE they are joined with.

    `one`: all are of one resource, the only one in `source`, so they go without its id.
    """

    kind: Kind
    source: str
    one: bool = False
    ids: list[int] = field(default_factory=list)
    rows: list[tuple[Any, ...]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.rows)

    def add(self, key: int, rows: RowSet) -> None:
        """Take up rows of the resource with that key."""
        if rows:
            self.ids += [key] * len(rows)
            self.rows += rows

    def insert(self, params: dict[str, Any]) -> str:
        """CTE that inserts them with what the new version in `source` carries."""
        names, taken = _names(self.kind)
        given = self._given("put", params)
        return (
            f",\n put_{self.kind.name} AS (INSERT INTO {self.kind.table} ({names}, id, patient, whn, sens)"
            f" SELECT {taken}, n.id, n.patient, n.whn, n.sens FROM {given} {self._joined('n')})"
        )

    def delete(self, params: dict[str, Any]) -> str:
        """CTE that deletes them, if the version they were made from is in `source`."""
        same = " AND ".join(f"x.{name} = u.{name}" for name in self.kind.columns)
        given = self._given("cut", params)
        return (
            f",\n cut_{self.kind.name} AS (DELETE FROM {self.kind.table} x"
            f" USING {given} {self._joined('o')} WHERE x.id = o.id AND {same})"
        )

    def _joined(self, alias: str) -> str:
        return (
            f"CROSS JOIN {self.source} {alias}"
            if self.one
            else f"JOIN {self.source} {alias} ON {alias}.id = u.id"
        )

    def _given(self, verb: str, params: dict[str, Any]) -> str:
        """The rows as a table `u`, each column one array parameter."""
        name = f"{verb}_{self.kind.name}"
        columns = self.kind.columns if self.one else ("id", *self.kind.columns)
        if not self.one:
            params[f"{name}_id"] = Bigints(self.ids)
        for column, packer, values in zip(
            self.kind.columns, self.kind.packers, zip(*self.rows, strict=True), strict=True
        ):
            params[f"{name}_{column}"] = packer(values)
        given = ", ".join(f"%({name}_{column})s" for column in columns)
        return f"unnest({given}) AS u({', '.join(columns)})"


@cache
def _names(kind: Kind) -> tuple[str, str]:
    """The columns of an index table, and the same of `u`."""
    return ", ".join(kind.columns), ", ".join(f"u.{name}" for name in kind.columns)
