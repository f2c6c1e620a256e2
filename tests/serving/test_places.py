"""One program that asks for much at once leaves a place to the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from rapport.fhir_api import limits
from rapport.serving.bodies import LEFT, PATIENT, Places

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PLACES = 4


class Work:
    """An application whose requests take until `over`, but for those of other programs."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.lock, self.at_work, self.most = threading.Lock(), 0, 0

    def __call__(self, environ: WSGIEnvironment, start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["greedy"]:
            with self.lock:
                self.at_work += 1
                self.most = max(self.most, self.at_work)
            assert self.over.wait(20)
            with self.lock:
                self.at_work -= 1
        start("200 OK", [])
        return [b"done"]


def asked(places: Places, greedy: bool) -> str:
    said: list[str] = []
    list(places({"greedy": greedy}, lambda status, *_: said.append(status)))
    return said[0]


def test_a_program_leaves_a_place_to_others() -> None:
    work = Work()
    places = Places(work, PLACES, whose=lambda environ: int(environ["greedy"]))
    many = PLACES - LEFT + PATIENT
    with ThreadPoolExecutor(many + 1) as pool:
        try:
            slow = [pool.submit(asked, places, True) for _ in range(many)]
            until = time.monotonic() + 10
            while work.at_work < PLACES - LEFT or places._turns._inside[1] < many:
                assert time.monotonic() < until
                time.sleep(0.01)
            assert asked(places, True).startswith("503"), "so many wait, and no more"
            assert pool.submit(asked, places, False).result(5) == "200 OK"
        finally:
            work.over.set()
        assert {one.result(20) for one in slow} == {"200 OK"}
    assert work.most == PLACES - LEFT
    assert asked(places, True) == "200 OK", "and the program may go on"


def test_of_whom_a_request_is() -> None:
    def request(token: str, address: str = "10.0.0.1") -> int | None:
        environ = {"HTTP_AUTHORIZATION": f"Bearer {token}"} if token else {}
        return limits.program_of(environ | {"REMOTE_ADDR": address}, proxied=False)

    assert request("") is None
    assert request("new one") == request("new two") != request("new one", "10.0.0.2")
    limits.good("known one", "Device/1")
    limits.good("known two", "Device/1")
    assert request("known one") == request("known two", "10.0.0.2") == limits.account("Device/1")
