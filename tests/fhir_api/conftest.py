"""The WSGI callable of `/fhir`, called as a server would, by the people of the tests with tokens."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import psycopg
import pytest

from rapport.gate import guards
from tests.personas import People, arrive


@dataclass(frozen=True)
class Said:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return orjson.loads(self.body)


Call = Callable[..., Said]


@pytest.fixture
def no_guards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain FHIR, without what the product's own resources may become."""
    monkeypatch.setattr(guards, "_guards", {})
    monkeypatch.setattr(guards, "_by_type", {})


@pytest.fixture
def tokens(own_database: str) -> dict[str, str]:
    """A bearer token for each of the people, and `program` with every scope."""
    from rapport.people import tokens as made
    from rapport.people.models import User

    with psycopg.connect(own_database) as conn:
        arrive(conn)
    found = {}
    for name in ("amina", "bilal", "chen", "dara", "eve", "eve_staff", "root"):
        actor = getattr(People, name)
        user = User.objects.create_user(f"{name}@example.org", actor.ref, display_name=actor.name)
        found[name] = made.issue_for(user, by="tests")
    client, _ = made.add_client("Program", "system/*.cruds", "tests")
    found["program"] = made.issue_to_client(client, "system/*.cruds")
    return found


@pytest.fixture
def api(tokens: dict[str, str]) -> Iterator[Call]:
    """`api("GET", "Patient/amina", who="amina", if_match='W/"1"')` → Said."""
    from rapport.fhir_api import app, pool

    def call(
        method: str,
        path: str,
        body: Any = None,
        who: str = "program",
        media: str = "application/fhir+json",
        **headers: str,
    ) -> Said:
        where, _, query = path.partition("?")
        raw = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": f"/fhir/{where}" if where else "/fhir",
            "QUERY_STRING": query,
            "HTTP_HOST": "testserver",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(raw),
            "CONTENT_LENGTH": str(len(raw)),
            "CONTENT_TYPE": media if raw else "",
        }
        if who:
            environ["HTTP_AUTHORIZATION"] = f"Bearer {tokens.get(who, who)}"
        environ.update({f"HTTP_{name.upper()}": value for name, value in headers.items()})
        answer: dict[str, Any] = {}

        def start(status: str, given: list[tuple[str, str]]) -> None:
            answer.update(status=int(status[:3]), headers=dict(given))

        return Said(body=b"".join(app.application(environ, start)), **answer)

    yield call
    pool.close()
