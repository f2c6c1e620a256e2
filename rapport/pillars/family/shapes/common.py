"""What every kind here shares: its code, small readers of R4 data types. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Resource = dict[str, Any]
#: A person or team: reference and name.
Who = tuple[str, str]

KIND = "urn:rapport:kind"


def concept(system: str, *codes: str) -> Resource:
    """A CodeableConcept of codes of one system."""
    return {"coding": [{"system": system, "code": code} for code in codes]}


def codes_in(value: object, system: str) -> tuple[str, ...]:
    """The codes of a system in a CodeableConcept or a list of them."""
    if isinstance(value, list):
        return tuple(code for one in value for code in codes_in(one, system))
    codings = value.get("coding") or () if isinstance(value, Mapping) else ()
    return tuple(str(one.get("code", "")) for one in codings if one.get("system") == system)


def kind_of(body: Mapping[str, Any] | None) -> str:
    """The product kind of a resource, "" for none."""
    place = {"Communication": "category", "Task": "code"}.get(str((body or {}).get("resourceType")), "")
    found = codes_in((body or {}).get(place), KIND) if place else ()
    return found[0] if found else ""


def reference(who: Who) -> Resource:
    """A Reference with its name, if it has one."""
    return {"reference": who[0], **({"display": who[1]} if who[1] else {})}


def who_of(value: object) -> Who:
    """The reference and name of a Reference; ("", "") for none."""
    if not isinstance(value, Mapping):
        return "", ""
    return str(value.get("reference", "")).split("/_history/", 1)[0], str(value.get("display", ""))


def instant(at: datetime) -> str:
    """A time as FHIR writes it, in UTC, to the millisecond when it has any."""
    spec = "milliseconds" if at.microsecond else "seconds"
    return at.astimezone(UTC).isoformat(timespec=spec).replace("+00:00", "Z")


def moment(value: object) -> datetime | None:
    """A FHIR dateTime that names its zone; None for anything else."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at.astimezone(UTC) if at is not None and at.tzinfo else None
