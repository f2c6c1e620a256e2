"""The same few people in every test, put into a database through the door.

Amina Haddad, 58, patient of Harbour Street; Bilal, her son, in her circle; Dr Mei Chen, her GP; Dara
Okafor, nurse; Eve, a stranger, once as another patient and once as staff of another team; Root, who
runs the machine. `arrive(conn)` stores them and gives their Actors.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from psycopg import Connection

from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.gate.scopes import Scope

TEAM, OTHER_TEAM = "Organization/harbour-street", "Organization/mill-lane"
AMINA, BILAL, EVE = "Patient/amina", "RelatedPerson/bilal", "Patient/eve"
CHEN, DARA, EVE_STAFF, ROOT = (
    "Practitioner/chen",
    "Practitioner/dara",
    "Practitioner/eve",
    "Practitioner/root",
)
CARE_TEAM = "CareTeam/amina-harbour-street"
_ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"


def _staff(ref: str, name: str, role: str, team: str, duties: str = "") -> Actor:
    position = f"PractitionerRole/{ref.partition('/')[2]}"
    return Actor("staff", ref, name, role, (position,), (team,), frozenset(duties.split()))


class People:
    """The actors, once they are in the record."""

    amina = Actor("patient", AMINA, "Amina Haddad", "patient", patients=(AMINA,))
    bilal = Actor("kin", BILAL, "Bilal Haddad", "her son", patients=(AMINA,))
    chen = _staff(CHEN, "Dr Mei Chen", "GP", TEAM, "lead")
    dara = _staff(DARA, "Dara Okafor", "nurse", TEAM)
    eve = Actor("patient", EVE, "Eve Marsh", "patient", patients=(EVE,))
    eve_staff = _staff(EVE_STAFF, "Eve Marsh", "nurse", OTHER_TEAM)
    root = _staff(ROOT, "Root", "operator", "Organization/site", "operator")
    program = Actor("client", "Device/bench", "Bench", "program", scopes=(Scope("*", "cruds"),))

    def everybody(self) -> tuple[Actor, ...]:
        """All people, without the program."""
        return (self.amina, self.bilal, self.chen, self.dara, self.eve, self.eve_staff, self.root)


def arrive(conn: Connection[Any], unit: Callable[[], AbstractContextManager[Any]] | None = None) -> People:
    """Store the people, their teams and Amina's care team, as Rapport itself; commits with the caller."""
    door = Door(conn, Actor.system("tests"), "HSYSADMIN", unit=unit, source="job")
    with door.unit("personas"):
        for body in bodies():
            door.create(body, rid=body["id"])
    return People()


def bodies() -> list[dict[str, Any]]:
    """The resources of the people, in an order that may be stored."""
    return [
        *_directory(),
        _patient("amina", "Amina", "Haddad", "1968-03-14", "female"),
        _patient("eve", "Eve", "Marsh", "1990-07-02", "female"),
        {
            "resourceType": "RelatedPerson",
            "id": "bilal",
            "active": True,
            "patient": _ref(AMINA, "Amina Haddad"),
            "relationship": [{"coding": [{"system": _ROLE_CODE, "code": "SON"}], "text": "son"}],
            "name": [{"family": "Haddad", "given": ["Bilal"]}],
            "birthDate": "1995-11-20",
        },
        {
            "resourceType": "CareTeam",
            "id": "amina-harbour-street",
            "status": "active",
            "name": "Harbour Street for Amina",
            "subject": _ref(AMINA, "Amina Haddad"),
            "participant": [{"member": _ref(TEAM, "Harbour Street")}, {"member": _ref(CHEN, "Dr Mei Chen")}],
        },
    ]


def _directory() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"resourceType": "Organization", "id": "harbour-street", "active": True, "name": "Harbour Street"},
        {"resourceType": "Organization", "id": "mill-lane", "active": True, "name": "Mill Lane"},
        {"resourceType": "Organization", "id": "site", "active": True, "name": "The site"},
    ]
    people = (
        ("chen", "Mei", "Chen", "GP", TEAM, "lead"),
        ("dara", "Dara", "Okafor", "nurse", TEAM, ""),
        ("eve", "Eve", "Marsh", "nurse", OTHER_TEAM, ""),
        ("root", "Root", "Operator", "operator", "Organization/site", "operator"),
    )
    for rid, given, family, role, team, duty in people:
        names = [{"family": family, "given": [given]}]
        found.append({"resourceType": "Practitioner", "id": rid, "active": True, "name": names})
        duties = [{"coding": [{"system": "urn:rapport:duty", "code": duty}]}] if duty else []
        found.append(
            {
                "resourceType": "PractitionerRole",
                "id": rid,
                "active": True,
                "practitioner": _ref(f"Practitioner/{rid}", f"{given} {family}"),
                "organization": _ref(team),
                "code": [
                    {"coding": [{"system": "urn:rapport:role", "code": role.lower()}], "text": role},
                    *duties,
                ],
            }
        )
    return found


def _patient(rid: str, given: str, family: str, born: str, gender: str) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": rid,
        "active": True,
        "name": [{"family": family, "given": [given]}],
        "gender": gender,
        "birthDate": born,
        "identifier": [{"system": "urn:rapport:tests", "value": f"number-{rid}"}],
    }


def _ref(reference: str, display: str = "") -> dict[str, str]:
    return {"reference": reference, "display": display} if display else {"reference": reference}


# ---------------------------------------------------------------- what they write


def conversation(rid: str, *, patient: str = AMINA, team: str = TEAM, sender: str = AMINA) -> dict[str, Any]:
    """The header of a conversation with a team."""
    return {
        "resourceType": "Communication",
        "id": rid,
        "status": "in-progress",
        "category": [kind("conversation")],
        "subject": _ref(patient),
        "sender": _ref(sender),
        "recipient": [_ref(team)],
        "topic": {"text": "My tablets"},
    }


def message(
    rid: str, header: str, words: str, *, patient: str = AMINA, sender: str = AMINA
) -> dict[str, Any]:
    """A message of a conversation."""
    return {
        "resourceType": "Communication",
        "id": rid,
        "status": "completed",
        "category": [kind("message")],
        "partOf": [_ref(f"Communication/{header}")],
        "subject": _ref(patient),
        "sender": _ref(sender),
        "sent": "2026-11-22T09:00:00Z",
        "payload": [{"contentString": words}],
    }


def observation(rid: str, *, patient: str = AMINA, code: str = "8867-4", value: str = "72") -> dict[str, Any]:
    """A heart rate."""
    return {
        "resourceType": "Observation",
        "id": rid,
        "status": "final",
        "subject": _ref(patient),
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "effectiveDateTime": "2026-11-20T08:00:00Z",
        "valueQuantity": {"value": float(value), "unit": "/min"},
    }


def kind(code: str) -> dict[str, Any]:
    """A CodeableConcept of Rapport's own kinds."""
    return {"coding": [{"system": "urn:rapport:kind", "code": code}]}
