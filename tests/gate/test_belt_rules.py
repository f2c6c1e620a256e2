"""Each word of row-level security counts: break it, and somebody sees more or less than before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from rapport.fhir.keys import reference_key
from rapport.gate.actor import Actor
from rapport.gate.belts import belt_of
from rapport.gate.door import Door
from rapport.store.wire import Belt, StoreCursor, wear
from tests.conftest import Server
from tests.gate.test_belt import APP, goal
from tests.personas import AMINA, EVE, People, arrive, conversation, observation

POLICIES: dict[str, str] = import_module("rapport.gate.migrations.0007_belt").POLICIES
#: A word of SQL, and what stands for it in a broken rule.
SWAPS = [
    (r"\bOR\b", "AND"), (r"\bAND\b", "OR"), (r"<>", "="), (r"(?<![<>=])=", "<>"), (r"<=", ">"),
    (r">(?!=)", "<="), (r"\bEXISTS\b", "NOT EXISTS"), (r"\bIN\b", "NOT IN"), (r"'all'", "'al'"),
    (r"'keeper'", "'keep'"), (r"'staff'", "'staf'"),
]  # fmt: skip
WHO: dict[str, Belt | None] = {
    "nobody": None,
    "amina": belt_of(People.amina),
    "eve": belt_of(People.eve),
    "nurse": belt_of(People.dara),
    "stranger": belt_of(People.eve_staff),
    "keeper": belt_of(Actor("staff", "Practitioner/l", "Lead", "lead", duties=frozenset({"lead"}))),
    "program": belt_of(People.program),
}


@pytest.fixture
def app(own_database: str, postgres: Server) -> Iterator[tuple[Connection[Any], Connection[Any]]]:
    """As Rapport works, and as the owner: two patients alike, grants that are over and not yet."""
    if postgres.given:
        pytest.skip("roles without a password are of the embedded server")
    name = str(psycopg.conninfo.conninfo_to_dict(own_database)["dbname"])
    how: dict[str, Any] = {"autocommit": True, "prepare_threshold": None}
    with (
        psycopg.connect(postgres.address(name, APP), **how) as conn,
        psycopg.connect(own_database, **how) as owner,
    ):
        arrive(conn)
        door = Door(conn, People.program)
        for whose in ("amina", "eve"):
            patient = f"Patient/{whose}"
            door.create(observation(f"o-{whose}", patient=patient), rid=f"o-{whose}")
            made = door.create({"resourceType": "Goal", **goal(whose)}, rid=f"g-{whose}")
            door.update({**made.json, "description": {"text": "Walk further"}})
            door.create(plan(patient))
            door.update({**door.read("Patient", whose).json, "active": True})
            door.create(conversation(f"c-{whose}", patient=patient, sender=patient), rid=f"c-{whose}")
            context = {"reference": f"Communication/c-{whose}"}
            file = {"resourceType": "Binary", "contentType": "text/plain", "securityContext": context}
            door.update({**door.create(file).json, "contentType": "text/csv"})
        door.finish()
        stranger = reference_key("Practitioner/eve-staff")
        for patient, times in ((EVE, "'-infinity', now()"), (AMINA, "now() + interval '1 day', 'infinity'")):
            owner.execute(
                "INSERT INTO access_grant (actor, patient, categories, labels, actions, purposes, valid_from,"
                f" valid_until, source, rule, why) SELECT %s, %s, -1, -1, -1, -1, {times}, 0, '', ''",
                (stranger, reference_key(patient)),
            )
        yield conn, owner


def plan(patient: str) -> dict[str, Any]:
    """What has an address in it."""
    return {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "subject": {"reference": patient},
        "instantiatesUri": ["http://example.org/plan"],
    }


def seen(conn: Connection[Any], table: str) -> dict[str, Any]:
    """What everybody finds in a table, without any filter."""
    found = {}
    columns = "rtype, patient" if table in ("resource", "history") else "patient, id"
    for name, belt in WHO.items():
        wear(conn, belt)
        found[name] = set(StoreCursor(conn).execute(f"SELECT {columns} FROM {table}"))
    return found


def broken(policy: str) -> Iterator[str]:
    """The policy with one word swapped."""
    for pattern, other in SWAPS:
        for match in re.finditer(pattern, policy):
            yield policy[: match.start()] + other + policy[match.end() :]


@pytest.mark.slow
@pytest.mark.parametrize("table", POLICIES)
def test_every_word_counts(app: tuple[Connection[Any], Connection[Any]], table: str) -> None:
    conn, owner = app
    whole = POLICIES[table].format(t=table)
    before, unnoticed, judged = seen(conn, table), [], 0
    for policy in broken(whole):
        judged += 1
        try:
            owner.execute(f"ALTER POLICY belt ON {table} USING ({policy})")
        except psycopg.Error:
            continue  # no rule at all
        try:
            if seen(conn, table) == before:
                unnoticed.append(policy)
        except psycopg.Error:
            pass  # it breaks every question: noticed
    owner.execute(f"ALTER POLICY belt ON {table} USING ({whole})")
    assert seen(conn, table) == before
    assert judged > 5 and not unnoticed


@pytest.mark.parametrize("table", POLICIES)
def test_a_table_without_its_policy_is_noticed(
    app: tuple[Connection[Any], Connection[Any]], table: str
) -> None:
    conn, owner = app
    before = seen(conn, table)
    assert all(before["program"]), table
    assert before["nobody"] == set() and before["eve"] < before["program"]
    owner.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    assert seen(conn, table)["nobody"] == before["program"]
    owner.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; DROP POLICY belt ON {table}")
    assert seen(conn, table)["program"] == set()
