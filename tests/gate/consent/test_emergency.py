"""Breaking the glass, and who looks into it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg import Connection

from rapport.fhir.outcomes import Refused
from rapport.gate import emergency, reviews
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from tests.gate.consent.making import (
    Seat,
    consent,
    deny,
    finds,
    permit,
)
from tests.gate.consent.policies import coding
from tests.personas import (
    AMINA,
    DARA,
    People,
)

pytestmark = pytest.mark.usefixtures("guarded")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The Tasks that people are told of."""
    found: list[Any] = []
    monkeypatch.setattr(emergency, "_told", [lambda _, task: found.append(task)])
    return found


def test_breaking_the_glass(record: Door, conn: Connection[Any], told: list[Any]) -> None:
    before = Door(conn, People.eve_staff, "ETREAT")
    assert finds(before, "Observation") == set()
    opened = emergency.break_glass(before, AMINA, "Unconscious in our waiting room")
    after = Door(conn, People.eve_staff, "ETREAT")
    assert finds(after, "Observation") == {"o1", "o2"}
    assert (
        finds(Door(conn, People.eve_staff), "Observation") == set()
    )  # only as an emergency, which shows in the log
    period = opened.json["restriction"]["period"]
    assert datetime.fromisoformat(period["end"]) - datetime.fromisoformat(period["start"]) == timedelta(
        minutes=60
    )
    assert [task["for"]["reference"] for task in told] == [AMINA]
    assert opened.rid in finds(Door(conn, People.amina), "Task")
    after.finish()
    log = Door(conn, People.amina).log(AMINA)
    assert any(entry.ref == People.eve_staff.ref and "Unconscious" in entry.why for entry in log)
    assert any(entry.ref == People.eve_staff.ref and entry.purpose == "ETREAT" for entry in log)


def test_one_name_is_tried_at_a_time(record: Door, conn: Connection[Any]) -> None:
    door = Door(conn, People.eve_staff)
    for family in ("Okonkwo", "Jones, Dr", "Back\\slash"):
        body = record.read("Patient", "amina").json
        record.update({**body, "name": [{"family": family}], "birthDate": "1968-03-14"})
        assert emergency.the_one(door, family, "1968-03-14") == AMINA
        for guessed in (f"Smith,{family}", f"{family},Smith", family[:-1], ""):
            with pytest.raises(Refused):
                emergency.the_one(door, guessed, "1968-03-14")


def test_the_hour_ends(record: Door, conn: Connection[Any]) -> None:
    emergency.break_glass(Door(conn, People.eve_staff), AMINA, "Unconscious in our waiting room")
    row = conn.execute(
        "SELECT max(valid_until) - now() FROM access_grant WHERE rule = 'emergency'"
    ).fetchone()
    assert row and timedelta(minutes=59) < row[0] <= timedelta(minutes=60, seconds=5)


@pytest.mark.parametrize("who", [People.amina, People.bilal, People.eve, People.eve_staff, People.program])
def test_nobody_opens_it_by_hand(record: Door, conn: Connection[Any], who: Actor) -> None:
    task = emergency._task(who, AMINA, "Because I want to", datetime.now(UTC))
    with pytest.raises(Refused):
        Door(conn, who).create(task)
    if who.kind != "staff":
        with pytest.raises(Refused):
            emergency.break_glass(Door(conn, who), AMINA, "Because I want to")
    with pytest.raises(Refused):
        emergency.break_glass(Door(conn, People.eve_staff), AMINA, "why not")


def test_what_is_denied_stays_closed_but_for_emergencies_the_patient_allows(
    record: Door, conn: Connection[Any], door: Seat
) -> None:
    ref = People.eve_staff.ref
    made = door(People.amina).create(consent(deny(ref)))
    emergency.break_glass(Door(conn, People.eve_staff), AMINA, "Unconscious in our waiting room")
    assert finds(Door(conn, People.eve_staff, "ETREAT"), "Observation") == set()
    but = permit(ref, "health-record") | {"purpose": [coding("ETREAT", "v3-ActReason")]}
    but["securityLabel"] = [coding("PSY", "v3-ActCode")]
    door(People.amina).update(made.json | {"provision": deny(ref, provision=[but])})
    assert finds(Door(conn, People.eve_staff, "ETREAT"), "Observation") == {"o1", "o2"}
    assert finds(Door(conn, People.eve_staff), "Observation") == set()


def test_who_opened_it_ends_it(record: Door, conn: Connection[Any]) -> None:
    opened = emergency.break_glass(Door(conn, People.eve_staff), AMINA, "Unconscious in our waiting room")
    for other in (People.dara, People.chen, People.amina):
        with pytest.raises(Refused):
            emergency.end(Door(conn, other), opened.rid)
    assert finds(Door(conn, People.eve_staff, "ETREAT"), "Observation")
    emergency.end(Door(conn, People.eve_staff), opened.rid)
    assert finds(Door(conn, People.eve_staff, "ETREAT"), "Observation") == set()


PRIVACY = Actor("staff", "Practitioner/pat", "Pat Lind", "privacy officer", ("PractitionerRole/pat",))


@pytest.fixture
def review(record: Door, conn: Connection[Any], told: list[Any]) -> str:
    """The Task that asks Pat to look into what Eve opened."""
    opened = emergency.break_glass(Door(conn, People.eve_staff), AMINA, "Unconscious in our waiting room")
    body = reviews.review_of(opened.json, "PractitionerRole/pat", "Pat Lind")
    return record.create(body).rid


def test_the_privacy_officer_sees_what_was_opened_and_no_more(conn: Connection[Any], review: str) -> None:
    door = Door(conn, PRIVACY)
    assert len(finds(door, "Task")) == 2, "what was opened, and the question to Pat"
    assert door.read("Patient", "amina")
    for rtype in ("Observation", "Communication"):
        assert finds(door, rtype) == set()
    assert finds(Door(conn, People.eve_staff), "Task") == set()


def test_the_privacy_officer_says_what_they_found(conn: Connection[Any], review: str) -> None:
    for other in (People.eve_staff, People.dara, People.amina, People.program):
        with pytest.raises(Refused):
            reviews.close(Door(conn, other), review, "Nothing to see here.")
    with pytest.raises(Refused):
        reviews.close(Door(conn, PRIVACY), review, "  ")
    reviews.close(Door(conn, PRIVACY), review, "Right: she was unconscious.")
    seen = Door(conn, People.amina).read("Task", review).json
    assert (seen["status"], seen["note"][0]["text"]) == ("completed", "Right: she was unconscious.")
    with pytest.raises(Refused):
        reviews.close(Door(conn, PRIVACY), review, "Or was she?")


def test_a_review_is_about_what_it_is_about(conn: Connection[Any], review: str) -> None:
    door = Door(conn, PRIVACY)
    body = door.read("Task", review).json
    for change in (
        {"for": {"reference": "Patient/eve"}},
        {"owner": {"reference": DARA}},
        {"status": "failed"},
    ):
        with pytest.raises(Refused):
            door.update({**body, "status": "completed", **change})
    with pytest.raises(Refused):
        door.create({key: value for key, value in body.items() if key not in ("id", "meta")})
    with pytest.raises(Refused):
        door.delete("Task", review)
