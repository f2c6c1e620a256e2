"""Connections and tokens of `/fhir`: who is asking, and a door for them on a connection of the pool."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from django.conf import settings
from psycopg.errors import QueryCanceled
from psycopg.pq import ConnStatus, TransactionStatus

from rapport.fhir.outcomes import Refused
from rapport.gate.actor import Actor, Outdated, Warrant
from rapport.gate.door import Door
from rapport.people import tokens

from . import limits
from .http import ASKED, RefusedWith, Request

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Conn = psycopg.Connection[Any]
T = TypeVar("T")

#: A statement that takes longer is given up, so that one question cannot keep a connection from everybody.
LONGEST_STATEMENT = 15  # seconds
#: Connections at most, seconds to wait for one, seconds after which one is made anew.
MOST, PATIENCE, AGE = 16, 10.0, 3600.0
_OPTIONS = f"-c statement_timeout={LONGEST_STATEMENT}s"


class Pool:
    """Connections to one database, kept open between requests; the last one used is the next to be used."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._more = threading.BoundedSemaphore(MOST)  # one is taken for each connection that is open
        self._idle: deque[tuple[Conn, float]] = deque()

    def take(self) -> tuple[Conn, float]:
        """A connection, with the time at which it is too old. `give` it back. "busy" when none gets free."""
        until = 0.0
        while True:
            with suppress(IndexError):
                return self._idle.pop()
            if self._more.acquire(blocking=False):
                return self._opened()
            until = until or time.monotonic() + PATIENCE
            if time.monotonic() > until:
                raise Refused("busy", "The record is busy.", "Try again in a moment.")
            time.sleep(0.005)

    def _opened(self) -> tuple[Conn, float]:
        try:
            return (
                psycopg.connect(self._url, autocommit=True, prepare_threshold=None, options=_OPTIONS),
                time.monotonic() + AGE,
            )
        except BaseException:
            self._more.release()
            raise

    def give(self, taken: tuple[Conn, float]) -> None:
        """Give a connection back; one that is broken, old, or not at rest is closed."""
        conn, until = taken
        line = conn.pgconn
        if line.status != ConnStatus.OK:
            self.close()  # the server has gone: nor are the others of any use
        if line.transaction_status == TransactionStatus.IDLE and time.monotonic() < until:
            self._idle.append(taken)
        else:
            self._closed(conn)

    def close(self) -> None:
        """Close what is not in use."""
        with suppress(IndexError):
            while True:
                self._closed(self._idle.pop()[0])

    def _closed(self, conn: Conn) -> None:
        conn.close()
        self._more.release()


_pools: dict[str, Pool] = {}


def pool() -> Pool:
    """The pool of the database that the settings name."""
    url = settings.DATABASE_URL
    found = _pools.get(url)
    if found is None:
        close()
        found = _pools.setdefault(url, Pool(url))
    return found


def close() -> None:
    """Close every connection (tests, and a database that moved)."""
    while _pools:
        _pools.popitem()[1].close()


def request_of(environ: WSGIEnvironment) -> Request:
    """The request, with what the settings say of the site's own address."""
    return Request(
        environ, settings.ALLOWED_HOSTS, settings.BASE_URL + "/fhir", bool(settings.SECURE_PROXY_SSL_HEADER)
    )


def admitted(request: Request, act: Callable[[Door], T]) -> T:
    """What `act` makes of a door for whoever the bearer token stands for.

    Reads are written down before it comes back. Where the database says that what was known of the token is
    no longer so, all of it is done again with what is so now; nothing had been done.
    """
    token = request.bearer()
    if not token:
        raise Refused("unauthorized", "A bearer token is needed.", "Get one at the token endpoint.")
    limits.admit(token, request)
    if limits.known(token):
        request.arrive()  # a body that comes slowly keeps no connection waiting
    connections = pool()
    taken = connections.take()
    try:
        try:
            return _through_door(taken[0], _admission(taken[0], token, request), act)
        except Outdated:
            return _through_door(taken[0], _admission(taken[0], token, request, afresh=True), act)
    except QueryCanceled as slow:
        raise Refused(
            "busy", f"This took longer than {LONGEST_STATEMENT} seconds and was given up.", "Ask for less."
        ) from slow
    finally:
        connections.give(taken)


def _admission(
    conn: Conn, token: str, request: Request, *, afresh: bool = False
) -> tuple[Actor, Warrant | None]:
    found = tokens.admission(conn, token, afresh=afresh)
    if found is None:
        limits.wrong(token, request)
        said = f'{ASKED}, error="invalid_token"'
        old = "This token is not valid, or no longer."
        raise RefusedWith("unauthorized", old, "Get a new one.", WWW_Authenticate=said)
    limits.good(token, found[0].ref)
    return found


def _through_door(conn: Conn, admission: tuple[Actor, Warrant | None], act: Callable[[Door], T]) -> T:
    door = Door(conn, admission[0], source="api", warrant=admission[1])
    try:
        found = act(door)
    except Refused:
        door.finish()  # what was read before the refusal was read
        raise
    door.finish()
    return found
