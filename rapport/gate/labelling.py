"""Labels that a record gets when it arrives: by its codes, as `labels.toml` says; and those it keeps.

A label is only ever added. What the patient keeps from their circle stays kept when another system writes the
same thing anew.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import orjson

from rapport.fhir.labels import ACT_CODE, BITS, CATEGORY, PRIVATE, RELABELLED, is_private, relabelled
from rapport.fhir.text import members
from rapport.store.records import Write

from . import marks

Body = dict[str, Any]
#: Where a resource says what it is about.
_CODED = ("code", "medicationCodeableConcept", "vaccineCode")
_LISTS = ("reasonCode", "category", "condition")
_place: list[Path | None] = [None]


def use_folder(folder: Path) -> None:
    """Where a site may lay a table of its own (`labels.toml`)."""
    _place[0] = folder
    table.cache_clear()


@lru_cache(maxsize=1)
def table() -> Mapping[str, Mapping[str, str]]:
    """Code system to codes (a * at the end: all that begin so) to the label they give.

    ValueError names a part that can't be read: with a table that hides less than it says nothing starts.
    """
    parts = tomllib.loads(files(__package__).joinpath("labels.toml").read_text("utf-8"))
    own = _place[0] / "labels.toml" if _place[0] else None
    if own is not None and own.is_file():
        parts |= tomllib.loads(own.read_text("utf-8"))
    found: dict[str, dict[str, str]] = {}
    for name, part in parts.items():
        label = part.get("label")
        if (ACT_CODE, label) not in BITS:
            raise ValueError(f"labels.toml, [{name}]: {label!r} is no sensitivity that Rapport knows")
        for system, codes in part.get("codes", {}).items():
            found.setdefault(system, {}).update(dict.fromkeys(codes, label))
    return found


def labels_of(body: Body) -> frozenset[str]:
    """The labels (codes of v3-ActCode) that a resource gets by its codes."""
    known = table()
    found = set()
    for system, code in _codings(body):
        if codes := known.get(system):
            found.add(_label(codes, code))
    return frozenset(found - {""})


def _label(codes: Mapping[str, str], code: str) -> str:
    """The label of a code: its own, else that of the longest beginning; "" for none."""
    if code in codes:
        return codes[code]
    for length in range(len(code), 0, -1):
        if label := codes.get(f"{code[:length]}*"):
            return label
    return ""


def _codings(body: Body) -> Iterator[tuple[str, str]]:
    concepts = [body.get(name) for name in _CODED]
    for name in _LISTS:
        some = body.get(name)
        concepts += some if isinstance(some, list) else []
    for concept in concepts:
        codings = concept.get("coding") if isinstance(concept, dict) else None
        for coding in codings if isinstance(codings, list) else ():
            if isinstance(coding, dict):
                yield str(coding.get("system", "")), str(coding.get("code", ""))


def labelled(write: Write, *, by_patient: bool) -> Write:
    """A write with the labels that it should carry; itself where it has them.

    by_patient: Rapport writes on the wish of the patient, who may also take their own label off again
    """
    if write.delete:
        return write
    body = write.resource
    meta = body.get("meta") or {}
    has = {(one.get("system"), one.get("code")) for one in meta.get("security") or ()}
    wanted = [(ACT_CODE, code) for code in sorted(labels_of(body))]
    wanted += [(CATEGORY, category) for category in sorted(marks.of_kinds(body))]
    before = write.before
    kept = before is not None and not before.deleted and b'"PRS"' in before.body and not by_patient
    if kept and before is not None and is_private(before.json):
        wanted.append(PRIVATE)
    new = [label for label in wanted if label not in has]
    return _with(write, new, relabelled(before.json) if kept and before is not None else 0) if new else write


def _with(write: Write, new: list[tuple[str, str]], count: int) -> Write:
    """The same, with these labels; all else stays as it was written, letter by letter."""
    meta: Body = dict(write.resource.get("meta") or {})
    added = [{"system": system, "code": code} for system, code in new]
    meta["security"] = [*(meta.get("security") or ()), *added]
    if count:
        meta["tag"] = [*(meta.get("tag") or ()), {"system": RELABELLED, "code": str(count)}]
    raw = {**members(write.raw), "meta": msgspec.Raw(orjson.dumps(meta))}
    return replace(write, raw=msgspec.json.encode(raw), resource={**write.resource, "meta": meta})
