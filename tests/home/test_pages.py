"""My day, the inbox, finding a person, the person at a glance, and pages that follow the record."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection, transaction

from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.people.models import Session
from rapport.pillars.conversations import actions
from tests.conversations.pages import Browser
from tests.personas import AMINA, People

Opens = Callable[[Actor], Browser]
Doors = Callable[[Actor], Door]


@pytest.fixture
def opens(people: People) -> Opens:
    return Browser


@pytest.fixture
def asks(door: Doors, people: People) -> Callable[..., actions.Sent]:
    """Amina asks something."""

    def ask(*questions: str, once: str = "a form of hers") -> actions.Sent:
        text = " ".join(questions) or "Thank you."
        return actions.start(door(people.amina), once=once, topic="health", text=text, concerns=questions)

    return ask


def stored(*bodies: dict[str, Any]) -> None:
    """Put resources into the record, as an import does."""
    door = Door(connection.connection, Actor.system("tests"), unit=transaction.atomic, source="job")
    with door.unit("a record"):
        for number, body in enumerate(bodies):
            rid = body.setdefault("id", f"made-{number}-{body['resourceType'].lower()}")
            door.create(body, rid=rid)


def condition(words: str, since: str, status: str = "active") -> dict[str, Any]:
    system = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    return {
        "resourceType": "Condition", "id": re.sub(r"\W", "-", words.lower()), "subject": {"reference": AMINA},
        "clinicalStatus": {"coding": [{"system": system, "code": status}]}, "code": {"text": words},
        "onsetDateTime": since,
    }  # fmt: skip


def allergy(patient: str, words: str) -> dict[str, Any]:
    system = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
    return {
        "resourceType": "AllergyIntolerance", "patient": {"reference": patient}, "code": {"text": words},
        "clinicalStatus": {"coding": [{"system": system, "code": "active"}]},
    }  # fmt: skip


# ---------------------------------------------------------------- my day


def test_my_day_begins_empty_and_says_so(opens: Opens, people: People) -> None:
    said = opens(people.amina).get("/")
    assert re.search(r"Good (morning|afternoon|evening), Amina", said)
    assert "Nothing is open" in said and "Write a message" in said


def test_my_day_names_who_and_when(opens: Opens, people: People, asks: Any, door: Doors) -> None:
    sent = asks("Is that the tablet?", "Can I fly?")
    actions.take(door(people.dara), concern=sent.concerns[0])
    said = opens(people.amina).get("/day/")
    assert "Dara Okafor, nurse, has it. Answer by" in said
    assert "Nobody has it yet. Someone will by" in said


def test_family_sees_only_what_is_shared_with_them(opens: Opens, people: People, asks: Any) -> None:
    asks("Is that the tablet?")
    bilal = opens(people.bilal)
    said = bilal.get("/")
    assert "Bilal" in said and "Nothing is open" in said and "tablet" not in said
    assert "No messages yet" in bilal.get("/messages/")


def test_family_pages_are_stirred_by_what_is_shared_alone(
    opens: Opens, people: People, asks: Any, door: Doors
) -> None:
    sent = asks("Is that the tablet?")
    amina, bilal = door(people.amina), opens(people.bilal)
    header = amina.read("Communication", sent.conversation).json
    amina.update({**header, "recipient": [*header["recipient"], {"reference": people.bilal.ref}]})

    def stirred() -> list[bool]:
        return [
            bilal.client.get("/live/", {"t": topics, "s": state}).status_code == 200 for topics, state in on
        ]

    on = []
    for path in (f"/messages/{sent.conversation}/", "/", "/messages/"):
        bilal.get(path)
        page = bilal.page.content.decode()
        on.append(tuple(re.findall(r'data-live(?:-state)?="([^"]+)"', page)))
    actions.start(amina, once="between us", topic="health", text="Just for you.", concerns=("Why?",))
    assert stirred() == [False, False, False]
    actions.take(door(people.dara), concern=sent.concerns[0])
    assert stirred() == [True, True, True]


def test_staff_have_an_inbox_and_patients_have_none(opens: Opens, people: People) -> None:
    dara, amina = opens(people.dara), opens(people.amina)
    assert "The inbox is clear" in dara.get("/")
    dara.get("/day/")
    assert dara.page["Location"] == "/inbox/"
    for path in (
        "/inbox/",
        "/people/",
        "/people/amina/",
        "/people/amina/problems/",
        "/messages/record/?patient=amina",
    ):
        amina.get(path)
        assert amina.status == 404, path


# ---------------------------------------------------------------- inbox


def test_the_inbox_counts_and_its_views(opens: Opens, people: People, asks: Any, door: Doors) -> None:
    sent = asks("Is that the tablet?", "Can I fly?", "May I drink coffee?")
    actions.take(door(people.dara), concern=sent.concerns[0])
    actions.mark_urgent(door(people.dara), concern=sent.concerns[2], urgent=True, reason="She sounds unwell.")
    dara = opens(people.dara)
    said = dara.get("/inbox/")
    assert "Everyone’s, 3" in said and "Mine, 1" in said and "Nobody’s, 2" in said
    assert said.index("May I drink coffee?") < said.index("Is that the tablet?"), "urgent words come first"
    assert "Ring Amina now" in said and "Amina Haddad 58" in said
    mine = dara.get("/inbox/?whose=mine")
    assert "Is that the tablet?" in mine and "Can I fly?" not in mine
    assert "By due time." in dara.get("/inbox/?order=due")
    assert "Every question has someone" not in dara.get("/inbox/?whose=nobody")
    assert "Nothing to stand in for" in dara.get("/inbox/?whose=cover")


@pytest.mark.parametrize("place", ["²", "9" * 5000, "²:2026-01-01T00:00:00Z:", "99:2026-01-01T00:00:00Z:"])
def test_a_made_up_place_in_the_inbox_is_no_fault(opens: Opens, people: People, place: str) -> None:
    dara = opens(people.dara)
    for whose in ("everyone", "mine"):
        assert "Inbox" in dara.get(f"/inbox/?whose={whose}&after={quote(place)}")


def test_another_team_sees_nothing_of_it(opens: Opens, people: People, asks: Any) -> None:
    asks("Is that the tablet?")
    said = opens(people.eve_staff).get("/inbox/")
    assert "The inbox is clear" in said and "Amina" not in said


# ---------------------------------------------------------------- people


@pytest.mark.parametrize(
    "query", ["name=haddad", "name=Ami", "born=1968", "name=amina&born=14+3+1968", "born=1968-03-14"]
)
def test_finding_a_person(query: str, opens: Opens, people: People) -> None:
    said = opens(people.dara).get(f"/people/?{query}")
    assert "Amina Haddad" in said and "58 , born 14 March 1968" in said


def test_what_is_no_date_is_said_and_who_is_not_shared_is_not_found(opens: Opens, people: People) -> None:
    dara, eve = opens(people.dara), opens(people.eve_staff)
    assert "Write the day, month and year" in dara.get("/people/?born=soon")
    assert "Nobody of this name is shared with you" in eve.get("/people/?name=haddad")
    for path in ("/people/amina/", "/people/amina/contacts/"):
        theirs, none = eve.get(path), eve.get(path.replace("amina", "no-such-person"))
        assert theirs == none and eve.status == 404


def test_the_glance_shows_what_is_active_and_keeps_the_rest_behind_a_link(
    opens: Opens, people: People
) -> None:
    stored(
        condition("Weak heart pump", "2023"),
        condition("Broken wrist", "1999-05", "resolved"),
        *(condition(f"Problem {number}", f"20{number:02}") for number in range(10)),
        {"resourceType": "MedicationRequest", "status": "active", "intent": "order",
         "subject": {"reference": AMINA}, "medicationCodeableConcept": {"text": "Furosemide 40 mg"},
         "authoredOn": "2026-03-04",
         "dosageInstruction": [{"text": "one in the morning"}]},
        allergy(AMINA, "Penicillin")
        | {"criticality": "high", "reaction": [{"manifestation": [{"text": "Rash"}]}]},
        {"resourceType": "Encounter", "status": "finished", "class": {"code": "AMB"},
         "subject": {"reference": AMINA}, "type": [{"text": "Blood pressure check"}],
         "period": {"start": "2025-02-03T10:00:00Z"}},
    )  # fmt: skip
    dara = opens(people.dara)
    said = dara.get("/people/amina/")
    assert "58, born 14 March 1968" in said and "Weak heart pump" in said and "Since 2023" in said
    assert "Broken wrist" not in said and said.count("Problem ") == 5
    assert "furosemide 40 mg one in the morning. since 4 march" in said.casefold()
    assert "Penicillin" in said and "Rash" in said and "Blood pressure check" in said
    assert "Broken wrist" in dara.get("/people/amina/problems/")
    assert "No account" not in said and "Invite to Rapport" in said


def test_a_lead_who_may_only_find_is_told_so_and_puts_a_team_into_the_care(
    opens: Opens, people: People
) -> None:
    stored(
        {"resourceType": "Patient", "id": "freda", "name": [{"given": ["Freda"]}], "birthDate": "1973-04-09"},
        allergy("Patient/freda", "Nuts"),
    )
    chen, dara = opens(people.chen), opens(people.dara)
    said = chen.get("/people/freda/")
    assert "The record is not shared with you" in said and "No allergy" not in said
    dara.get("/people/freda/")
    assert dara.status == 404
    dara.post("/people/freda/care/", {"team": "Organization/harbour-street"})
    assert dara.status == 404
    said = chen.send("/care/", team="Organization/harbour-street")
    assert "Harbour Street cares for Freda now" in said and "Nuts" in said
    chen.post("/people/freda/care/", {"team": "Organization/harbour-street"})
    assert chen.said.count("Harbour Street") == 2, "said once, and listed once"
    assert "Nuts" in dara.get("/people/freda/")


# ---------------------------------------------------------------- live


def test_a_page_hears_that_something_changed_and_nobody_else_can_listen(
    opens: Opens, people: People, asks: Any, door: Doors
) -> None:
    sent = asks("Is that the tablet?")
    amina, eve = opens(people.amina), opens(people.eve)
    amina.get("/")
    found = re.search(r'data-live="([^"]+)" data-live-state="([^"]+)"', amina.html)
    assert found
    query = {"t": found[1], "s": found[2]}
    assert amina.client.get("/live/", query).status_code == 204
    assert eve.client.get("/live/", query).status_code == 400
    actions.take(door(people.dara), concern=sent.concerns[0])
    answer = amina.client.get("/live/", query)
    assert answer.status_code == 200 and answer.json()["s"] != found[2]
    assert amina.client.get("/live/", {"t": found[1], "s": answer.json()["s"]}).status_code == 204
    assert amina.client.get("/live/", {"t": "rubbish"}).status_code == 400


def test_listening_does_not_prolong_a_sign_in(opens: Opens, people: People) -> None:
    amina = opens(people.amina)
    amina.get("/")
    live = re.search(r'data-live="([^"]+)"', amina.html)
    session = amina.client.session
    session["seen"] -= 25 * 60
    session.save()
    before = session["seen"]
    assert live and amina.client.get("/live/", {"t": live[1], "s": "then"}).status_code == 200
    amina.get("/", **{"X-Live": "1"})
    assert amina.client.session["seen"] == before
    session["seen"] -= 6 * 60
    session.save()
    assert amina.client.get("/live/", {"t": live[1], "s": "then"}).status_code == 401
    assert not Session.objects.filter(session_key=session.session_key).exists()
