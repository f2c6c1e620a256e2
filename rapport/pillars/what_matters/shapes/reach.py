"""How somebody wants to be reached, in codes, as a FHIR QuestionnaireResponse: build and read. Pure.

One resource a person. Their own words about it are an entry of what matters (`talk`); this is what software
keeps to: the way, what sight and hearing need, and the hours in which no e-mail comes.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any, Final

#: The form, and the system of its codes.
FORM, CODES = "urn:rapport:form:reach", "urn:rapport:reach"
#: How they would rather be reached: by messages here, a call, a talk in person, a letter on paper.
WAYS: Final = ("message", "call", "visit", "post")
#: What sight and hearing need.
NEEDS: Final = ("large-print", "screen-reader", "hard-of-hearing", "deaf")
_NAMES = uuid.UUID("c2a4b7de-51f3-4d0b-9c0e-6b1f7c9a2e35")


@dataclass(frozen=True, slots=True)
class Reach:
    """How to reach somebody: one of `WAYS` ("" for any), some of `NEEDS`, local hours without e-mail."""

    way: str = ""
    needs: tuple[str, ...] = ()
    quiet: tuple[time, time] | None = None


def reach_id(patient: str) -> str:
    """The id of how `Patient/…` is reached."""
    return str(uuid.uuid5(_NAMES, patient))


def resource(patient: str, one: Reach, *, by: tuple[str, str], at: datetime) -> dict[str, Any]:
    """The resource; `by` as (reference, name) of who typed it."""
    answers = {
        "way": [_code(one.way)] if one.way else [],
        "needs": [*map(_code, one.needs)],
        "quiet": [{"valueTime": clock.isoformat("seconds")} for clock in one.quiet or ()],
    }
    items = [{"linkId": name, "answer": said} for name, said in answers.items() if said]
    return {
        "resourceType": "QuestionnaireResponse",
        "id": reach_id(patient),
        "questionnaire": FORM,
        "status": "completed",
        "subject": {"reference": patient},
        "source": {"reference": patient},
        "authored": at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "author": {"reference": by[0], "display": by[1]},
        **({"item": items} if items else {}),
    }


def is_reach(body: Mapping[str, Any]) -> bool:
    """Whether a resource says how somebody wants to be reached."""
    return body.get("resourceType") == "QuestionnaireResponse" and body.get("questionnaire") == FORM


def read(body: Mapping[str, Any]) -> Reach:
    """What it says. ValueError for hours that are no two times of day."""
    said = {str(item.get("linkId")): item.get("answer") or [] for item in body.get("item") or ()}
    codes = {
        name: tuple(str((one.get("valueCoding") or {}).get("code", "")) for one in said.get(name, []))
        for name in ("way", "needs")
    }
    clocks = [time.fromisoformat(str(one.get("valueTime", ""))) for one in said.get("quiet", [])]
    if len(clocks) not in (0, 2) or len(codes["way"]) > 1:
        raise ValueError("one way, and two times or none")
    return Reach("".join(codes["way"]), codes["needs"], (clocks[0], clocks[1]) if clocks else None)


def subject_of(body: Mapping[str, Any]) -> str:
    """Whose it is: `Patient/…`."""
    return str((body.get("subject") or {}).get("reference", ""))


def _code(code: str) -> dict[str, Any]:
    return {"valueCoding": {"system": CODES, "code": code}}
