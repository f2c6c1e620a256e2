"""The page of help without a network: there once a page was loaded, gone with the sign-out; no other page."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection, transaction
from playwright.sync_api import Browser, Error, Page

from rapport.gate.door import Door
from rapport.pillars.what_matters import actions
from tests.browser.town import Town

pytestmark = pytest.mark.browser

HELPS = "Open the window. Count the boats."
KEPT = "async () => (await caches.keys()).length && (await (await caches.open('rapport-help')).keys()).length"


@dataclass
class Wire:
    """What lies between a browser and the server, and can be cut."""

    to: tuple[str, int]
    socket: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    open: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.socket.getsockname()[1])

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.socket.accept()
                far = socket.create_connection(self.to)
            except OSError:
                return
            self.open += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    @staticmethod
    def _carry(one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        for end in (one, other):
            end.close()

    def cut(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for each in self.open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@pytest.fixture
def wire(town: Town) -> Iterator[Wire]:
    parts = urlsplit(town.url)
    found = Wire((parts.hostname or "127.0.0.1", parts.port or 80))
    yield found
    found.cut() if found.socket.fileno() >= 0 else None


def enter(town: Town, browser: Browser, wire: Wire) -> Page:
    """A patient who wrote what helps them, in a browser at the end of the wire."""
    patient = town.patient()
    connection.ensure_connection()
    door = Door(connection.connection, patient, unit=transaction.atomic)
    actions.write(door, once="a form", patient=patient.ref, kind="helps", words=HELPS)
    context = browser.new_context(viewport={"width": 390, "height": 844})
    value = town.session(patient).cookies[settings.SESSION_COOKIE_NAME].value
    base = f"http://127.0.0.1:{wire.port}"
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": base}])
    page = context.new_page()
    page.goto(base + "/")
    return page


def kept(page: Page, wanted: bool) -> bool:
    """Whether the browser comes to hold the page, or to hold nothing."""
    for _ in range(60):
        if bool(page.evaluate(KEPT)) is wanted:
            return True
        time.sleep(0.1)
    return False


def test_help_is_there_without_a_network_and_nothing_else_is(
    town: Town, browser: Browser, wire: Wire
) -> None:
    page = enter(town, browser, wire)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    assert kept(page, True) and not complaints
    base = f"http://127.0.0.1:{wire.port}"
    wire.cut()
    page.goto(base + "/help/")
    assert "Count the boats." in page.locator("main").inner_text()
    assert page.locator("body").evaluate("body => getComputedStyle(body).fontFamily").startswith('"Atkinson')
    for path in ("/", "/matters/", "/messages/"):
        with pytest.raises(Error):
            page.goto(base + path)
    page.context.close()


def test_signing_out_takes_it_away(town: Town, browser: Browser, wire: Wire) -> None:
    page = enter(town, browser, wire)
    assert kept(page, True)
    page.context.clear_cookies()  # signed out, or the sign-in is over
    base = f"http://127.0.0.1:{wire.port}"
    page.goto(base + "/")
    assert kept(page, False)
    wire.cut()
    with pytest.raises(Error):
        page.goto(base + "/help/")
    page.context.close()


def test_staff_keep_nothing(town: Town, browser: Browser) -> None:
    dara = town.enter(browser, town.people.dara)
    page = dara.open("/inbox/")
    assert not page.evaluate("async () => (await navigator.serviceWorker.getRegistrations()).length")
    dara.page.context.close()
