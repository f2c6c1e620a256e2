"""The words of screens in FHIR, and small readers of R4 data types. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

Resource = dict[str, Any]
Body = Mapping[str, Any]

KIND: Final = "urn:rapport:kind"
#: Kinds of Tasks and ServiceRequests of this pillar.
ORDER, FOLLOW_UP = "screen", "follow-up"
#: The tag of an installed form; its `version` is that of the pack it came with.
CONTENT: Final = "urn:rapport:content"
CLOCK, RUNNING = "urn:rapport:clock", "running"
RESULT: Final = "urn:rapport:screen-result"
EVENT: Final = "urn:rapport:follow-up-event"
#: What hides answers, scores and orders from whoever is not cleared for it: mental health.
LABEL: Final = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "MH"}
ABSENT: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"


def concept(system: str, code: str, text: str = "") -> Resource:
    """A CodeableConcept of one coding."""
    found: Resource = {"coding": [{"system": system, "code": code}]}
    return {**found, "text": text} if text else found


def codes_in(value: object) -> tuple[tuple[str, str], ...]:
    """(system, code) of each coding in a CodeableConcept, a Coding or a list of either."""
    if isinstance(value, list):
        return tuple(pair for item in value for pair in codes_in(item))
    if not isinstance(value, Mapping):
        return ()
    if "coding" in value:
        return codes_in(value["coding"])
    return ((str(value.get("system", "")), str(value.get("code", ""))),)


def is_kind(body: Body | None, kind: str) -> bool:
    """Whether a resource is of this kind of ours."""
    return (KIND, kind) in codes_in((body or {}).get("code"))


def ref_of(value: object) -> str:
    """`Type/id` of a Reference (a version suffix dropped); "" for none."""
    ref = value.get("reference") if isinstance(value, Mapping) else None
    return ref.split("/_history/", 1)[0] if isinstance(ref, str) else ""


def refs_of(value: object) -> tuple[str, ...]:
    """`Type/id` of each Reference of a list."""
    return tuple(filter(None, map(ref_of, value))) if isinstance(value, list) else ()


def display_of(value: object) -> str:
    """The display of a Reference; "" for none."""
    text = value.get("display") if isinstance(value, Mapping) else None
    return text if isinstance(text, str) else ""


def reference(ref: str, display: str = "") -> Resource:
    """A Reference to `Type/id`."""
    return {"reference": ref, "display": display} if display else {"reference": ref}


def moment(value: object) -> datetime | None:
    """A FHIR dateTime or instant as aware UTC; None when absent or only partly known."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None


def instant(at: datetime) -> str:
    """An aware time as FHIR writes it, in UTC, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def labelled(body: Body) -> bool:
    """Whether the label that hides it is on a resource."""
    return (LABEL["system"], LABEL["code"]) in codes_in((body.get("meta") or {}).get("security"))


def with_label(body: Body) -> Resource:
    """The resource with the label that hides it."""
    if labelled(body):
        return dict(body)
    meta = {name: value for name, value in (body.get("meta") or {}).items() if name != "versionId"}
    return {**body, "meta": {**meta, "security": [*(meta.get("security") or ()), LABEL]}}
