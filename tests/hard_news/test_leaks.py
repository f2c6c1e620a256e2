"""Over `/fhir`: whatever the person or their circle asks with own tokens, nothing tells what is held."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from rapport.pillars.hard_news import shapes
from tests.gate.consent.test_consent import consent, permit
from tests.hard_news.conftest import MARK, around, report, wished
from tests.personas import AMINA

Api = Callable[..., Any]

#: What the person's own token may ask, and their circle's. Every answer must be silent about the report.
ASKED = [
    *(
        f"{rtype}?_count=100"
        for rtype in ("DiagnosticReport", "Observation", "Condition", "Provenance", "Task")
    ),
    *(f"{rtype}?_summary=count" for rtype in ("DiagnosticReport", "Observation", "Condition", "Provenance")),
    *(f"{rtype}?patient={AMINA}" for rtype in ("DiagnosticReport", "Condition", "Provenance")),
    "DiagnosticReport/r",
    "DiagnosticReport/r/_history",
    "DiagnosticReport/r/_history/1",
    "DiagnosticReport/_history",
    "Observation/r-grade",
    "Binary/r-paper",
    "Binary/r-paper/_history",
    "Condition/r-means",
    "Provenance/r-from",
    "_history?_count=100",
    "Patient/amina?_revinclude=DiagnosticReport:subject",
    "Patient?_id=amina&_revinclude=DiagnosticReport:subject",
    "Patient?_id=amina&_revinclude=Observation:subject&_revinclude=Condition:subject",
    "Patient?_has:DiagnosticReport:subject:status=final",
    "Patient?_has:Observation:subject:status=final",
    "Condition?evidence-detail=DiagnosticReport/r",
    "Provenance?target=DiagnosticReport/r",
    "Provenance?target:DiagnosticReport.status=final",
    "DiagnosticReport?result=Observation/r-grade",
    "DiagnosticReport?_include=DiagnosticReport:result",
    "DiagnosticReport?_id=r",
    "DiagnosticReport?status=final",
    "DiagnosticReport?code:text=Biopsy",
    "Observation?_id=r-grade",
    "Task?focus=DiagnosticReport/r",
    "Task?_include=Task:focus",
    "Task?_include=*",
    "Patient/amina/DiagnosticReport",
    "Patient/amina/Observation",
    "Patient/amina/*",
    "Patient/amina/$everything",
    "AuditEvent?_count=100",
    "Task?code=urn:rapport:kind|hold",
    "Observation/$lastn?patient=Patient/amina",
    "List?_count=100",
    "Communication?_count=100",
]


@pytest.fixture
def held(api: Api, own_database: str) -> str:
    """Amina's wish, her son who may see her record, and a report that a program brings in one bundle."""
    from rapport.gate.actor import Actor
    from rapport.gate.door import Door

    with psycopg.connect(own_database) as conn:
        body = consent(permit("RelatedPerson/bilal", "health-record", "conversations", "what-matters"))
        Door(conn, Actor.system("tests")).create(body)
    body = shapes.wish(wished(), patient=AMINA, by=(AMINA, "Amina"), at=datetime.now(UTC))
    assert api("PUT", f"QuestionnaireResponse/{body['id']}", body).status == 201
    bodies = [*around("r"), report("r")]
    entries = [
        {"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}}
        for one in bodies
    ]
    answer = api("POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": entries})
    assert answer.status == 200, answer.body
    return "held"


def hits(answer: Any) -> bool:
    text = answer.body.decode(errors="replace")
    return MARK in text or "cXVhcnR6bWFyaw" in text or '"DiagnosticReport/r' in text.replace("?", "")


@pytest.mark.parametrize("who", ["amina", "bilal"])
def test_every_way_to_ask_tells_nothing(api: Api, held: str, who: str) -> None:
    told = [path for path in ASKED if hits(api("GET", path, who=who)) and "DiagnosticReport/r" not in path]
    told += [path for path in ASKED if MARK in api("GET", path, who=who).body.decode(errors="replace")]
    assert told == []
    for path in ("DiagnosticReport/r", "Observation/r-grade", "Binary/r-paper", "Condition/r-means"):
        assert api("GET", path, who=who).status == 404
        never = api("GET", f"{path}x", who=who)
        assert never.body.replace(b"r-gradex", b"r-grade") and never.status == 404
    for rtype in ("DiagnosticReport", "Condition"):
        assert api("GET", f"{rtype}?_summary=count", who=who).json["total"] == 0


@pytest.mark.parametrize("who", ["amina", "bilal"])
def test_together_and_by_post_neither(api: Api, held: str, who: str) -> None:
    entries = [{"request": {"method": "GET", "url": path}} for path in ASKED if "$" not in path]
    answer = api("POST", "", {"resourceType": "Bundle", "type": "batch", "entry": entries}, who=who)
    assert MARK not in answer.body.decode()
    answer = api(
        "POST",
        "DiagnosticReport/_search",
        b"status=final",
        who=who,
        media="application/x-www-form-urlencoded",
    )
    assert answer.status == 200 and not hits(answer)


def test_those_who_care_find_all_of_it(api: Api, held: str) -> None:
    """The questions are good ones: they find it for whom nothing is held."""
    found = [path for path in ASKED if MARK in api("GET", path, who="dara").body.decode(errors="replace")]
    assert len(found) > 20
    assert api("GET", "DiagnosticReport?_summary=count", who="dara").json["total"] == 1


@pytest.mark.parametrize("who", ["amina", "bilal"])
def test_after_the_hold_the_same_questions_find_it(api: Api, held: str, own_database: str, who: str) -> None:
    with psycopg.connect(own_database, autocommit=True) as conn:
        conn.execute("UPDATE access_hold SET ends = now()")
    assert api("GET", "DiagnosticReport/r", who=who).status == 200
    assert api("GET", "Binary/r-paper", who=who).status in (200, 404) and hits(
        api("GET", "Condition", who=who)
    )
