"""What is known of a token from before never outlives it: the database is asked along with each statement."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from django.utils import timezone

from rapport.people.models import Client, Token, User, fresh_epoch
from rapport.people.tokens import _admitted, admission, digest, revoke_all
from tests.fhir_api.conftest import Call, Said
from tests.personas import AMINA, observation

pytestmark = pytest.mark.usefixtures("no_guards")

Ask = Callable[[Call], Said]
ASKED: dict[str, Ask] = {
    "read": lambda api: api("GET", "Observation/o1"),
    "read of what is not there": lambda api: api("GET", "Observation/none"),
    "search": lambda api: api("GET", "Observation?status=final"),
    "search that is refused": lambda api: api("GET", "Observation?nonsense=1"),
    "history": lambda api: api("GET", "Observation/o1/_history"),
    "create": lambda api: api("POST", "Observation", observation("x")),
    "create of what is no FHIR": lambda api: api("POST", "Observation", {"resourceType": "Observation"}),
    "update": lambda api: api("PUT", "Observation/o1", observation("o1", value="7")),
    "update of what is not there": lambda api: api("PUT", "Observation/o2", observation("o2")),
    "delete": lambda api: api("DELETE", "Observation/o1"),
    "nothing asked of the record": lambda api: api("POST", "Observation/$validate", observation("x")),
    "bundle": lambda api: api("POST", "", {"resourceType": "Bundle", "type": "batch", "entry": []}),
}


def counted(database: str) -> tuple[Any, ...]:
    with psycopg.connect(database) as conn:
        row = conn.execute("SELECT count(*), max(seq), (SELECT count(*) FROM audit) FROM resource").fetchone()
    assert row is not None
    return row


@pytest.mark.parametrize("name", ASKED)
def test_a_revoked_token_does_nothing_more(
    name: str, api: Call, tokens: dict[str, str], own_database: str
) -> None:
    assert api("PUT", "Observation/o1", observation("o1")).status == 201  # from now on it is known
    Token.objects.filter(hash=digest(tokens["program"])).update(revoked_at=timezone.now())
    before = counted(own_database)
    assert ASKED[name](api).status == 401
    assert counted(own_database) == before


@pytest.mark.parametrize("name", ["read", "search", "create", "update"])
def test_a_closed_client_does_nothing_more(name: str, api: Call, own_database: str) -> None:
    assert api("PUT", "Observation/o1", observation("o1")).status == 201
    Client.objects.update(is_active=False)
    before = counted(own_database)
    assert ASKED[name](api).status == 401
    assert counted(own_database) == before


def test_a_closed_account_sees_nothing_more(api: Call) -> None:
    assert api("GET", AMINA, who="amina").status == 200
    revoke_all(User.objects.get(person=AMINA))
    assert api("GET", AMINA, who="amina").status == 401


@pytest.mark.parametrize("path", [AMINA, "Patient?name=amina", f"{AMINA}/_history", "Patient?nonsense=1"])
def test_a_new_epoch_is_looked_up_and_the_request_goes_on(
    path: str, api: Call, tokens: dict[str, str]
) -> None:
    """What a person may do has changed: the same request is answered by what they may now."""
    status = api("GET", path, who="amina").status
    assert api("GET", path, who="amina").status == status
    epoch = fresh_epoch()
    User.objects.filter(person=AMINA).update(epoch=epoch)
    assert api("GET", path, who="amina").status == status
    assert _admitted[digest(tokens["amina"])].warrant.params["warrant_epoch"] == epoch


def test_each_answer_has_one_audit_row(api: Call, own_database: str) -> None:
    api("PUT", "Observation/o1", observation("o1"))
    for name, status in {"read": 200, "search": 200, "history": 200, "create": 201, "update": 200}.items():
        before = counted(own_database)[2]
        assert ASKED[name](api).status == status
        assert counted(own_database)[2] == before + 1, name
    with psycopg.connect(own_database) as conn:
        last = conn.execute("SELECT action::text, entities, patients FROM audit ORDER BY id DESC").fetchone()
    assert last is not None
    assert last[0] == "U"
    assert last[1] == ["u Observation/o1/_history/2"]
    assert len(last[2]) == 1


def test_a_lost_race_is_written_down_as_refused(api: Call, own_database: str) -> None:
    api("PUT", "Observation/o1", observation("o1"))
    assert api("PUT", "Observation/o1", observation("o1", value="3"), if_match='W/"9"').status == 412
    with psycopg.connect(own_database) as conn:
        last = conn.execute("SELECT outcome::text, entities FROM audit ORDER BY id DESC").fetchone()
    assert last == ("4", ["u Observation/o1"])


def test_of_what_is_tried_again_one_row_is_left(api: Call, own_database: str) -> None:
    """Without If-Match the last to come wins; on the way there the door refuses what was overtaken."""
    api("PUT", "Observation/o1", observation("o1"))
    before = counted(own_database)[2]

    def write(number: int) -> int:
        return api("PUT", "Observation/o1", observation("o1", value=str(number))).status

    with ThreadPoolExecutor(4) as several:
        assert set(several.map(write, range(40))) == {200}
    assert counted(own_database)[2] == before + 40


def test_who_looks_a_token_up_afresh_gets_no_answer_from_before(
    own_database: str, tokens: dict[str, str]
) -> None:
    """While one request finds its answer outdated, another may put a new one there, outdated as soon."""
    with psycopg.connect(own_database, autocommit=True) as conn:
        assert admission(conn, tokens["amina"])
        known = admission(conn, tokens["amina"])
        assert known is not None
        assert known[1] is not None
        again = admission(conn, tokens["amina"], afresh=True)
    assert again is not None
    assert again[1] is None
