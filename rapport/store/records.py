"""What goes in and out of the store: versions, filters and writes. Plain data, no connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import orjson


class Record(NamedTuple):
    """One version of one resource.

    id       `resource_key(rtype, rid)`
    vid      version number, counted from 1 in each resource
    seq      change number, counted over the whole store in the order of writing
    updated  when it was written (UTC)
    patient  key of the Patient whose compartment owns it, 0 for none
    sens     sensitivity mask (`rapport.fhir.labels`)
    deleted  this version is a deletion; its `body` is empty
    body     the JSON text as stored
    """

    id: int
    rtype: str
    rid: str
    vid: int
    seq: int
    updated: datetime
    patient: int
    sens: int
    deleted: bool
    body: bytes

    @property
    def ref(self) -> str:
        """`Type/id`."""
        return f"{self.rtype}/{self.rid}"

    @property
    def json(self) -> dict[str, Any]:
        """The resource as a new dict, parsed at each call; empty for a deletion."""
        found: dict[str, Any] = orjson.loads(self.body) if self.body else {}
        return found


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows somebody may see: a boolean SQL expression and its named parameters.

    `{t}` stands for the alias of a row that has `patient`, `sens` and `id`. Any other brace or
    percent sign has to be doubled. `present`: it asks the index, which knows the present versions alone, so
    no past version passes. `patients`: a query for the patients whose rows alone can pass, "" where any may.
    `enough`: an expression over `patient` and `sens` alone; what passes it passes the whole. It spares
    thousands of rows the dearer question; "" where there is none.
    """

    sql: str
    params: Mapping[str, Any] = field(default_factory=dict)
    present: bool = False
    patients: str = ""
    enough: str = ""

    def on(self, alias: str) -> str:
        """The expression over the row of that alias."""
        return self.sql.format(t=alias)

    @property
    def everything(self) -> bool:
        """Whether every row passes."""
        return self.sql == "TRUE"

    @property
    def nothing(self) -> bool:
        """Whether no row passes."""
        return self.sql == "FALSE"


EVERYTHING = Filter("TRUE")
NOTHING = Filter("FALSE")


@dataclass(frozen=True, slots=True)
class Write:
    """One change to make: what the resource shall be, and the version it was made from.

    raw       JSON text as written by the client; empty for a deletion
    resource  the same, parsed; empty for a deletion
    rid       its id
    before    the current version, a deleted one too; None to create what was never there
    delete    make a deletion of `before`
    """

    raw: bytes
    resource: dict[str, Any]
    rid: str
    before: Record | None = None
    delete: bool = False

    @property
    def rtype(self) -> str:
        """Its resource type."""
        if self.before is not None:
            return self.before.rtype
        rtype: str = self.resource["resourceType"]
        return rtype
