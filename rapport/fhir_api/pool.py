"""Connections and tokens of `/fhir`: who is asking, and a door for them on a connection of the pool."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.conf import settings
from psycopg import Connection
from psycopg.errors import QueryCanceled
from psycopg_pool import ConnectionPool, PoolTimeout

from rapport.fhir.outcomes import Refused
from rapport.gate.door import Door
from rapport.people.tokens import actor_of_bearer

from . import limits
from .http import Request

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Pool = ConnectionPool[Connection[Any]]

#: A statement that takes longer is given up, so that one question cannot keep a connection from everybody.
LONGEST_STATEMENT = 15  # seconds

_pools: dict[str, Pool] = {}
_opening = threading.Lock()


def pool() -> Pool:
    """The pool of the database that the settings name; opened at the first request of a process."""
    url = settings.DATABASE_URL
    found = _pools.get(url)
    if found is not None:
        return found
    with _opening:
        if url not in _pools:
            close()
            bounded = f"-c statement_timeout={LONGEST_STATEMENT}s"
            kwargs = {"autocommit": True, "prepare_threshold": 2, "options": bounded}
            _pools[url] = ConnectionPool(url, kwargs=kwargs, min_size=1, max_size=16, timeout=10, open=True)
        return _pools[url]


def close() -> None:
    """Close every connection (tests, and a database that moved)."""
    while _pools:
        _pools.popitem()[1].close(timeout=2)


def request_of(environ: WSGIEnvironment) -> Request:
    """The request, with what the settings say of the site's own address."""
    hosts = frozenset(settings.ALLOWED_HOSTS)
    return Request(environ, hosts, settings.BASE_URL + "/fhir", bool(settings.SECURE_PROXY_SSL_HEADER))


@contextmanager
def admitted(request: Request) -> Iterator[Door]:
    """A door for whoever the bearer token stands for; reads are written down before the answer goes."""
    token = request.bearer()
    if not token:
        raise Refused("unauthorized", "A bearer token is needed.", "Get one at the token endpoint.")
    limits.admit(token, request)
    try:
        taken = pool().getconn()
    except PoolTimeout as busy:
        raise Refused("busy", "The record is busy.", "Try again in a moment.") from busy
    try:
        actor = actor_of_bearer(taken, token)
        if actor is None:
            limits.wrong(token, request)
            raise Refused("unauthorized", "This token is not valid, or no longer.", "Get a new one.")
        limits.good(token, actor.ref)
        door = Door(taken, actor, source="api")
        try:
            yield door
        except Refused:
            door.finish()  # what was read before the refusal was read
            raise
        door.finish()
    except QueryCanceled as slow:
        raise Refused(
            "busy", f"This took longer than {LONGEST_STATEMENT} seconds and was given up.", "Ask for less."
        ) from slow
    finally:
        pool().putconn(taken)
