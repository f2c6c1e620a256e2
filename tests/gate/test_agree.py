"""Search and read never disagree: what a search gives is what can be read one by one, and nothing else.

Random records of three patients with random labels, threads and grants; every person asks for everything.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection

from rapport.fhir.definitions import TYPE_NUMBERS
from rapport.fhir.keys import resource_key
from rapport.fhir.outcomes import Refused
from rapport.gate import grants, seen
from rapport.gate.actor import Actor
from rapport.gate.door import Door, Window
from rapport.gate.scopes import Scope
from rapport.store import choosing
from tests.personas import AMINA, EVE, OTHER_TEAM, TEAM, People, arrive, conversation, kind, message

PATIENTS = (AMINA, EVE, "Patient/third")
LABELS = (
    None,
    ("urn:rapport:label", "staff-only"),
    ("http://terminology.hl7.org/CodeSystem/v3-ActCode", "PSY"),
    ("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "N"),
    ("urn:unheard", "of"),
)
TYPES = (
    "Patient",
    "Communication",
    "Task",
    "Observation",
    "CareTeam",
    "Binary",
    "Organization",
    "RelatedPerson",
)
LIMITED = Actor(
    "client",
    "Device/l",
    "L",
    scopes=(
        Scope("Observation", "rs", "patient=Patient/amina"),
        Scope("Communication", "rs", "category=message"),
        Scope("Communication", "rs", "subject=Patient/eve"),
        Scope("Task", "rs", "status=requested"),
    ),
)
READER = Actor("client", "Device/r", "R", scopes=(Scope("Observation", "r"), Scope("Communication", "rs")))


def body(rng: random.Random, number: int) -> dict[str, Any]:
    """One resource of a random patient, thread and label."""
    patient, thread = rng.choice(PATIENTS), f"c{rng.randrange(3)}"
    subject = {"subject": {"reference": patient}}
    made: dict[str, Any] = rng.choice(
        [
            message(f"x{number}", thread, "words", patient=patient, sender=patient),
            conversation(f"x{number}", patient=patient, team=rng.choice((TEAM, OTHER_TEAM)), sender=patient),
            {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, **subject},
            {
                "resourceType": "Task",
                "status": "requested",
                "intent": "order",
                "code": kind("concern"),
                "for": {"reference": patient},
                "basedOn": [{"reference": f"Communication/{thread}"}],
            },
            {
                "resourceType": "CareTeam",
                "status": rng.choice(("active", "inactive")),
                "participant": [{"member": {"reference": rng.choice((TEAM, OTHER_TEAM))}}],
                **subject,
            },
            {
                "resourceType": "Binary",
                "contentType": "text/plain",
                "securityContext": {"reference": rng.choice((patient, f"Communication/{thread}"))},
            },
        ]
    )
    label = rng.choice(LABELS)
    if label:
        made["meta"] = {"security": [{"system": label[0], "code": label[1]}]}
    return made | {"id": f"x{number}"}


def readable(door: Door, rtype: str, rid: str) -> bool:
    try:
        return door.read(rtype, rid).rid == rid
    except Refused:
        return False


@given(seed=st.integers(0, 1 << 30))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_search_is_read_one_by_one(conn: Connection[Any], seed: int) -> None:
    rng = random.Random(seed)
    with conn.transaction(force_rollback=True), pytest.MonkeyPatch.context() as changing:
        if seed % 2:  # as where rows and patients are thousands
            changing.setattr(choosing, "SOME", -1)
            changing.setattr(choosing, "FEW_PATIENTS", -1)
        people = arrive(conn)
        system = Door(conn, Actor.system("tests"))
        system.create({"resourceType": "Patient", "id": "third"}, rid="third")
        for number in range(3):
            patient = rng.choice(PATIENTS)
            team = rng.choice((TEAM, OTHER_TEAM))
            system.create(
                conversation(f"c{number}", patient=patient, team=team, sender=patient), rid=f"c{number}"
            )
        for number in range(14):
            made = body(rng, number)
            system.create(made, rid=made["id"])
        for actor in (*people.everybody(), people.program, READER, LIMITED, Actor.system("tests")):
            agree(Door(conn, actor), system)
        compiled = everything(conn)
        assert grants.rebuild(conn) == len(compiled)
        assert everything(conn) == compiled


def everything(conn: Connection[Any]) -> list[Any]:
    """Every grant, in an order."""
    rows = conn.execute("SELECT access_grant::text FROM access_grant").fetchall()
    return sorted(rows)


def ids(door: Door, rtype: str) -> list[tuple[int, ...]]:
    """What the filter of a type lets through, and the same with what is enough for it."""
    where = door.where("s", rtype)
    forms = [where.on("t"), f"({where.enough or 'FALSE'} OR {where.sql})".format(t="t")]
    asked = [
        f"SELECT t.id FROM resource t WHERE t.rtype = {TYPE_NUMBERS[rtype]} AND {form}" for form in forms
    ]
    return [tuple(sorted(row[0] for row in door.conn.execute(sql, where.params))) for sql in asked]


def agree(door: Door, system: Door) -> None:
    """Search, read, history, openings and totals tell the same of every type."""
    program = door.actor in (People.program, READER)  # finds and reads by different rights
    for rtype in TYPES:
        there = [record.rid for record in system.search(rtype, "_count=500").matches]
        found = door.search(rtype, "_count=500&_total=accurate")
        listed = {record.rid for record in found.matches}
        reads = {rid for rid in there if readable(door, rtype, rid)}
        if not program:
            assert listed == reads, (door.actor.name, rtype)
        assert found.total in (None, len(listed))
        assert door.search(rtype, "_summary=count").total == len(listed), (door.actor.name, rtype)
        assert len(set(ids(door, rtype))) == 1, (door.actor.name, rtype)
        assert len(listed) == len(found.matches)
        one_by_one = {rid for rid in there if door.search(rtype, f"_id={rid}").matches}
        assert one_by_one == listed
        if not program:
            assert {record.rid for record in door.changes(rtype, Window(500))} == reads
    keys = [resource_key("Communication", record.rid) for record in system.search("Communication").matches]
    seen.opened(door.conn, People.dara, keys)
    mine = {resource_key("Communication", record.rid) for record in door.search("Communication").matches}
    assert set(door.openings(keys)) <= mine or program
    for record in door.search("Task", "_include=Task:based-on&_count=500").included:
        assert readable(door, record.rtype, record.rid) or program
    if door.actor is LIMITED:
        within_limits(door, system)


def within_limits(door: Door, system: Door) -> None:
    """A program whose scopes are limited by queries has what these find, by whatever way it asks."""
    every = {record.ref: record for record in system.search("Communication", "_count=500").matches}
    said = system.search("Communication", "category=message&_count=500").matches
    said += system.search("Communication", "subject=Patient/eve&_count=500").matches
    allowed = {record.ref for record in said if not record.sens & 1}
    assert {record.ref for record in door.search("Communication", "_count=500").matches} == allowed
    assert {ref for ref in every if readable(door, *ref.split("/"))} == allowed
    headers = {record.ref for record in said if record.ref in allowed}
    tasks = door.search("Task", "_include=Task:based-on&_count=500")
    assert {record.ref for record in tasks.included} <= headers
    for record in system.search("Task", "status=requested&_count=500").matches:
        header = record.json.get("basedOn", [{}])[0].get("reference")
        found = door.search("Task", f"_id={record.rid}&based-on:Communication.status=in-progress").matches
        assert not found or header in allowed
    pointing = door.search("Communication", "_has:Task:based-on:status=requested&_count=500").matches
    assert {record.ref for record in pointing} <= allowed


BREAKS = (
    "DELETE FROM access_grant WHERE {some}",
    "UPDATE access_grant SET valid_until = now() - interval '1 second' WHERE {some}",
    "UPDATE access_grant SET valid_from = now() + interval '1 hour' WHERE {some}",
    "UPDATE access_grant SET categories = 0 WHERE {some}",
    "UPDATE access_grant SET labels = 0 WHERE {some}",
    "UPDATE access_grant SET actions = 0 WHERE {some}",
    "UPDATE access_grant SET purposes = 0 WHERE {some}",
    "UPDATE access_grant SET scope = 5 WHERE {some}",
    "UPDATE access_grant SET patient = 0 WHERE {some}",
    "UPDATE access_grant SET actor = 0 WHERE {some}",
    "DELETE FROM index_ref WHERE {some}",
    "UPDATE resource SET sens = -1 WHERE {some}",
    "UPDATE resource SET patient = 0 WHERE rtype <> 0 AND {some}",
)


@given(seed=st.integers(0, 1 << 30))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_breaks_never_shows_more(conn: Connection[Any], seed: int) -> None:
    rng = random.Random(seed)
    with conn.transaction(force_rollback=True):
        people = arrive(conn)
        system = Door(conn, Actor.system("tests"))
        for number in range(16):
            made = body(rng, number)
            if made.get("subject", {}).get("reference") != "Patient/third":
                system.create(made, rid=made["id"])
        actors = people.everybody()
        before = {actor.ref: reach(conn, actor) for actor in actors}
        for breaking in rng.sample(BREAKS, 4):
            conn.execute(breaking.format(some=f"random() < {rng.choice((0.3, 1))}"))
            for actor in actors:
                after = reach(conn, actor)
                assert after <= before[actor.ref], (breaking, actor.name)
                before[actor.ref] = after


def reach(conn: Connection[Any], actor: Actor) -> set[str]:
    """Everything about people that an actor finds."""
    door = Door(conn, actor)
    types = [rtype for rtype in TYPES if rtype != "Organization"]
    return {record.ref for rtype in types for record in door.search(rtype, "_count=500").matches}
