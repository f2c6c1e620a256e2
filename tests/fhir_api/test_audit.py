"""Every request over `/fhir` leaves exactly one row that names who, what and how it ended."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from rapport.fhir.keys import reference_key
from rapport.people import tokens
from tests.fhir_api.conftest import Call
from tests.personas import AMINA, conversation, observation

pytestmark = pytest.mark.usefixtures("no_guards")

KEY = reference_key(AMINA)
#: request → who asks, the action and outcome written down, and whether Amina's log shows it
CASES: list[tuple[str, str, Any, str, str, str, bool]] = [
    ("GET", "Patient/amina", None, "dara", "R", "0", True),
    ("GET", "Patient/amina/_history/1", None, "dara", "R", "0", True),
    ("GET", "Patient/amina/_history", None, "dara", "R", "0", True),
    ("GET", "Patient?name=amina", None, "dara", "E", "0", True),
    ("GET", "Patient?name=nobody", None, "dara", "E", "0", False),
    ("GET", "Patient/_history", None, "dara", "E", "0", True),
    ("GET", "Organization/harbour-street", None, "eve", "R", "0", False),
    ("GET", "Patient/amina", None, "eve", "R", "4", False),
    ("GET", "Patient/amina/_history", None, "eve", "R", "4", False),
    ("GET", "Patient?name=amina", None, "eve", "E", "0", False),
    ("POST", "Observation", observation("x"), "program", "C", "0", True),
    ("POST", "Communication", conversation("x"), "amina", "C", "0", True),
    ("POST", "Communication", conversation("x"), "eve", "C", "4", False),
    ("PUT", "Patient/amina", {"resourceType": "Patient", "id": "amina"}, "program", "U", "0", True),
    ("PUT", "Patient/amina", {"resourceType": "Patient", "id": "amina"}, "eve", "U", "4", False),
    ("PUT", "Patient/amina", {"resourceType": "Patient", "id": "amina", "x": 1}, "program", "U", "4", False),
    ("DELETE", "CareTeam/amina-harbour-street", None, "program", "D", "0", True),
    ("DELETE", "Patient/amina", None, "amina", "D", "4", False),
]


@pytest.mark.parametrize(("method", "path", "body", "who", "action", "outcome", "hers"), CASES)
def test_one_row_each(
    api: Call,
    own_database: str,
    method: str,
    path: str,
    body: Any,
    who: str,
    action: str,
    outcome: str,
    hers: bool,
) -> None:
    with psycopg.connect(own_database, autocommit=True) as conn:
        (before,) = conn.execute("SELECT max(id) FROM audit").fetchone() or (0,)
        api(method, path, body, who)
        rows = conn.execute(
            "SELECT action::text, outcome::text, source, patients, name FROM audit WHERE id > %s", (before,)
        ).fetchall()
    assert [row[:3] for row in rows] == [(action, outcome, "api")]
    assert (KEY in rows[0][3]) is hers
    assert rows[0][4]


@pytest.mark.parametrize(
    ("path", "action"), [("Task/1", "R"), ("Task/1/_history", "R"), ("Task?code=1", "E")]
)
def test_what_no_scope_is_about_is_written_down(api: Call, own_database: str, path: str, action: str) -> None:
    client, _ = tokens.add_client("Narrow", "system/Patient.rs", "tests")
    token = tokens.issue_to_client(client, "system/Patient.rs")
    with psycopg.connect(own_database, autocommit=True) as conn:
        (before,) = conn.execute("SELECT max(id) FROM audit").fetchone() or (0,)
        assert api("GET", path, who=token).status == 403
        rows = conn.execute(
            "SELECT action::text, outcome::text, name, entities FROM audit WHERE id > %s", (before,)
        ).fetchall()
    assert rows == [(action, "4", "Narrow", [f"{'r' if action == 'R' else 's'} Task"])]


def test_no_token_leaves_no_trace(api: Call, own_database: str) -> None:
    with psycopg.connect(own_database, autocommit=True) as conn:
        before = conn.execute("SELECT count(*) FROM audit").fetchone()
        api("GET", "Patient/amina", who="made-up")
        assert conn.execute("SELECT count(*) FROM audit").fetchone() == before


def test_a_search_names_what_it_showed_and_no_more(api: Call, own_database: str) -> None:
    """In the order shown; the one beyond the page, by which a next page is known, was not shown."""
    for number in range(4):
        body = observation(f"o{number}") | {"effectiveDateTime": f"2024-05-0{number + 1}"}
        assert api("PUT", f"Observation/o{number}", body).status == 201
    with psycopg.connect(own_database, autocommit=True) as conn:
        page = api("GET", "Observation?status=final&_count=2&_sort=-date").json
        assert [entry["resource"]["id"] for entry in page["entry"]] == ["o3", "o2"]
        assert api("GET", "Observation?status=amended").json["total"] == 0
        rows = conn.execute(
            "SELECT entities, patients, owners, query FROM audit ORDER BY id DESC LIMIT 2"
        ).fetchall()
    shown = [f"s Observation/o{number}/_history/1" for number in (3, 2)]
    assert rows[1] == (shown, [KEY], [KEY, KEY], "Observation?status=final&_count=2&_sort=-date")
    assert rows[0] == ([], [], [], "Observation?status=amended")
