"""An entry of what matters to somebody, as a FHIR QuestionnaireResponse: build and read. Pure.

One resource an entry: it has its own author, day and history, and may be shared or hidden by itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

Resource = dict[str, Any]

#: The form that every entry answers a question of; its questions are `KINDS`.
FORM = "urn:rapport:form:what-matters"
#: What an entry may be about, in the order of the page. The codes are the form's linkIds.
KINDS = (
    "important",
    "people",
    "talk",
    "good-day",
    "worry",
    "helps",
    "please",
    "please-not",
    "willing",
    "unwilling",
    "wishes",
)
_PREFERRED: Final = uuid.UUID("9d5a1c1e-2f0b-4a59-8a3c-6f2b7d1f4e90")
#: Whether it stands, as QuestionnaireResponse.status.
STANDS, TAKEN_OUT = "completed", "stopped"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: a kind of `KINDS`, the words, whose they are, and who wrote them down when.

    by, by_name   `Patient/…`, `RelatedPerson/…` or `Practitioner/…`, and their name
    stands        False once it was taken out
    changed       whether it read otherwise before, or was said again
    """

    rid: str
    kind: str
    words: str
    patient: str
    by: str
    by_name: str
    at: datetime | None
    stands: bool
    changed: bool = False


def entry(
    rid: str, *, kind: str, words: str, patient: str, by: tuple[str, str], at: datetime, stands: bool = True
) -> Resource:
    """The resource of an entry; `by` as (reference, name). The words are the patient's, whoever types."""
    return {
        "resourceType": "QuestionnaireResponse",
        "id": rid,
        "questionnaire": FORM,
        "status": STANDS if stands else TAKEN_OUT,
        "subject": {"reference": patient},
        "source": {"reference": patient},
        "authored": at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "author": {"reference": by[0], "display": by[1]},
        "item": [{"linkId": kind, "answer": [{"valueString": words}]}],
    }


def is_entry(body: Mapping[str, Any]) -> bool:
    """Whether a resource is an entry of what matters."""
    return body.get("resourceType") == "QuestionnaireResponse" and body.get("questionnaire") == FORM


def read_entry(body: Mapping[str, Any]) -> Entry:
    """The facts of an entry; absent ones are empty."""
    item: Mapping[str, Any] = next(iter(body.get("item") or ()), {})
    answer: Mapping[str, Any] = next(iter(item.get("answer") or ()), {})
    author = body.get("author") or {}
    return Entry(
        rid=str(body.get("id", "")),
        kind=str(item.get("linkId", "")),
        words=str(answer.get("valueString", "")),
        patient=str((body.get("subject") or {}).get("reference", "")),
        by=str(author.get("reference", "")),
        by_name=str(author.get("display", "")),
        at=_moment(body.get("authored")),
        stands=body.get("status") == STANDS,
        changed=str((body.get("meta") or {}).get("versionId", "1")) != "1",
    )


#: Kind → (LOINC code, category) of the preference that it says, after US Core; no profile is claimed.
PREFERENCES: Final[Mapping[str, tuple[str, str]]] = {
    **dict.fromkeys(("willing", "unwilling", "wishes"), ("75773-2", "treatment-intervention-preference")),
    **dict.fromkeys(
        ("important", "talk", "good-day", "please", "please-not"), ("95541-9", "care-experience-preference")
    ),
}
#: Kept from the circle: who may read an entry is said of the entry (QuestionnaireResponse) alone.
PRIVATE: Final = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PRS"}


def preference(one: Entry) -> Resource | None:
    """The Observation by which other systems read an entry; None where it says no preference."""
    if one.kind not in PREFERENCES or one.at is None:
        return None
    code, category = PREFERENCES[one.kind]
    system = "http://hl7.org/fhir/us/core/CodeSystem/us-core-category"
    at = one.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {
        "resourceType": "Observation",
        "id": preference_id(one.rid),
        "meta": {"security": [PRIVATE]},
        "status": "final" if one.stands else "cancelled",
        "category": [{"coding": [{"system": system, "code": category}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": one.patient},
        "effectiveDateTime": at,
        "performer": [{"reference": one.patient}],
        "valueString": one.words,
        "derivedFrom": [{"reference": f"QuestionnaireResponse/{one.rid}"}],
    }


def preference_id(rid: str) -> str:
    """The id of the Observation of an entry."""
    return str(uuid.uuid5(_PREFERRED, rid))


def _moment(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else None


#: Elements whose text says what an order is, wherever they stand in it.
_SAYING = ("text", "display", "comment", "description", "patientInstruction", "name")


def words_of(body: object) -> Iterator[str]:
    """All that a resource says of itself in words, in order; references as they are displayed."""
    if isinstance(body, Mapping):
        for name, value in body.items():
            if name in _SAYING and isinstance(value, str):
                yield value
            elif name not in ("subject", "patient"):
                yield from words_of(value)
    elif isinstance(body, list):
        for each in body:
            yield from words_of(each)


# ---------------------------------------------------------------- what goes against them

#: The code of a DetectedIssue that says: this order goes against what the person said.
ISSUES, AGAINST = "urn:rapport:issue", "against-what-matters"
#: Types of what is planned -> their states in which it still is.
PLANNED = {
    "MedicationRequest": ("active", "on-hold", "draft"),
    "ServiceRequest": ("active", "on-hold", "draft"),
    "Appointment": ("proposed", "pending", "booked", "arrived"),
    "CarePlan": ("active", "on-hold", "draft"),
    "Goal": ("proposed", "active"),
}
_NAMES = uuid.UUID("5f0b8b52-7a1a-4d64-a6a0-0b6f0a1b9a53")
_NOT_SAID = ("subject", "patient", "expressedBy", "author", "requester")


def is_planned(body: Mapping[str, Any]) -> bool:
    """Whether a resource plans something that may go against somebody's words. An own goal never does."""
    rtype = str(body.get("resourceType"))
    if body.get("lifecycleStatus" if rtype == "Goal" else "status") not in PLANNED.get(rtype, ()):
        return False
    return rtype != "Goal" or body.get("expressedBy", {}).get("reference") != patient_of(body)


def patient_of(body: Mapping[str, Any]) -> str:
    """Whose it is: `Patient/…`, "" for nobody's. Of an appointment the first patient who takes part."""
    about = [body.get("subject"), body.get("patient")]
    about += [one.get("actor") for one in body.get("participant") or () if isinstance(one, Mapping)]
    said = [str(one.get("reference", "")) for one in about if isinstance(one, Mapping)]
    return next((one for one in said if one.startswith("Patient/")), "")


def begins(body: Mapping[str, Any]) -> datetime | None:
    """When an appointment begins; None for anything else."""
    return _moment(body.get("start"))


def said_of(body: Mapping[str, Any]) -> str:
    """All that an order says of itself, as one text."""
    told = {name: value for name, value in body.items() if name not in _NOT_SAID}
    return ". ".join(dict.fromkeys(words_of(told)))


def issue_id(order: str, entry: str) -> str:
    """The id of what is kept of an order (`Type/id`) and an entry (its id) that it goes against."""
    return str(uuid.uuid5(_NAMES, f"{order} {entry}"))


def issue(*, patient: str, order: str, entry: str, at: datetime) -> Resource:
    """The DetectedIssue of an order that goes against an entry. It points to the words and does not repeat
    them: who may not read the entry does not read them here either."""
    return {
        "resourceType": "DetectedIssue",
        "id": issue_id(order, entry),
        "status": "preliminary",
        "code": {"coding": [{"system": ISSUES, "code": AGAINST}]},
        "patient": {"reference": patient},
        "identifiedDateTime": at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "implicated": [{"reference": order}],
        "evidence": [{"detail": [{"reference": f"QuestionnaireResponse/{entry}"}]}],
    }


def gone_on(body: Mapping[str, Any], reason: str, *, by: tuple[str, str], at: datetime) -> Resource:
    """The same, with why somebody goes on; `by` as (reference, name)."""
    said = {
        "action": {"text": reason},
        "date": at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "author": {"reference": by[0], "display": by[1]},
    }
    return {**body, "status": "final", "mitigation": [*(body.get("mitigation") or ()), said]}


def is_issue(body: Mapping[str, Any]) -> bool:
    """Whether a resource is such a DetectedIssue."""
    if body.get("resourceType") != "DetectedIssue":
        return False
    codings = (body.get("code") or {}).get("coding") or ()
    return any((one.get("system"), one.get("code")) == (ISSUES, AGAINST) for one in codings)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why somebody went on, the last time it was said: the words, who (reference and name), when."""

    words: str
    by: str
    by_name: str
    at: datetime | None


def read_reason(body: Mapping[str, Any]) -> Reason | None:
    """The reason of a DetectedIssue, None where nobody gave one."""
    last: Mapping[str, Any] = next(iter(reversed(body.get("mitigation") or ())), {})
    words, by = str((last.get("action") or {}).get("text", "")), last.get("author") or {}
    if not words:
        return None
    return Reason(words, str(by.get("reference", "")), str(by.get("display", "")), _moment(last.get("date")))


def pair_of(body: Mapping[str, Any]) -> tuple[str, str]:
    """Of a DetectedIssue: the reference of the order, and the id of the entry."""
    order, entry = _first(body, "implicated"), _first(_first(body, "evidence"), "detail")
    return str(order.get("reference", "")), str(entry.get("reference", "")).partition("/")[2]


def _first(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return next(iter(body.get(name) or ()), {})
