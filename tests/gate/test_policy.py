"""Every rule of the policy is needed: take any one away and somebody loses what they must have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import pytest
from psycopg import Connection

from rapport.fhir.outcomes import Refused
from rapport.gate import policy
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.gate.permissions import Action
from tests.personas import AMINA, BILAL, People, arrive, conversation

PERSON = {"resourceType": "Patient", "name": [{"family": "New"}]}
FILE = {"resourceType": "Binary", "contentType": "text/plain", "securityContext": {"reference": AMINA}}
CONSENT = {
    "resourceType": "Consent",
    "status": "active",
    "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "adr"}]},
    "category": [{"text": "x"}],
    "patient": {"reference": "Patient/eve"},
    "policyRule": {"text": "x"},
}

#: What a carer answers about themselves.
STRAIN = {
    "resourceType": "QuestionnaireResponse",
    "status": "in-progress",
    "questionnaire": "urn:tests:strain",
    "subject": {"reference": BILAL},
    "author": {"reference": BILAL},
}

#: rule → (who, what they must be able to do because of it)
NEEDED: dict[str, tuple[Actor, Callable[[Door], Any]]] = {
    "system": (Actor.system("tests"), lambda door: door.read("Patient", "amina")),
    "client": (People.program, lambda door: door.read("Patient", "amina")),
    "directory": (People.eve, lambda door: door.read("Organization", "mill-lane")),
    "directory_keepers": (
        People.root,
        lambda door: door.create({"resourceType": "Organization", "name": "N"}),
    ),
    "registrars": (People.chen, lambda door: door.create(PERSON)),
    "sharing_keepers": (People.chen, lambda door: door.create(CONSENT)),
    "carers": (People.bilal, lambda door: door.create(STRAIN)),
    "granted": (People.amina, lambda door: door.create(conversation("c"), rid="c")),
    "files": (People.amina, lambda door: door.create(FILE)),
}


def test_each_rule_has_its_case() -> None:
    assert [rule.__name__ for rule in policy.RULES] == list(NEEDED)


@pytest.mark.parametrize("name", NEEDED)
def test_no_rule_can_be_removed(conn: Connection[Any], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    arrive(conn)
    who, act = NEEDED[name]
    act(Door(conn, who))
    monkeypatch.setattr(policy, "RULES", tuple(rule for rule in policy.RULES if rule.__name__ != name))
    with pytest.raises(Refused):
        act(Door(conn, who))


def test_no_rule_means_no(conn: Connection[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    people = arrive(conn)
    monkeypatch.setattr(policy, "RULES", ())
    for actor in (*people.everybody(), people.program, Actor.system("tests")):
        with pytest.raises(Refused):
            Door(conn, actor).read("Patient", "amina")


def test_no_rule_speaks_of_a_type_that_fhir_does_not_have() -> None:
    for actor in (*People().everybody(), People.program, Actor.system("tests")):
        for action in get_args(Action):
            assert policy.filter_for(policy.Ask(actor, action, "NutritionOrders")).nothing
