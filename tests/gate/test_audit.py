"""The audit row stands and falls with what it tells of."""

from __future__ import annotations

from typing import Any

import pytest
from psycopg import Connection
from psycopg.errors import NotNullViolation

from rapport.fhir.keys import reference_key
from rapport.fhir.outcomes import Refused
from rapport.gate import audit, live
from rapport.gate.door import Door
from tests.personas import AMINA, EVE, People, conversation, message, observation


def rows(conn: Connection[Any]) -> list[tuple[Any, ...]]:
    return conn.execute(
        "SELECT ref, action::text, outcome::text, why, entities, patients FROM audit WHERE why <> 'personas'"
        " ORDER BY id"
    ).fetchall()


def test_a_unit_is_one_row(people: People, conn: Connection[Any]) -> None:
    door = Door(conn, people.amina)
    with door.unit("writing to the team"):
        door.create(conversation("c1"), rid="c1")
        with door.unit("inner"):
            door.create(message("m1", "c1", "Hello"), rid="m1")
        door.read("Communication", "m1")
    entities = [
        "c Communication/c1/_history/1",
        "c Communication/m1/_history/1",
        "r Communication/m1/_history/1",
    ]
    assert rows(conn) == [(AMINA, "C", "0", "writing to the team", entities, [reference_key(AMINA)])]
    door.finish()
    assert len(rows(conn)) == 1


def test_the_reads_of_a_page_are_one_row(people: People, conn: Connection[Any]) -> None:
    door = Door(conn, people.dara)
    door.read("Patient", "amina")
    door.search("CareTeam", "patient=Patient/amina")
    door.finish()
    door.finish()
    (row,) = rows(conn)
    assert row[:3] == (people.dara.ref, "E", "0") and row[5] == [reference_key(AMINA)]
    assert row[4][0] == "r Patient/amina/_history/1"


def test_undone_together(people: People, conn: Connection[Any]) -> None:
    door = Door(conn, people.amina)
    with pytest.raises(ZeroDivisionError), door.unit("broken"):
        door.create(conversation("c1"), rid="c1")
        _ = 1 / 0
    assert door.find("Communication", "c1") is None
    assert rows(conn) == []
    assert live.state(conn, [f"patient:{AMINA}"]) == 0


def test_a_row_that_cannot_be_written_undoes_the_write(
    people: People, conn: Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = audit.Witness.row

    def nobody(*args: Any) -> dict[str, Any]:
        return {**row(*args), "note_ref": None}

    monkeypatch.setattr(audit.Witness, "row", nobody)
    with pytest.raises(NotNullViolation):
        Door(conn, people.amina).create(conversation("c1"), rid="c1")
    with pytest.raises(NotNullViolation), Door(conn, people.amina).unit("several") as door:
        door.create(conversation("c2"), rid="c2")
    monkeypatch.undo()
    assert Door(conn, people.amina).find("Communication", "c1") is None
    assert Door(conn, people.amina).find("Communication", "c2") is None


def test_what_was_refused_is_written_down(people: People, conn: Connection[Any]) -> None:
    eve = Door(conn, people.eve)
    with pytest.raises(Refused):
        eve.read("Patient", "amina")
    with pytest.raises(Refused):
        eve.create(conversation("c1", sender=EVE))
    with pytest.raises(Refused):
        eve.update({"resourceType": "Patient", "id": "amina"})
    assert [(row[1], row[2], row[4]) for row in rows(conn)] == [
        ("R", "4", ["r Patient/amina"]),
        ("C", "4", ["c Communication"]),
        ("U", "4", ["u Patient/amina"]),
    ]
    assert all(row[5] == [] for row in rows(conn))


def test_a_patient_reads_who_looked(people: People, conn: Connection[Any]) -> None:
    Door(conn, people.program).create(observation("o1"), rid="o1")
    door = Door(conn, people.dara)
    door.search("Observation", "patient=Patient/amina")
    assert door.rapport("tests").read("Patient", "eve")
    door.finish()
    assert not [entry for entry in Door(conn, people.eve).log(EVE) if entry.name == "Dara Okafor"]
    lead = Door(conn, people.chen)
    lead.search("Patient", "_id=amina,eve")
    lead.finish()
    entries = Door(conn, people.amina).log(AMINA, limit=3)
    assert entries.pop(0).entities == ["s Patient/amina/_history/1"]
    assert entries[0].entities == ["s Observation/o1/_history/1"]
    assert [(entry.name, entry.role, entry.action) for entry in entries] == [
        ("Dara Okafor", "nurse", "E"),
        ("Bench", "program", "C"),
    ]
    assert Door(conn, people.eve).log(EVE)[0].entities == ["s Patient/eve/_history/1"]
    for who in (people.eve, people.dara, people.bilal, people.root):
        with pytest.raises(Refused):
            Door(conn, who).log(AMINA)


def test_topics_count_up_once_a_unit(people: People, conn: Connection[Any]) -> None:
    topics = [f"patient:{AMINA}", "team:Organization/harbour-street"]
    before = live.state(conn, topics)
    door = Door(conn, people.amina)
    with door.unit():
        door.create(conversation("c1"), rid="c1")
        door.create(message("m1", "c1", "Hello"), rid="m1")
        door.changed(topics[1], topics[1])
    assert live.state(conn, topics) == before + 2
    assert live.state(conn, [f"patient:{EVE}"]) == 0


def test_a_staff_note_stirs_nothing_that_the_patient_watches(people: People, conn: Connection[Any]) -> None:
    Door(conn, people.amina).create(conversation("c1"), rid="c1")
    before = [live.state(conn, live.about(who, AMINA)) for who in (people.amina, people.dara)]
    note = message("n1", "c1", "Ring her", sender=people.dara.ref)
    note["meta"] = {"security": [{"system": "urn:rapport:label", "code": "staff-only"}]}
    Door(conn, people.dara).create(note, rid="n1")
    after = [live.state(conn, live.about(who, AMINA)) for who in (people.amina, people.dara)]
    assert after == [before[0], before[1] + 1]


def test_family_hears_of_shared_conversations_alone(people: People, conn: Connection[Any]) -> None:
    """How much else a patient writes is not theirs to count."""
    shared, own = conversation("c1"), conversation("c2")
    shared["recipient"] = [*shared["recipient"], {"reference": people.bilal.ref}]
    amina = Door(conn, people.amina)
    amina.create(shared, rid="c1")
    watched = live.about(people.bilal, AMINA, "Communication/c1")
    before = live.state(conn, watched)
    amina.create(own, rid="c2")
    amina.create(message("m2", "c2", "Between us"), rid="m2")
    assert live.state(conn, watched) == before
    amina.create(message("m1", "c1", "For both of you"), rid="m1")
    assert live.state(conn, watched) == before + 1
    assert live.about(people.bilal, AMINA) == []
