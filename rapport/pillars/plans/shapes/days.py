"""What somebody says of their day, as QuestionnaireResponses; what got in the way, as an Observation. Pure.

A day is one resource: each thing on the list that was done, or not and why. The times that somebody chose are
another. Both are what people say of themselves. A barrier is an Observation as well, because that is where
other programs look for a finding; no MedicationStatement, which would read as a change of what is prescribed.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from rapport.fhir.labels import PRIVATE

Resource = dict[str, Any]

DAY, TIMES = "urn:rapport:form:my-day", "urn:rapport:form:my-times"
SAID, BARRIER, TASKS = "urn:rapport:day", "urn:rapport:barrier", "urn:rapport:task"
_NAMES = uuid.UUID("4b1f8a52-6d0e-4e1f-b6ad-0cbb4d6fca17")


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said of one thing at one time: done, or not; the barrier and words for it ("" for none).

    by  who of the circle ticked it for them, `RelatedPerson/…`; "" for themselves. No name: who else reads a
        day need not learn who is in the circle
    """

    key: str
    words: str
    done: bool
    barrier: str = ""
    said: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """When somebody wants a thing on their list: its key (`own-…` for their own), its words, local times."""

    key: str
    words: str
    times: tuple[str, ...]


def day_id(patient: str, day: date) -> str:
    """The id of what somebody says of a day."""
    return str(uuid.uuid5(_NAMES, f"{patient} {day.isoformat()}"))


def times_id(patient: str) -> str:
    """The id of the times that somebody chose."""
    return str(uuid.uuid5(_NAMES, f"{patient} times"))


def _form(rid: str, form: str, patient: str, name: str, at: datetime, items: list[Resource]) -> Resource:
    return {
        "resourceType": "QuestionnaireResponse",
        "id": rid,
        "questionnaire": form,
        "status": "completed",
        "subject": {"reference": patient},
        "source": {"reference": patient},
        "author": {"reference": patient, "display": name},
        "authored": at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        **({"item": items} if items else {}),
    }


def a_day(patient: str, name: str, day: date, answers: Iterable[Answer], *, at: datetime) -> Resource:
    """The resource of a day."""
    found = _form(day_id(patient, day), DAY, patient, name, at, [_answer(one) for one in answers])
    return {**found, "identifier": {"system": SAID, "value": day.isoformat()}}


def _answer(one: Answer) -> Resource:
    answer: Resource = {"valueCoding": {"system": SAID, "code": "done" if one.done else "missed"}}
    inside: list[Resource] = []
    if one.barrier:
        inside.append(
            {"linkId": "barrier", "answer": [{"valueCoding": {"system": BARRIER, "code": one.barrier}}]}
        )
    if one.said:
        inside.append({"linkId": "words", "answer": [{"valueString": one.said}]})
    if one.by:
        inside.append({"linkId": "by", "answer": [{"valueReference": {"reference": one.by}}]})
    if inside:
        answer["item"] = inside
    return {"linkId": one.key, "text": one.words, "answer": [answer]}


def wishes(
    patient: str,
    name: str,
    each: Iterable[Wish],
    *,
    at: datetime,
    remind: bool = False,
    helpers: Iterable[str] = (),
) -> Resource:
    """The resource of the times that somebody chose, and whether they want to be reminded at them.

    helpers  who of the circle may tick things off for them, `RelatedPerson/…`
    """
    items: list[Resource] = [
        {"linkId": one.key, "text": one.words, "answer": [{"valueTime": f"{time}:00"} for time in one.times]}
        for one in each
        if one.times
    ]
    items += [{"linkId": "remind", "answer": [{"valueBoolean": True}]}] if remind else []
    helping = [{"valueReference": {"reference": ref}} for ref in helpers]
    items += [{"linkId": "helpers", "answer": helping}] if helping else []
    return _form(times_id(patient), TIMES, patient, name, at, items)


def reminds(body: Mapping[str, Any]) -> bool:
    """Whether somebody wants to be reminded at the times that they chose."""
    return any(one.get("linkId") == "remind" for one in body.get("item") or ())


def helpers_of(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Who of the circle may tick things off, as `RelatedPerson/…`."""
    told = (item.get("answer") or () for item in body.get("item") or () if item.get("linkId") == "helpers")
    return tuple(str((one.get("valueReference") or {}).get("reference", "")) for some in told for one in some)


def is_day(body: Mapping[str, Any]) -> bool:
    """Whether a resource says something of a day, or of the times that somebody chose."""
    return body.get("resourceType") == "QuestionnaireResponse" and body.get("questionnaire") in (DAY, TIMES)


def read_day(body: Mapping[str, Any]) -> tuple[Answer, ...]:
    """What was said of a day."""
    return tuple(_read(item) for item in body.get("item") or ())


def _read(item: Mapping[str, Any]) -> Answer:
    answer: Mapping[str, Any] = next(iter(item.get("answer") or ()), {})
    inside: dict[str, Mapping[str, Any]] = {
        str(one.get("linkId")): next(iter(one.get("answer") or ()), {}) for one in answer.get("item") or ()
    }
    return Answer(
        key=str(item.get("linkId", "")),
        words=str(item.get("text", "")),
        done=(answer.get("valueCoding") or {}).get("code") == "done",
        barrier=str((inside.get("barrier", {}).get("valueCoding") or {}).get("code", "")),
        said=str(inside.get("words", {}).get("valueString", "")),
        by=str((inside.get("by", {}).get("valueReference") or {}).get("reference", "")),
    )


def day_of(body: Mapping[str, Any]) -> date | None:
    """Of which day a resource tells."""
    try:
        return date.fromisoformat(str((body.get("identifier") or {}).get("value", "")))
    except ValueError:
        return None


def read_wishes(body: Mapping[str, Any]) -> tuple[Wish, ...]:
    """The times that somebody chose."""
    return tuple(
        Wish(
            str(item.get("linkId", "")),
            str(item.get("text", "")),
            tuple(str(one.get("valueTime", ""))[:5] for one in item.get("answer") or ()),
        )
        for item in body.get("item") or ()
        if item.get("linkId") not in ("remind", "helpers")
    )


def with_answer(answers: Iterable[Answer], one: Answer) -> tuple[Answer, ...]:
    """The same with one of them said anew."""
    return (*(known for known in answers if known.key != one.key), replace(one))


def barrier_id(patient: str, day: date, key: str) -> str:
    """The id of what got in the way of one thing on a day."""
    return str(uuid.uuid5(_NAMES, f"{patient} {day.isoformat()} {key}"))


def barrier(patient: str, day: date, one: Answer, words: str) -> Resource:
    """What got in the way, as an Observation: the code, of what, and where it was said, without their words.

    Kept from the circle: nobody is to be asked at supper why they did not take a tablet.
    """
    about = re.match(r"(?:MedicationRequest|CarePlan)/[A-Za-z0-9.-]{1,64}(?=[@#])", one.key)
    found: Resource = {
        "resourceType": "Observation",
        "id": barrier_id(patient, day, one.key),
        "meta": {"security": [{"system": PRIVATE[0], "code": PRIVATE[1]}]},
        "status": "final",
        "category": [
            {
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "survey"}
                ]
            }
        ],
        "code": {"coding": [{"system": BARRIER, "code": "what-got-in-the-way"}]},
        "subject": {"reference": patient},
        "performer": [{"reference": patient}],
        "effectiveDateTime": day.isoformat(),
        "valueCodeableConcept": {"coding": [{"system": BARRIER, "code": one.barrier}], "text": words},
        "derivedFrom": [{"reference": f"QuestionnaireResponse/{day_id(patient, day)}"}],
    }
    return {**found, "focus": [{"reference": about[0]}]} if about else found


def task(patient: str, day: date, one: Answer, *, at: datetime) -> Resource:
    """What the team has to look at: somebody's barrier, until one of them has it."""
    return {
        "resourceType": "Task",
        "id": barrier_id(patient, day, f"task {one.key}"),
        "meta": {"security": [{"system": PRIVATE[0], "code": PRIVATE[1]}]},
        "status": "requested",
        "intent": "order",
        "code": {"coding": [{"system": TASKS, "code": "barrier"}]},
        "for": {"reference": patient},
        "focus": {"reference": f"Observation/{barrier_id(patient, day, one.key)}"},
        "description": one.words,
        "businessStatus": {"coding": [{"system": BARRIER, "code": one.barrier}]},
        "authoredOn": at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
    }


def is_task(body: Mapping[str, Any]) -> bool:
    """Whether a resource is such a task."""
    if body.get("resourceType") != "Task":
        return False
    codings = (body.get("code") or {}).get("coding") or ()
    return any((one.get("system"), one.get("code")) == (TASKS, "barrier") for one in codings)


@dataclass(frozen=True, slots=True)
class Told:
    """A barrier that the team was told of: of what, which, whose, since when, who has it ("" for nobody)."""

    rid: str
    words: str
    barrier: str
    patient: str
    at: datetime | None
    owner: str


def read_task(body: Mapping[str, Any]) -> Told:
    """The facts of such a task; absent ones are empty."""
    codings: list[Mapping[str, Any]] = (body.get("businessStatus") or {}).get("coding") or [{}]
    try:
        at = datetime.fromisoformat(str(body.get("authoredOn")))
    except ValueError:
        at = None
    return Told(
        rid=str(body.get("id", "")),
        words=str(body.get("description", "")),
        barrier=str(codings[0].get("code", "")),
        patient=str((body.get("for") or {}).get("reference", "")),
        at=at,
        owner=str((body.get("owner") or {}).get("display", "")),
    )
