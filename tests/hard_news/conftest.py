"""The same people and doors as in conversations; results that arrive; the pillar's guards at the door."""

from __future__ import annotations

from typing import Any

import pytest

from rapport.pillars.hard_news import guards
from rapport.pillars.hard_news.shapes import Wish
from tests.conversations.conftest import at_the_door, door, people
from tests.fhir_api.conftest import api, tokens

__all__ = ["api", "at_the_door", "door", "people", "tokens"]

#: Words that stand in the results alone: wherever one comes out, a result came out.
MARK = "quartzmark"


@pytest.fixture(autouse=True)
def guarded() -> None:
    """The pillar's guards stand at the door, whatever other tests did with them."""
    guards.register()


def wished(kind: str = "tissue", way: str = "call", **more: Any) -> Wish:
    """A wish: by phone, in the afternoon, with Bilal there."""
    said = {
        "time": "afternoon",
        "days": 3,
        "teller": "",
        "teller_name": "",
        "beside": "Bilal",
        "words": "Slowly.",
    }
    return Wish(kind, way, **{**said, **more})


def report(rid: str, *, patient: str = "Patient/amina", status: str = "final", **more: Any) -> dict[str, Any]:
    """A report of surgical pathology with one observation, a file and words that nobody else writes."""
    return {
        "resourceType": "DiagnosticReport",
        "id": rid,
        "status": status,
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "SP"}]}],
        "code": {"text": f"Biopsy {MARK}"},
        "subject": {"reference": patient},
        "result": [{"reference": f"Observation/{rid}-grade"}],
        "presentedForm": [{"url": f"Binary/{rid}-paper", "contentType": "text/plain"}],
        "conclusion": f"{MARK} cells",
        **more,
    }


def around(rid: str, *, patient: str = "Patient/amina") -> list[dict[str, Any]]:
    """What belongs to the report: its observation and paper; and what points to it."""
    whose = {"reference": patient}
    return [
        {
            "resourceType": "Observation",
            "id": f"{rid}-grade",
            "status": "final",
            "subject": whose,
            "code": {"text": f"Grade {MARK}"},
            "valueString": f"{MARK} three",
        },
        {
            "resourceType": "Binary",
            "id": f"{rid}-paper",
            "contentType": "text/plain",
            "securityContext": whose,
            "data": "cXVhcnR6bWFyaw==",
        },
        {
            "resourceType": "Condition",
            "id": f"{rid}-means",
            "subject": whose,
            "code": {"text": f"{MARK} of it"},
            "evidence": [{"detail": [{"reference": f"DiagnosticReport/{rid}"}]}],
        },
        {
            "resourceType": "Provenance",
            "id": f"{rid}-from",
            "target": [{"reference": f"DiagnosticReport/{rid}"}],
            "recorded": "2026-11-20T08:00:00Z",
            "agent": [{"who": {"display": f"{MARK} laboratory"}}],
        },
    ]
