"""The words of conversations in FHIR: kinds, states, events, and small readers of R4 data types."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

Resource = dict[str, Any]

KIND = "urn:rapport:kind"
STATE = "urn:rapport:concern-state"
EVENT = "urn:rapport:concern-event"
REASON = "urn:rapport:concern-reason"
REASON_LOST = "urn:rapport:lost-notice"
INPUT = "urn:rapport:concern-input"
TOPIC = "urn:rapport:topic"
LABEL = "urn:rapport:label"
CLOCK = "urn:rapport:clock"
INBOX = "urn:rapport:inbox"
RULE = "urn:rapport:listening-rule"
FINDING = "urn:rapport:listening-finding"
VERDICT = "urn:rapport:listening-verdict"
ORIGIN = "urn:rapport:origin"
DRAFTED = "drafted-by-software"
MEDIUM = "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode"

STAFF_ONLY = "staff-only"
RUNNING = "running"

#: Kind of a product resource -> its FHIR type.
KINDS = {
    "conversation": "Communication",
    "message": "Communication",
    "note": "Communication",
    "concern": "Task",
    "promise": "Task",
    "undelivered": "Task",
    "alert": "Task",
    "verdict": "Communication",
}

#: State of a concern -> Task.status.
STATUS = {
    "raised": "requested",
    "accepted": "accepted",
    "answered": "in-progress",
    "reopened": "in-progress",
    "heard": "completed",
    "closed": "cancelled",
}

#: How a contact came in or went out, when it was not only written in Rapport -> v3 ParticipationMode. What is
#: posted stands here, too.
MEDIA = {"phone": "PHONE", "in-person": "FACE", "post": "MAILWRIT"}
#: Of these, what was said.
SPOKEN = ("phone", "in-person")


def concept(system: str, code: str, text: str = "") -> Resource:
    """A CodeableConcept of one coding."""
    found: Resource = {"coding": [{"system": system, "code": code}]}
    if text:
        found["text"] = text
    return found


def code_in(value: object, system: str) -> str:
    """The first code of `system` in a CodeableConcept, a Coding or a list of either; "" for none."""
    codes = codes_in(value, system)
    return codes[0] if codes else ""


def codes_in(value: object, system: str) -> tuple[str, ...]:
    """All codes of `system` in a CodeableConcept, a Coding or a list of either."""
    if isinstance(value, list):
        return tuple(code for item in value for code in codes_in(item, system))
    if not isinstance(value, Mapping):
        return ()
    if "coding" in value:
        return codes_in(value["coding"], system)
    code = value.get("code")
    return (code,) if value.get("system") == system and isinstance(code, str) else ()


def kinds_of(resource: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The product kinds that a resource claims; one at most when it is well made."""
    if not resource:
        return ()
    field = {"Communication": "category", "Task": "code"}.get(resource.get("resourceType", ""), "")
    return codes_in(resource.get(field), KIND) if field else ()


def kind_of(resource: Mapping[str, Any] | None) -> str:
    """The product kind of a resource: a key of `KINDS`, or "" for any other resource."""
    return next((kind for kind in kinds_of(resource) if kind in KINDS), "")


def reference(ref: str, display: str = "") -> Resource:
    """A Reference to `Type/id`."""
    return {"reference": ref, "display": display} if display else {"reference": ref}


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


def moment(value: object) -> datetime | None:
    """A FHIR dateTime or instant as aware UTC; None when absent or only partly known."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None


def instant(at: datetime) -> str:
    """An aware time as FHIR writes it, in UTC, to the millisecond when it has any."""
    utc = at.astimezone(UTC)
    spec = "milliseconds" if utc.microsecond else "seconds"
    return utc.isoformat(timespec=spec).replace("+00:00", "Z")


def is_staff_only(resource: Mapping[str, Any] | None) -> bool:
    """Whether the label that hides it from patients and circle is on it."""
    return STAFF_ONLY in codes_in(((resource or {}).get("meta") or {}).get("security"), LABEL)


def updated(resource: Mapping[str, Any]) -> datetime | None:
    """When this version was stored."""
    return moment((resource.get("meta") or {}).get("lastUpdated"))


def version(resource: Mapping[str, Any]) -> int:
    """The number of this version; 1 when unknown."""
    text = (resource.get("meta") or {}).get("versionId")
    return int(text) if isinstance(text, str) and text.isdigit() else 1
