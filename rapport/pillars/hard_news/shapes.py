"""How somebody wants to hear results, and what holds one until then, as FHIR: build and read. Pure.

A wish is one QuestionnaireResponse for each kind of result. A hold is a Task of staff alone, whose inputs
name the result and its parts; the gate makes of it what the filter asks (`rapport.gate.holds`).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

Resource = dict[str, Any]

FORM: Final = "urn:rapport:form:hard-news"
KIND: Final = "urn:rapport:kind"
#: Calls the guard of results for who has a wish (`rapport.gate.guards.WATCH`).
WATCH: Final = ("urn:rapport:watch", "results")
STAFF_ONLY: Final = ("urn:rapport:label", "staff-only")
ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
PRIVATE: Final = (ACT_CODE, "PRS")
STANDS, TAKEN_OUT = "completed", "stopped"
#: How one may be told, and at what time of day. "portal": by oneself, at once; then nothing is held.
WAYS: Final = ("call", "visit", "message", "portal")
TIMES: Final = ("any", "morning", "afternoon", "evening")
_NAMES: Final = uuid.UUID("5a0b3c7e-29a6-4c55-8f0e-1d0c7be4b6a1")
#: Statuses of a result that says something.
SAID: Final = ("partial", "preliminary", "final", "amended", "corrected", "appended")
SETTLED: Final = ("final", "amended", "corrected", "appended")


@dataclass(frozen=True, slots=True)
class Wish:
    """How somebody wants to hear one kind of result.

    way    of `WAYS`; `time` of `TIMES`; `days`: at most so many may the result wait
    teller, teller_name   `PractitionerRole/…` who shall tell it, "" for whoever of the team knows them
    beside   who shall be there, in words; `words`: what else matters then
    by, by_name  who wrote it down
    """

    kind: str
    way: str
    time: str
    days: int
    teller: str
    teller_name: str
    beside: str
    words: str
    patient: str = ""
    by: str = ""
    by_name: str = ""
    at: datetime | None = None
    stands: bool = True


def wish_id(patient: str, kind: str) -> str:
    """The id of somebody's wish about a kind: there is one, and its history."""
    return str(uuid.uuid5(_NAMES, f"wish {patient} {kind}"))


def wish(said: Wish, *, patient: str, by: tuple[str, str], at: datetime, stands: bool = True) -> Resource:
    """The resource of a wish; `by` as (reference, name)."""
    items = {
        "kind": {"valueString": said.kind},
        "way": {"valueString": said.way},
        "time": {"valueString": said.time},
        "days": {"valueInteger": said.days},
        "teller": {"valueReference": {"reference": said.teller, "display": said.teller_name or "?"}},
        "beside": {"valueString": said.beside},
        "words": {"valueString": said.words},
    }
    empty = {name for name in ("teller", "beside", "words") if not getattr(said, name)}
    waits = stands and said.way != "portal"
    return {
        "resourceType": "QuestionnaireResponse",
        "id": wish_id(patient, said.kind),
        "questionnaire": FORM,
        "status": STANDS if stands else TAKEN_OUT,
        "subject": {"reference": patient},
        "source": {"reference": patient},
        "authored": instant(at),
        "author": {"reference": by[0], "display": by[1]},
        "item": [{"linkId": name, "answer": [value]} for name, value in items.items() if name not in empty],
        **({"meta": {"tag": [{"system": WATCH[0], "code": WATCH[1]}]}} if waits else {}),
    }


def is_wish(body: Mapping[str, Any]) -> bool:
    """Whether a resource is a wish about results."""
    return body.get("resourceType") == "QuestionnaireResponse" and body.get("questionnaire") == FORM


def is_watched(body: Mapping[str, Any]) -> bool:
    """Whether a resource bears the tag that calls the guard of results."""
    tags = (body.get("meta") or {}).get("tag") or ()
    return any((tag.get("system"), tag.get("code")) == WATCH for tag in tags)


def read_wish(body: Mapping[str, Any]) -> Wish:
    """The facts of a wish; absent ones are empty."""
    said: dict[str, Any] = {}
    for item in body.get("item") or ():
        answer: Mapping[str, Any] = next(iter(item.get("answer") or ()), {})
        said[str(item.get("linkId"))] = next(iter(answer.values()), None)
    teller = said.get("teller") if isinstance(said.get("teller"), Mapping) else {}
    author, days = body.get("author") or {}, said.get("days")
    return Wish(
        kind=str(said.get("kind", "")),
        way=str(said.get("way", "")),
        time=str(said.get("time", "")),
        days=days if isinstance(days, int) else 0,
        teller=str((teller or {}).get("reference", "")),
        teller_name=str((teller or {}).get("display", "")),
        beside=str(said.get("beside") or ""),
        words=str(said.get("words") or ""),
        patient=str((body.get("subject") or {}).get("reference", "")),
        by=str(author.get("reference", "")),
        by_name=str(author.get("display", "")),
        at=_moment(body.get("authored")),
        stands=body.get("status") == STANDS,
    )


# ---------------------------------------------------------------- holds


def hold(
    rid: str, *, patient: str, result: Resource, call: str, reason: str, at: datetime, until: datetime
) -> Resource:
    """What holds a result and its parts until a moment; part of the errand `call`."""
    held = [f"{result['resourceType']}/{result['id']}", *parts_of(result)]
    return {
        "resourceType": "Task",
        "id": rid,
        "meta": {"security": [{"system": STAFF_ONLY[0], "code": STAFF_ONLY[1]}]},
        "status": "in-progress",
        "intent": "order",
        "code": {"coding": [{"system": KIND, "code": "hold"}]},
        "focus": {"reference": held[0]},
        "for": {"reference": patient},
        "partOf": [{"reference": f"Task/{call}"}],
        "authoredOn": instant(at),
        "lastModified": instant(at),
        "reasonCode": {"text": reason},
        "restriction": {"period": {"start": instant(at), "end": instant(until)}},
        "input": [
            {"type": {"coding": [{"system": KIND, "code": "held"}]}, "valueReference": {"reference": ref}}
            for ref in dict.fromkeys(held)
        ],
    }


def ended(body: Resource, at: datetime) -> Resource:
    """The hold as over."""
    return {**body, "status": "completed", "lastModified": instant(at)}


def hold_id(result: str, settled: bool) -> str:
    """The id of the hold of a result (`Type/id`): one for what is preliminary, one for what is settled."""
    return str(uuid.uuid5(_NAMES, f"hold {result} {settled}"))


def parts_of(result: Mapping[str, Any]) -> Iterator[str]:
    """What a result consists of: references to what is held with it."""
    for name in ("result", "imagingStudy", "hasMember", "derivedFrom"):
        for one in result.get(name) or ():
            yield from _local(one)
    for one in result.get("media") or ():
        yield from _local(one.get("link") or {})
    for form in result.get("presentedForm") or ():
        yield from _local({"reference": str(form.get("url", ""))})


def _local(reference: Mapping[str, Any]) -> Iterator[str]:
    ref = str(reference.get("reference", "")).split("/_history/", 1)[0]
    parts = ref.rsplit("/", 2)[-2:]
    if len(parts) == 2 and parts[0][:1].isupper() and parts[1]:
        yield "/".join(parts)


def title_of(result: Mapping[str, Any]) -> str:
    """What a result is called."""
    code = result.get("code") or {}
    displays = (str(one["display"]) for one in code.get("coding") or () if one.get("display"))
    return str(code.get("text") or next(displays, "") or result.get("resourceType", ""))


def instant(at: datetime) -> str:
    """An aware time as FHIR writes it, in UTC, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _moment(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo else None


# ---------------------------------------------------------------- the days after


#: Form of the answer to "how are you since?"
AFTER: Final = "urn:rapport:form:after-hard-news"
#: What one may answer, from light to heavy; the last asks for somebody at once.
HOW: Final = ("well", "mixed", "hard", "danger")


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody answered to a check-in: `how` of `HOW`, and their own words."""

    how: str
    words: str
    at: datetime | None


def answer(
    rid: str, *, check: str, how: str, words: str, patient: str, by: tuple[str, str], at: datetime
) -> Resource:
    """The answer to the check-in `Task/<check>`."""
    items = [{"linkId": "how", "answer": [{"valueString": how}]}]
    if words:
        items.append({"linkId": "words", "answer": [{"valueString": words}]})
    return {
        "resourceType": "QuestionnaireResponse",
        "id": rid,
        "questionnaire": AFTER,
        "status": "completed",
        "subject": {"reference": patient},
        "source": {"reference": by[0]},
        "authored": instant(at),
        "author": {"reference": by[0], "display": by[1]},
        "meta": {"security": [{"system": PRIVATE[0], "code": PRIVATE[1]}]},
        "identifier": {"system": "urn:rapport:check-in", "value": check},
        "item": items,
    }


def is_answer(body: Mapping[str, Any]) -> bool:
    """Whether a resource answers a check-in."""
    return body.get("resourceType") == "QuestionnaireResponse" and body.get("questionnaire") == AFTER


def read_answer(body: Mapping[str, Any]) -> tuple[str, Answer]:
    """The id of the check-in that is answered, and the answer; absent facts are empty."""
    said: dict[str, str] = {}
    for item in body.get("item") or ():
        first: Mapping[str, Any] = next(iter(item.get("answer") or ()), {})
        said[str(item.get("linkId"))] = str(first.get("valueString", ""))
    check = str((body.get("identifier") or {}).get("value", ""))
    return check, Answer(said.get("how", ""), said.get("words", ""), _moment(body.get("authored")))


# ---------------------------------------------------------------- bereavement


def closed_to(rid: str, *, patient: str, kin: Iterable[tuple[str, str]], at: datetime) -> Resource:
    """The Consent that closes a record to these people (reference, name) of somebody who died."""
    terms = "http://terminology.hl7.org/CodeSystem/"
    role = {"coding": [{"system": terms + "v3-ParticipationType", "code": "IRCP"}]}
    return {
        "resourceType": "Consent",
        "id": rid,
        "status": "active",
        "scope": {"coding": [{"system": terms + "consentscope", "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": patient},
        "dateTime": instant(at),
        "policyRule": {"coding": [{"system": ACT_CODE, "code": "OPTIN"}]},
        "provision": {
            "provision": [
                {"type": "deny", "actor": [{"role": role, "reference": {"reference": ref, "display": name}}]}
                for ref, name in kin
            ]
        },
    }


def consent_id(patient: str) -> str:
    """The id of that Consent."""
    return str(uuid.uuid5(_NAMES, f"closed {patient}"))


#: What a Patient resource says about death.
DEATH: Final = ("deceasedBoolean", "deceasedDateTime", "_deceasedDateTime", "_deceasedBoolean")


def dead(body: Resource, day: str) -> Resource:
    """The Patient as dead since a day."""
    return {**alive(body), "deceasedDateTime": day}


def alive(body: Resource) -> Resource:
    """The Patient with nothing said about death."""
    return {name: value for name, value in body.items() if name not in DEATH}
