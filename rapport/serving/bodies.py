"""Bodies that come slowly, and programs that ask for much, keep nobody else waiting.

A process has more threads than places at work. Who waits for a body gives its place away meanwhile, and one
address can have so many waiting at most; a further one is told to try again. So senders that drip their bytes
hold some threads and nothing else. A proxy that takes in whole bodies first leaves nothing to do here.

One program has all places but one at most, however long its requests take; the rest of them wait without one.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Threads of a process beside those at work, and how many of them one address may keep waiting.
THREADS, MOST = 20, 8
#: Seconds that a further body waits for its turn: bodies that are here already are read in no time.
GRACE = 0.2
_BUSY = "503 Service Unavailable"
#: Places that one program leaves to the others, and how many of its requests may wait for one.
LEFT, PATIENT = 1, 12

Turn: TypeAlias = "SimpleQueue[None]"


class Turns:
    """So many requests of one program at a time. `enter`, `get` a turn, `put` it back, `leave`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._turns: dict[int, Turn] = {}
        self._inside: Counter[int] = Counter()
        self._lock = threading.Lock()

    def enter(self, program: int) -> Turn | None:
        """Where the program's turns are; None when too many of its requests wait for one."""
        with self._lock:
            if self._inside[program] >= self._most + PATIENT:
                return None
            self._inside[program] += 1
            turn = self._turns.get(program)
            if turn is None:
                turn = self._turns[program] = SimpleQueue()
                for _ in range(self._most):
                    turn.put(None)
            return turn

    def leave(self, program: int) -> None:
        """One request less; with the last the program is forgotten."""
        with self._lock:
            self._inside[program] -= 1
            if not self._inside[program]:
                del self._inside[program], self._turns[program]


class Slow(OSError):
    """A body was not read, because its address keeps too many threads waiting."""


class Places:
    """An application of which so many requests are worked at together in one process.

    proxied  a proxy in front says where requests come from
    whose    which program a request is of, None where it is of a person
    """

    def __init__(
        self,
        application: WSGIApplication,
        places: int,
        *,
        proxied: bool = False,
        whose: Callable[[WSGIEnvironment], int | None] = lambda _: None,
    ) -> None:
        self._application, self._proxied, self._whose = application, proxied, whose
        self._turns = Turns(places - LEFT)
        self._free: SimpleQueue[None] = SimpleQueue()
        self._waiting: Counter[str] = Counter()
        self._counting = threading.Lock()
        for _ in range(places):
            self._free.put(None)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """WSGI: answer one request when there is a place; 503 where too many of the same program wait."""
        program = self._whose(environ)
        if program is None:
            return self._at_place(environ, start_response, None)
        turn = self._turns.enter(program)
        if turn is None:
            start_response(_BUSY, [("Retry-After", "1"), ("Content-Length", "0")])
            return []
        try:
            turn.get()
            try:
                return self._at_place(environ, start_response, turn)
            finally:
                turn.put(None)
        finally:
            self._turns.leave(program)

    def _at_place(
        self, environ: WSGIEnvironment, start_response: StartResponse, turn: Turn | None
    ) -> Iterable[bytes]:
        empty = environ.get("CONTENT_LENGTH", "0") in ("", "0") and "HTTP_TRANSFER_ENCODING" not in environ
        self._free.get()
        try:
            if empty:
                return self._application(environ, start_response)
            return self._with_body(environ, start_response, turn)
        finally:
            self._free.put(None)

    def _with_body(
        self, environ: WSGIEnvironment, start_response: StartResponse, turn: Turn | None
    ) -> Iterable[bytes]:
        """The answer to a request with a body; 503 when that was not read, whatever became of it."""
        body = environ["wsgi.input"] = _Body(environ["wsgi.input"], self, self._address(environ), turn)
        told: list[tuple[Any, ...]] = []

        def start(*words: Any) -> Callable[[bytes], object]:
            told.append(words)
            return lambda _: None

        answer = self._application(environ, start)
        if body.refused and not told[-1][0].startswith("503"):
            getattr(answer, "close", lambda: None)()
            start_response(_BUSY, [("Retry-After", "1"), ("Content-Length", "0")])
            return []
        start_response(*told[-1])
        return answer

    def _address(self, environ: WSGIEnvironment) -> str:
        told = str(environ.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip()
        return told if self._proxied and told else str(environ.get("REMOTE_ADDR", ""))

    def read(self, address: str, turn: Turn | None, some: Callable[[int], bytes], size: int) -> bytes:
        """Bytes of a body, waited for without a place or a turn. Raises Slow."""
        until = time.monotonic() + GRACE
        self._free.put(None)
        if turn is not None:
            turn.put(None)
        try:
            while not self._enter(address):
                if time.monotonic() > until:
                    raise Slow(address)
                time.sleep(0.01)
            try:
                return some(size)
            finally:
                with self._counting:
                    self._waiting[address] -= 1
                    if not self._waiting[address]:
                        del self._waiting[address]
        finally:
            if turn is not None:
                turn.get()
            self._free.get()

    def _enter(self, address: str) -> bool:
        with self._counting:
            if self._waiting[address] >= MOST:
                return False
            self._waiting[address] += 1
            return True


class _Body:
    """`wsgi.input` of one request."""

    def __init__(self, body: Any, places: Places, address: str, turn: Turn | None) -> None:
        self._body, self._places, self._address, self._turn = body, places, address, turn
        self.refused = False

    def _some(self, read: Callable[[int], bytes], size: int) -> bytes:
        try:
            return self._places.read(self._address, self._turn, read, size)
        except Slow:
            self.refused = True
            raise

    def read(self, size: int = -1) -> bytes:
        """So many bytes, or all."""
        return self._some(self._body.read, size)

    def readline(self, size: int = -1) -> bytes:
        """A line, or so many bytes of it."""
        return self._some(self._body.readline, size)
