"""Boxes as rows of `access_grant` and `access_denial`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rapport.fhir.definitions import TYPE_NUMBERS

from .boxes import Box
from .regions import Regions

GRANT_COLUMNS = (
    "actor, patient, categories, labels, actions, purposes, valid_from, valid_until, scope, source, rule,"
    " why, also, types, marked, since, until, around"
)
DENIAL_COLUMNS = (
    "actor, patient, categories, labels, actions, purposes, valid_from, valid_until, scope, source, number,"
    " exception, why, also, types, marked, since, until, around"
)
_TYPES = {
    **dict.fromkeys(("actor", "patient", "categories", "labels", "actions", "purposes"), "bigint"),
    **dict.fromkeys(("scope", "source", "marked"), "bigint"),
    **dict.fromkeys(("valid_from", "valid_until", "since", "until"), "timestamptz"),
    **dict.fromkeys(("rule", "why"), "text"),
    "number": "integer", "exception": "boolean", "around": "boolean",
    "also": "bigint[]", "types": "smallint[]",
}  # fmt: skip


def insert(table: str, columns: str) -> str:
    """The statement that inserts rows of these columns, given a list for each column."""
    types = [_TYPES[name] for name in columns.replace(",", " ").split()]
    given = ", ".join("%s::text[]" if name.endswith("[]") else f"%s::{name}[]" for name in types)
    names = columns.replace(",", " ").split()
    taken = ", ".join(
        f"u.{name}::{kind}" if kind.endswith("[]") else f"u.{name}"
        for name, kind in zip(names, types, strict=True)
    )
    return f"INSERT INTO {table} ({columns}) SELECT {taken} FROM unnest({given}) u({columns})"  # noqa: S608


RULE = "consent"
_SHARED = "Shared by a consent of the patient or by law."
_CLOSED = "A consent of the patient closes this."


def grant_rows(found: Regions, source: int, patient: int) -> Iterator[tuple[Any, ...]]:
    """What a Consent opens, in the order of `GRANT_COLUMNS`."""
    for box in found.permits:
        for head, tail in _rows(box, source, patient):
            yield (*head, RULE, _SHARED, *tail)


def denial_rows(found: Regions, source: int, patient: int) -> Iterator[tuple[Any, ...]]:
    """What a Consent closes and the exceptions, in the order of `DENIAL_COLUMNS`."""
    for number, denial in enumerate(found.denials):
        for head, tail in _rows(denial.box, source, patient):
            yield (*head, number, False, _CLOSED, *tail)
        for box in denial.exceptions:
            for head, tail in _rows(box, source, patient):
                yield (*head, number, True, _CLOSED, *tail)


def _rows(box: Box, source: int, patient: int) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    types = sorted(TYPE_NUMBERS[rtype] for rtype in box.kinds.types)
    for corner in box.corners():
        named = corner.named
        head = (
            corner.actor, patient, box.kinds.categories, box.clears, box.actions, box.purposes,
            str(box.begins), str(box.ends), named.key if named else None, source,
        )  # fmt: skip
        around = named.around if named else True
        yield (
            head,
            (_array(corner.also), _array(types), corner.marked, str(box.since), str(box.until), around),
        )


def _array(numbers: Iterable[int]) -> str:
    """An array as PostgreSQL writes it: columns of arrays can't be unnested beside each other."""
    return "{" + ",".join(map(str, numbers)) + "}"
