"""What the people of the tests reach through the door, and what Eve does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from psycopg import Connection

from rapport.fhir.outcomes import Refused
from rapport.gate.actor import Actor
from rapport.gate.door import Door
from rapport.gate.scopes import Scope
from tests.personas import (
    AMINA,
    CARE_TEAM,
    CHEN,
    EVE,
    OTHER_TEAM,
    TEAM,
    People,
    conversation,
    message,
    observation,
)

Doors = Callable[[Actor], Door]
STAFF_ONLY = {"security": [{"system": "urn:rapport:label", "code": "staff-only"}]}
STRANGE = {"security": [{"system": "urn:somewhere", "code": "else"}]}


def refusal(act: Callable[[], Any]) -> str:
    """The code with which something is refused."""
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.code


@pytest.fixture
def written(people: People, door: Doors) -> People:
    """Amina's conversation with one message, a heart rate, a staff note."""
    amina = door(people.amina)
    amina.create(conversation("c1"), rid="c1")
    amina.create(message("m1", "c1", "My tablets make me dizzy."), rid="m1")
    door(people.program).create(observation("o1"), rid="o1")
    note = message("n1", "c1", "Ask about salt.", sender=CHEN) | {"meta": STAFF_ONLY}
    door(people.chen).create(note, rid="n1")
    return people


def test_amina_sees_her_record_but_not_the_staffs_note(written: People, door: Doors) -> None:
    amina = door(written.amina)
    assert amina.read("Patient", "amina").ref == AMINA
    assert amina.read("Observation", "o1").patient == amina.read("Patient", "amina").id
    assert {record.rid for record in amina.search("Communication").matches} == {"c1", "m1"}
    assert refusal(lambda: amina.read("Communication", "n1")) == "not-found"


def test_the_care_team_sees_all_of_it(written: People, door: Doors) -> None:
    for actor in (written.chen, written.dara):
        staff = door(actor)
        assert staff.read("Observation", "o1") and staff.read("CareTeam", CARE_TEAM.split("/")[1])
        assert {record.rid for record in staff.search("Communication").matches} == {"c1", "m1", "n1"}


@pytest.mark.parametrize("rid", ["amina", "never-was"])
def test_eve_gets_one_answer_for_hers_not_and_there_not(written: People, door: Doors, rid: str) -> None:
    for actor in (written.eve, written.eve_staff, written.root):
        eve = door(actor)
        patient = {"resourceType": "Patient", "id": rid, "name": [{"family": "X"}]}
        assert refusal(lambda: eve.read("Patient", rid)) == "not-found"
        assert refusal(lambda: eve.read("Patient", rid, 1)) == "not-found"
        assert refusal(lambda: eve.history("Patient", rid)) == "not-found"
        assert refusal(lambda: eve.update(patient)) == "not-found"
        assert refusal(lambda: eve.update(patient, if_match=9)) == "not-found"
        assert refusal(lambda: eve.delete("Patient", rid)) == "not-found"
        theirs = message("x", "c1", "hello", patient=f"Patient/{rid}", sender=actor.ref)
        assert refusal(lambda: eve.create(theirs)) == "forbidden"
        assert not eve.decide("r", "Patient", rid).allowed
        assert not eve.search("Patient", f"_id={rid}").matches


def test_bilal_sees_his_own_entry_and_no_more(written: People, door: Doors) -> None:
    bilal = door(written.bilal)
    assert bilal.read("RelatedPerson", "bilal")
    assert refusal(lambda: bilal.read("Patient", "amina")) == "not-found"
    assert not bilal.search("Communication").matches and not bilal.search("Observation").matches


def test_what_is_shared_with_bilal_he_sees(written: People, door: Doors) -> None:
    amina, bilal = door(written.amina), door(written.bilal)
    header = amina.read("Communication", "c1").json
    header["recipient"].append({"reference": "RelatedPerson/bilal", "display": "Bilal"})
    amina.update(header)
    assert {record.rid for record in bilal.search("Communication").matches} == {"c1", "m1"}
    header = amina.read("Communication", "c1").json
    header["recipient"].pop()
    amina.update(header)
    assert not bilal.search("Communication").matches


def test_a_team_written_to_sees_that_conversation_alone(written: People, door: Doors) -> None:
    door(written.amina).create(conversation("c2", team=OTHER_TEAM), rid="c2")
    door(written.amina).create(message("m2", "c2", "Hello Mill Lane"), rid="m2")
    eve = door(written.eve_staff)
    assert {record.rid for record in eve.search("Communication").matches} == {"c2", "m2"}
    assert eve.read("Patient", "amina")
    assert refusal(lambda: eve.read("Observation", "o1")) == "not-found"
    assert refusal(lambda: eve.read("Communication", "m1")) == "not-found"
    answer = message("a2", "c2", "Hello Amina", sender=written.eve_staff.ref)
    assert eve.create(answer, rid="a2")
    assert (
        refusal(lambda: eve.create(answer | {"partOf": [{"reference": "Communication/c1"}]})) == "forbidden"
    )


def test_handing_over_takes_and_gives(written: People, door: Doors) -> None:
    dara, eve = door(written.dara), door(written.eve_staff)
    header = dara.read("Communication", "c1").json
    header["recipient"] = [{"reference": OTHER_TEAM}]
    dara.update(header)
    assert eve.read("Communication", "m1") and eve.read("Communication", "n1")
    header["recipient"] = [{"reference": TEAM}]
    dara.update({key: value for key, value in header.items() if key != "meta"})
    assert refusal(lambda: eve.read("Communication", "m1")) == "not-found"


def test_nobody_writes_in_anothers_name(written: People, door: Doors) -> None:
    amina, dara = door(written.amina), door(written.dara)
    assert refusal(lambda: amina.create(message("x", "c1", "I am a doctor", sender=CHEN))) == "forbidden"
    assert refusal(lambda: dara.create(message("x", "c1", "I am Dr Chen", sender=CHEN))) == "forbidden"
    noted = dara.create(message("x", "c1", "Amina rang", sender=AMINA))
    changed = noted.json | {"sender": {"reference": written.dara.ref}}
    assert refusal(lambda: dara.update(changed)) == "forbidden"


def test_patients_write_conversations_alone(written: People, door: Doors) -> None:
    amina = door(written.amina)
    assert refusal(lambda: amina.create(observation("x"))) == "forbidden"
    assert refusal(lambda: amina.update(amina.read("Patient", "amina").json)) == "forbidden"
    plain = {key: value for key, value in message("x", "c1", "?").items() if key != "category"}
    assert refusal(lambda: amina.create(plain)) == "forbidden"
    assert refusal(lambda: amina.create({**conversation("x"), "meta": STAFF_ONLY})) == "forbidden"


def test_nothing_moves_to_another_record(written: People, door: Doors) -> None:
    for actor, rid in ((written.amina, "m1"), (written.chen, "n1")):
        mine = door(actor)
        moved = mine.read("Communication", rid).json | {"subject": {"reference": EVE}}
        assert refusal(lambda: mine.update(moved)) == "forbidden"
        nobody = {key: value for key, value in moved.items() if key != "subject"}
        assert refusal(lambda: mine.update(nobody)) == "forbidden"
    assert not door(written.eve).search("Communication").matches


def test_a_care_team_does_not_grant_itself(written: People, door: Doors) -> None:
    mine = {
        "resourceType": "CareTeam",
        "status": "active",
        "subject": {"reference": AMINA},
        "participant": [{"member": {"reference": OTHER_TEAM}}],
    }
    assert refusal(lambda: door(written.eve_staff).create(mine)) == "forbidden"
    assert refusal(lambda: door(written.eve_staff).read("Patient", "amina")) == "not-found"


def test_an_unknown_label_hides_from_all_but_rapport(written: People, door: Doors, conn: Any) -> None:
    door(Actor.system("tests")).create(observation("strange") | {"meta": STRANGE}, rid="strange")
    for actor in (*written.everybody(), written.program):
        assert refusal(lambda: door(actor).read("Observation", "strange")) == "not-found"
        assert "strange" not in {record.rid for record in door(actor).search("Observation").matches}
    assert door(Actor.system("tests")).read("Observation", "strange")
    assert refusal(lambda: door(written.chen).create(observation("x") | {"meta": STRANGE})) == "forbidden"


def test_a_type_about_people_that_names_nobody_is_nobodys(written: People, door: Doors) -> None:
    body = {key: value for key, value in observation("loose").items() if key != "subject"}
    door(written.program).create(body, rid="loose")
    for actor in written.everybody():
        assert refusal(lambda: door(actor).read("Observation", "loose")) == "not-found"


def test_deleted_is_gone_for_those_who_saw_it(written: People, door: Doors) -> None:
    door(written.program).delete("Observation", "o1")
    assert refusal(lambda: door(written.amina).read("Observation", "o1")) == "gone"
    assert refusal(lambda: door(written.eve).read("Observation", "o1")) == "not-found"
    assert door(written.amina).read("Observation", "o1", 1).vid == 1


def test_a_file_is_as_open_as_what_it_belongs_to(written: People, door: Doors) -> None:
    door(written.amina).create(conversation("c3", team=OTHER_TEAM), rid="c3")
    body = {"resourceType": "Binary", "contentType": "text/plain", "data": "aGk="}
    of = {"securityContext": {"reference": "Communication/c3"}}
    door(written.amina).create(body | of, rid="f1")
    for actor in (written.amina, written.dara, written.eve_staff):
        assert door(actor).read("Binary", "f1")
    for actor in (written.eve, written.bilal, written.root):
        assert refusal(lambda: door(actor).read("Binary", "f1")) == "not-found"
    assert refusal(lambda: door(written.eve).create(body | of)) == "forbidden"
    assert refusal(lambda: door(written.eve).create(body)) == "forbidden"


def test_reasons_can_be_read(written: People, door: Doors) -> None:
    assert door(written.dara).decide("r", "Patient", "amina").reason == (
        "Dara Okafor can see this: Harbour Street is on the care team."
    )
    assert door(written.amina).decide("r", "Patient", "amina").rule == "own record"
    assert "Nothing lets Eve Marsh see this" in door(written.eve).decide("r", "Patient", "amina").reason


def test_nobody_writes_the_log_by_hand(written: People, door: Doors) -> None:
    said = {
        "resourceType": "AuditEvent",
        "type": {"system": "urn:x", "code": "rest"},
        "recorded": "2026-11-22T09:00:00Z",
        "agent": [{"who": {"reference": AMINA}, "requestor": True}],
        "source": {"observer": {"display": "me"}},
    }
    for actor in written.everybody():
        assert refusal(lambda: door(actor).create(said)) == "forbidden"
    assert door(written.program).create(said)


def test_scopes_are_all_that_a_program_has(written: People, conn: Connection[Any]) -> None:
    reader = Actor(
        "client", "Device/reader", "Reader", scopes=(Scope("Observation", "rs"), Scope("Patient", "s"))
    )
    door = Door(conn, reader)
    assert door.read("Observation", "o1") and door.search("Patient").matches
    for act in (
        lambda: door.read("Patient", "amina"),
        lambda: door.read("Communication", "m1"),
        lambda: door.update(observation("o1")),
        lambda: door.delete("Observation", "o1"),
    ):
        assert refusal(act) == "not-found" or refusal(act) == "forbidden"
    assert refusal(lambda: door.create(observation("x"))) == "forbidden"
    assert not door.search("Communication").matches
    assert not Door(conn, Actor("client", "Device/none", "None")).search("Patient").matches


def test_a_purpose_must_be_known(conn: Connection[Any]) -> None:
    assert refusal(lambda: Door(conn, People.amina, "CURIOUS")) == "invalid"


def test_openings_are_seen_by_who_sees_the_message(written: People, door: Doors) -> None:
    dara = door(written.dara)
    message_ = dara.read("Communication", "m1")
    dara.opened([message_])
    dara.opened([message_])
    seen = door(written.amina).openings([message_.id])
    assert [(opening.name, opening.role) for opening in seen[message_.id]] == [("Dara Okafor", "nurse")]
    assert not door(written.eve).openings([message_.id])


def _duty(rid: str, *duties: str, who: str = "Practitioner/chen") -> dict[str, Any]:
    codes = [{"coding": [{"system": "urn:rapport:duty", "code": duty} for duty in duties]}] if duties else []
    return {
        "resourceType": "PractitionerRole",
        "id": rid,
        "active": True,
        "practitioner": {"reference": who},
        **({"code": codes} if codes else {}),
    }


def test_nobody_gives_a_duty_that_they_do_not_have(written: People, door: Doors) -> None:
    lead = door(written.chen)
    made = lead.create(_duty("new", "lead"))
    for body in (
        _duty(made.rid, "lead", "privacy"),
        _duty(made.rid, "lead", "operator"),
        {**_duty(made.rid), "code": [{"text": "x"}, *_duty("x", "privacy")["code"]]},
    ):
        with pytest.raises(Refused, match="duty"):
            lead.update(body)
    with pytest.raises(Refused, match="duty"):
        lead.create(_duty("other", "privacy"))


def test_a_position_with_a_duty_is_not_taken_over(written: People, door: Doors, conn: Any) -> None:
    Door(conn, Actor.system("tests")).create(_duty("watch", "privacy", who="Practitioner/dara"), rid="watch")
    lead = door(written.chen)
    held = lead.read("PractitionerRole", "watch").json
    with pytest.raises(Refused, match="duty"):
        lead.update({**held, "practitioner": {"reference": "Practitioner/chen"}})
    with pytest.raises(Refused, match="duty"):
        lead.update({**held, "period": {"start": "2020-01-01"}})
    lead.update({**held, "telecom": [{"system": "phone", "value": "1"}]})
    ended = lead.read("PractitionerRole", "watch").json
    lead.update({**ended, "active": False})
    gone = lead.read("PractitionerRole", "watch").json
    with pytest.raises(Refused, match="duty"):
        lead.update({**gone, "active": True})


def test_a_limited_scope_is_kept_by_every_verb(written: People, conn: Connection[Any]) -> None:
    """What its query finds, and nothing else: to read, to find, to write, and in the past."""
    scope = Scope("Observation", "cruds", "status=final&code=http://loinc.org|8867-4")
    door = Door(conn, Actor("client", "Device/lab", "Lab", scopes=(scope,)))
    all_of_it = Door(conn, written.program)
    all_of_it.create(observation("o2", code="1-1"), rid="o2")
    all_of_it.update(observation("o1") | {"status": "preliminary"})
    assert refusal(lambda: door.read("Observation", "o1")) == "not-found"
    all_of_it.update(observation("o1"))
    assert [record.rid for record in door.search("Observation").matches] == ["o1"]
    assert door.read("Observation", "o1").vid == 3
    assert refusal(lambda: door.read("Observation", "o1", 2)) == "not-found"
    assert [record.vid for record in door.history("Observation", "o1")] == [3]
    assert [record.vid for record in door.changes("Observation")] == [3]
    assert door.create(observation("x"))
    for act in (
        lambda: door.create(observation("x", code="1-1")),
        lambda: door.update(observation("o1", code="1-1")),
        lambda: door.update(observation("o2")),
        lambda: door.delete("Observation", "o2"),
        lambda: door.read("Observation", "o2"),
        lambda: door.create(observation("x") | {"status": "preliminary"}),
    ):
        assert refusal(act) in ("not-found", "forbidden", "conflict")
    secret = observation("o3") | {"meta": {"security": [{"system": "urn:unheard", "code": "of"}]}}
    all_of_it.conn.execute("SELECT 1")
    Door(conn, Actor.system("tests")).create(secret, rid="o3")
    assert refusal(lambda: door.read("Observation", "o3")) == "not-found"
    assert door.search("Observation", "_summary=count").total == 2
    door.delete("Observation", "o1")
    assert refusal(lambda: door.read("Observation", "o1")) in ("not-found", "gone")
