"""Bodies that come slowly keep nobody else waiting.

A process has more threads than places at work. Who waits for a body gives its place away meanwhile, and one
address can have so many waiting at most; a further one is told to try again. So senders that drip their bytes
hold some threads and nothing else. A proxy that takes in whole bodies first leaves nothing to do here.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Threads of a process beside those at work, and how many of them one address may keep waiting.
THREADS, MOST = 20, 8
#: Seconds that a further body waits for its turn: bodies that are here already are read in no time.
GRACE = 0.2
_BUSY = "503 Service Unavailable"


class Slow(OSError):
    """A body was not read, because its address keeps too many threads waiting."""


class Places:
    """An application of which so many requests are worked at together in one process.

    proxied  a proxy in front says where requests come from
    """

    def __init__(self, application: WSGIApplication, places: int, *, proxied: bool = False) -> None:
        self._application, self._proxied = application, proxied
        self._free: SimpleQueue[None] = SimpleQueue()
        self._waiting: Counter[str] = Counter()
        self._counting = threading.Lock()
        for _ in range(places):
            self._free.put(None)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """WSGI: answer one request when there is a place."""
        empty = environ.get("CONTENT_LENGTH", "0") in ("", "0") and "HTTP_TRANSFER_ENCODING" not in environ
        self._free.get()
        try:
            if empty:
                return self._application(environ, start_response)
            return self._with_body(environ, start_response)
        finally:
            self._free.put(None)

    def _with_body(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The answer to a request with a body; 503 when that was not read, whatever became of it."""
        body = environ["wsgi.input"] = _Body(environ["wsgi.input"], self, self._address(environ))
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

    def read(self, address: str, some: Callable[[int], bytes], size: int) -> bytes:
        """Bytes of a body, waited for without a place. Raises Slow."""
        until = time.monotonic() + GRACE
        self._free.put(None)
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
            self._free.get()

    def _enter(self, address: str) -> bool:
        with self._counting:
            if self._waiting[address] >= MOST:
                return False
            self._waiting[address] += 1
            return True


class _Body:
    """`wsgi.input` of one request."""

    def __init__(self, body: Any, places: Places, address: str) -> None:
        self._body, self._places, self._address = body, places, address
        self.refused = False

    def _some(self, read: Callable[[int], bytes], size: int) -> bytes:
        try:
            return self._places.read(self._address, read, size)
        except Slow:
            self.refused = True
            raise

    def read(self, size: int = -1) -> bytes:
        """So many bytes, or all."""
        return self._some(self._body.read, size)

    def readline(self, size: int = -1) -> bytes:
        """A line, or so many bytes of it."""
        return self._some(self._body.readline, size)
