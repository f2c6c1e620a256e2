"""The second belt: what the database itself holds back, whatever a statement forgets."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import Connection
from psycopg.errors import InsufficientPrivilege

from rapport.fhir.keys import reference_key
from rapport.gate import database as roles
from rapport.gate.actor import Actor
from rapport.gate.belts import belt_of
from rapport.gate.door import Door
from rapport.serving.postgres import Embedded
from rapport.store.wire import StoreCursor, wear, wearing
from tests.conftest import Server
from tests.personas import AMINA, CARE_TEAM, EVE, People, arrive, conversation, observation

RECORD = ("resource", "history", "index_string")
INDEX = ("index_token", "index_ref", "index_date", "index_number", "index_uri")
APP = "rapport_app"


@pytest.fixture
def app(own_database: str, postgres: Server) -> Iterator[Connection[Any]]:
    """A connection as Rapport works, to a database with Amina, Eve, and something about each."""
    if postgres.given:
        pytest.skip("roles without a password are of the embedded server")
    name = str(psycopg.conninfo.conninfo_to_dict(own_database)["dbname"])
    with psycopg.connect(postgres.address(name, APP), autocommit=True, prepare_threshold=None) as conn:
        arrive(conn)
        door = Door(conn, People.program)
        door.create({"resourceType": "Questionnaire", "status": "active", "url": "http://example.org/q"})
        for patient in ("amina", "eve"):
            door.create(observation(f"o-{patient}", patient=f"Patient/{patient}"), rid=f"o-{patient}")
            first = door.create({"resourceType": "Goal", **goal(patient)}, rid=f"g-{patient}")
            door.update({**first.json, "description": {"text": "Walk further"}})
        door.finish()
        yield conn


def goal(patient: str) -> dict[str, Any]:
    return {
        "lifecycleStatus": "active",
        "description": {"text": "Walk"},
        "subject": {"reference": f"Patient/{patient}"},
        "startDate": "2026-02-03",
    }


def patients(conn: Connection[Any], table: str) -> set[int]:
    """Whose rows a statement without any filter sees."""
    return {row[0] for row in StoreCursor(conn).execute(f"SELECT DISTINCT patient FROM {table}")}


@pytest.mark.parametrize("table", (*RECORD, *INDEX))
def test_without_a_door_there_is_nothing(app: Connection[Any], table: str) -> None:
    assert app.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    assert patients(app, table) == set()
    with wearing(app, belt_of(People.program)):
        assert patients(app, table)
    assert app.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), "it ends with its statement"


@pytest.mark.parametrize("table", (*RECORD, *INDEX))
@pytest.mark.parametrize(("who", "other"), [(People.amina, EVE), (People.eve, AMINA)])
def test_nobody_sees_rows_of_another_patient(
    app: Connection[Any], table: str, who: Actor, other: str
) -> None:
    wear(app, belt_of(who))
    found = patients(app, table)
    assert reference_key(other) not in found
    assert found <= {0, reference_key(who.ref)}
    if table in ("resource", "history", "index_token"):
        assert reference_key(who.ref) in found


@pytest.mark.parametrize("table", RECORD)
@pytest.mark.parametrize(
    ("who", "theirs"), [(People.dara, {AMINA}), (People.eve_staff, set()), (People.root, set())]
)
def test_staff_see_whom_they_care_for(app: Connection[Any], table: str, who: Actor, theirs: set[str]) -> None:
    wear(app, belt_of(who))
    assert patients(app, table) - {0} <= {reference_key(one) for one in theirs}
    if table != "index_string":
        assert {reference_key(one) for one in theirs} <= patients(app, table)


def test_a_lead_sees_who_there_is_and_no_more(app: Connection[Any]) -> None:
    wear(app, belt_of(Actor("staff", "Practitioner/l", "Lead", "lead", duties=frozenset({"lead"}))))
    found = StoreCursor(app).execute("SELECT DISTINCT rtype FROM resource WHERE patient <> 0")
    assert {row[0] for row in found} == {103, 15}, "Patient and CareTeam"


def test_a_file_is_as_open_as_its_conversation(app: Connection[Any]) -> None:
    Door(app, People.amina).create(conversation("c"), rid="c")
    context = {"reference": "Communication/c"}
    body = {"resourceType": "Binary", "contentType": "text/plain", "securityContext": context}
    assert Door(app, People.amina).create(body, rid=None).patient == 0
    said = "SELECT count(*) FROM resource WHERE rtype = 9"
    for who, count in ((People.amina, 1), (People.eve, 0), (People.dara, 1), (People.eve_staff, 0)):
        wear(app, belt_of(who))
        assert StoreCursor(app).execute(said).fetchone() == (count,), who


def test_it_ends_when_the_grant_ends(app: Connection[Any]) -> None:
    wear(app, belt_of(People.dara))
    assert reference_key(AMINA) in patients(app, "resource")
    door = Door(app, Actor.system("tests"))
    team = door.read("CareTeam", CARE_TEAM.partition("/")[2]).json
    door.update({**team, "period": {"start": "2020-01-01", "end": "2020-12-31"}})
    wear(app, belt_of(People.dara))
    assert reference_key(AMINA) not in patients(app, "resource")


def test_nobody_writes_into_another_record(app: Connection[Any]) -> None:
    wear(app, belt_of(People.amina))
    key = reference_key(EVE)
    cursor = StoreCursor(app)
    cursor.execute("UPDATE resource SET sens = 0, deleted = true WHERE patient = %s", [key])
    cursor.execute("DELETE FROM index_token WHERE patient = %s", [key])
    with pytest.raises(InsufficientPrivilege):
        cursor.execute("UPDATE resource SET patient = %s WHERE id = %s", [key, reference_key(AMINA)])
    wear(app, belt_of(People.program))
    assert Door(app, People.program).read("Patient", "eve").deleted is False
    assert key in patients(app, "index_token")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET why = 'x'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "UPDATE audit_seal SET hmac = ''",
        "DELETE FROM audit_seal",
        "ALTER TABLE resource DISABLE ROW LEVEL SECURITY",
        "DROP POLICY belt ON resource",
        "ALTER TABLE audit ADD COLUMN x text",
        "DROP TABLE audit",
        "CREATE TABLE public.mine (x int)",
        "CREATE OR REPLACE FUNCTION belt() RETURNS text LANGUAGE sql AS $$ SELECT 'all' $$",
        "DELETE FROM django_migrations",
        "SET ROLE rapport",
    ],
)
def test_the_role_of_rapport_at_work_owns_nothing(app: Connection[Any], statement: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        app.execute(statement)


def test_what_a_role_may_do_too_much_is_said(app: Connection[Any], own_database: str) -> None:
    assert list(roles.doubts(app)) == []
    with psycopg.connect(own_database) as owner:
        (said,) = roles.doubts(owner)
    assert "DATABASE_OWNER_URL" in said


# ---------------------------------------------------------------- what a door does by it


def test_a_door_tells_for_whom_it_asks(app: Connection[Any]) -> None:
    """In turns on one connection, in units and outside, and after what went wrong."""
    doors: dict[str, Callable[[], Door]] = {
        "amina": lambda: Door(app, People.amina, source="api"),
        "eve": lambda: Door(app, People.eve, source="api"),
        "dara": lambda: Door(app, People.dara),
    }
    for _ in range(4):
        for name, make in doors.items():
            patient = "amina" if name == "dara" else name
            door = make()
            assert door.read("Observation", f"o-{patient}").rid == f"o-{patient}"
            assert [one.rid for one in door.search("Goal", "_count=5").matches] == [f"g-{patient}"]
            assert len(door.history("Goal", f"g-{patient}")) == 2
            assert {one.rid for one in door.changes(None)} >= {f"o-{patient}"}
            with door.unit("two"):
                assert door.find("Observation", f"o-{patient}")
                assert door.rapport("test").find("Observation", "o-eve"), "Rapport itself sees all"
                assert door.find("Goal", f"g-{patient}")
            door.finish()
            with pytest.raises(psycopg.Error):
                StoreCursor(app).execute("SELECT 1/0")
            assert app.execute("SELECT count(*) FROM resource").fetchone() == (0,)


def test_a_forgotten_filter_finds_nothing_of_others(
    app: Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The filter of everything in the place of each: the belt alone is left."""
    from rapport.gate import visit
    from rapport.store.records import EVERYTHING

    monkeypatch.setattr(visit, "filter_for", lambda ask: EVERYTHING)
    door = Door(app, People.amina)
    assert {one.rid for one in door.search("Goal").matches} == {"g-amina"}
    assert door.search("Goal", "_summary=count").total == 1
    assert door.find("Observation", "o-eve") is None
    assert door.find("Observation", "o-amina") is not None
    assert door.history("Goal", "g-amina") and door.versions("Goal", "g-eve") == 0
    assert {one.patient for one in door.changes(None)} <= {0, reference_key(AMINA)}
    found = door.search("Patient", "_revinclude=Goal:subject&_count=50")
    assert {one.patient for one in (*found.matches, *found.included)} == {reference_key(AMINA)}


def test_many_at_once_are_stored_without_copy(app: Connection[Any]) -> None:
    with Door(app, People.program).unit("many") as door:
        for number in range(3):
            door.create(observation(f"m{number}"), rid=f"m{number}")
    entries = [
        {
            "request": {"method": "PUT", "url": f"Observation/b{number}"},
            "resource": {**observation(f"b{number}"), "id": f"b{number}"},
        }
        for number in range(80)
    ]
    import orjson

    said = Door(app, People.program).bundle(
        orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    )
    assert said.count(b"201 Created") == 80


def test_an_older_place_gets_its_roles(tmp_path: Path) -> None:
    """A data directory from the time when one role was all there was."""
    place = Path(os.environ["RAPPORT_TEST_DIR"]) / f"older-{tmp_path.name}"
    with Embedded(place, durable=False) as server:
        with psycopg.connect(server.owner_url, autocommit=True) as owner:
            owner.execute("CREATE TABLE audit (id int); CREATE TABLE resource (id int)")
        with psycopg.connect(server.address("rapport", "postgres"), autocommit=True) as above:
            above.execute(f"DROP OWNED BY {APP}")
            above.execute(f"REVOKE pg_read_all_stats FROM {APP}; DROP ROLE {APP}")
    with Embedded(place, durable=False) as server, psycopg.connect(server.url) as conn:
        assert conn.execute("SELECT current_user::text").fetchone() == (APP,)
        conn.execute("INSERT INTO audit VALUES (1)")
        assert list(roles.doubts(conn)) == []
