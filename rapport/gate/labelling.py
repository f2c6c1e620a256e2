"""Labels that a record gets when it arrives: by its codes, as `labels.toml` says; and those it keeps.

A label is only ever added, but for those of the parts of a joined record: they come and go with that. What
the patient keeps from their circle stays kept when another system writes the same thing anew.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import orjson
from psycopg import Connection

from rapport.fhir.keys import reference_key
from rapport.fhir.labels import (
    ACT_CODE,
    BITS,
    CATEGORY,
    JOINED,
    PARTS,
    PRIVATE,
    RELABELLED,
    is_private,
    relabelled,
)
from rapport.fhir.text import members
from rapport.store.reading import read
from rapport.store.records import Filter, Write

from . import marks
from .claims import kinds

Body = dict[str, Any]
#: Where a resource says what it is about.
_CODED = ("code", "medicationCodeableConcept", "vaccineCode")
_LISTS = ("reasonCode", "category", "condition")
_NONE: frozenset[str] = frozenset()
_PART = b'"joined-'
_OF_A_PART = Filter(f"({{t}}.sens & {JOINED}::bigint) <> 0")
_place: list[Path | None] = [None]


def use_folder(folder: Path) -> None:
    """Where a site may lay a table of its own (`labels.toml`)."""
    _place[0] = folder
    table.cache_clear()


class Codes(dict[str, str]):
    """Codes of a system with the label that each gives; a * at the end stands for all that begin so."""

    begin: tuple[str, ...] = ()

    def label(self, code: str) -> str:
        """The label of a code: its own, else that of the longest beginning; "" for none."""
        if code in self:
            return self[code]
        fitting = [start for start in self.begin if code.startswith(start)]
        return self[f"{max(fitting, key=len)}*"] if fitting else ""


@lru_cache(maxsize=1)
def table() -> Mapping[str, Codes]:
    """The codes that give a label, by system.

    ValueError names a part that can't be read: with a table that hides less than it says nothing starts.
    """
    parts = tomllib.loads(files(__package__).joinpath("labels.toml").read_text("utf-8"))
    own = _place[0] / "labels.toml" if _place[0] else None
    if own is not None and own.is_file():
        parts |= tomllib.loads(own.read_text("utf-8"))
    found: dict[str, Codes] = {}
    for name, part in parts.items():
        label = part.get("label")
        if (ACT_CODE, label) not in BITS:
            raise ValueError(f"labels.toml, [{name}]: {label!r} is no sensitivity that Rapport knows")
        for system, codes in part.get("codes", {}).items():
            found.setdefault(system, Codes()).update(dict.fromkeys(codes, label))
    for each in found.values():
        each.begin = tuple(code[:-1] for code in each if code.endswith("*"))
    return found


def labels_of(body: Body) -> frozenset[str]:
    """The labels (codes of v3-ActCode) that a resource gets by its codes."""
    known = table()
    found = set()
    for concept in _concepts(body):
        codings = concept.get("coding") if type(concept) is dict else None
        for coding in codings if type(codings) is list else ():
            codes = known.get(str(coding.get("system"))) if type(coding) is dict else None
            if codes is not None:
                found.add(codes.label(str(coding.get("code"))))
    return frozenset(found - {""}) if found else _NONE


def _concepts(body: Body) -> list[Any]:
    found = [body[name] for name in _CODED if name in body]
    for name in _LISTS:
        some = body.get(name)
        if type(some) is list:
            found += some
    return found


def labelled(write: Write, *, by_patient: bool) -> Write:
    """A write with the labels that it should carry; itself where it has them.

    by_patient: Rapport writes on the wish of the patient, who may also take their own label off again
    """
    if write.delete:
        return write
    found, before = labels_of(write.resource), write.before
    categories = marks.of_kinds(write.resource)
    kept = before is not None and not before.deleted and b'"PRS"' in before.body and not by_patient
    part = before is not None and not before.deleted and _PART in before.body
    if not (found or categories or kept or part):
        return write
    wanted = [(ACT_CODE, code) for code in sorted(found)]
    wanted += [(CATEGORY, category) for category in sorted(categories)]
    if kept and before is not None and is_private(before.json):
        wanted.append(PRIVATE)
    if part and before is not None:
        wanted += _parts(before.json)
    security = (write.resource.get("meta") or {}).get("security") or ()
    has = {(one.get("system"), one.get("code")) for one in security}
    new = [label for label in wanted if label not in has]
    return _with(write, new, relabelled(before.json) if kept and before is not None else 0) if new else write


def _parts(body: Body) -> list[tuple[str, str]]:
    """The labels that say of which part of a joined record something is."""
    labels = (body.get("meta") or {}).get("security") or ()
    return [part for part in PARTS if {"system": part[0], "code": part[1]} in labels]


def part_of_same(conn: Connection[Any], writes: Sequence[Write]) -> list[Write]:
    """A new message, question or promise is of the part of a joined record that its conversation is in."""
    within = [_within(write) for write in writes]
    asked = sorted({key for keys in within for key in keys})
    parts = {record.id: _parts(record.json) for record in read(conn, asked, _OF_A_PART)} if asked else {}
    if not parts:
        return list(writes)
    return [
        _parted(write, [part for key in keys for part in parts.get(key, ())])
        for write, keys in zip(writes, within, strict=True)
    ]


def _within(write: Write) -> list[int]:
    """The keys of what a new message, question or promise is part of."""
    if write.before is not None or write.rtype not in ("Communication", "Task") or not kinds(write.resource):
        return []
    places = [*(write.resource.get("partOf") or ()), *(write.resource.get("basedOn") or ())]
    return [reference_key(str(place.get("reference"))) for place in places if isinstance(place, dict)]


def _parted(write: Write, parts: Iterable[tuple[str, str]]) -> Write:
    has = _parts(write.resource)
    new = [part for part in dict.fromkeys(parts) if part not in has]
    return _with(write, new, 0) if new else write


def _with(write: Write, new: list[tuple[str, str]], count: int) -> Write:
    """The same, with these labels; all else stays as it was written, letter by letter."""
    meta: Body = dict(write.resource.get("meta") or {})
    added = [{"system": system, "code": code} for system, code in new]
    meta["security"] = [*(meta.get("security") or ()), *added]
    if count:
        meta["tag"] = [*(meta.get("tag") or ()), {"system": RELABELLED, "code": str(count)}]
    raw = {**members(write.raw), "meta": msgspec.Raw(orjson.dumps(meta))}
    return replace(write, raw=msgspec.json.encode(raw), resource={**write.resource, "meta": meta})
