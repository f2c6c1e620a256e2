"""What the index keeps of one resource: typed rows by search parameter type."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Rows:
    """Index rows of one version. Keys are `hash64(rtype, param code, …)`; see `rapport.fhir.index`.

    patient  key of the Patient whose compartment owns the resource, 0 for none (directory data)
    when     the clinical time (UTC), None where the type has none
    sens     sensitivity mask: bits of `rapport.fhir.labels`
    token    (key of code, key of system or 0)
    ref      (key, key of the target resource or hash of another address)
    date     (key, low, high), half open, UTC
    number   (key, low, high, key of unit or 0)
    string   (key, folded text)
    uri      (key, uri)
    """

    patient: int = 0
    when: datetime | None = None
    sens: int = 0
    token: frozenset[tuple[int, int]] = field(default_factory=frozenset)
    ref: frozenset[tuple[int, int]] = field(default_factory=frozenset)
    date: frozenset[tuple[int, datetime, datetime]] = field(default_factory=frozenset)
    number: frozenset[tuple[int, float, float, int]] = field(default_factory=frozenset)
    string: frozenset[tuple[int, str]] = field(default_factory=frozenset)
    uri: frozenset[tuple[int, str]] = field(default_factory=frozenset)
