"""What the tests of the look share: compiled catalogues, a small server without a database, a browser."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import RequestFactory
from playwright.sync_api import Browser

from rapport.ui import context
from tests.browser.chromium import chromium


@pytest.fixture(scope="session")
def catalogues() -> list[Path]:
    """The catalogues compiled from their sources: what is tested is what stands in the .po files."""
    from django.utils.translation import trans_real

    from tools.messages import compile_all

    written = compile_all(Path(__file__).resolve().parents[2])
    trans_real._translations.clear()
    return written


CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class Stage:
    """A small server of its own: pages put on it, the static files, and answers to what script sends."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.answers: dict[str, Callable[[str, bytes], tuple[int, bytes]]] = {}
        self.asked: list[str] = []
        stage = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _send(self, status: int, body: bytes, kind: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Content-Security-Policy", CSP)
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                path, _, query = self.path.partition("?")
                stage.asked.append(self.path)
                if path in stage.answers:
                    self._send(*stage.answers[path](query, b""), "application/json")
                elif path in stage.pages:
                    self._send(200, stage.pages[path].encode(), "text/html; charset=utf-8")
                elif path == "/help/offline.js":
                    self._send(200, Path(str(finders.find("ui/offline.js"))).read_bytes(), "text/javascript")
                elif path.startswith("/static/") and (found := finders.find(path[len("/static/") :])):
                    kind = mimetypes.guess_type(found)[0] or "application/octet-stream"
                    self._send(200, Path(found).read_bytes(), kind)
                else:
                    self._send(404, b"", "text/plain")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                path, _, query = self.path.partition("?")
                stage.asked.append("POST " + self.path)
                answer = stage.answers.get(path, lambda *_: (404, b""))
                self._send(*answer(query, body), "application/json")

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.server.shutdown()
    stage.server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def shown(template: str, path: str = "/", kind: str = "patient", **context: object) -> str:
    """A page of the product as one kind of reader gets it, without a database."""
    request = RequestFactory().get(path)
    name = {"patient": "Amina Haddad", "kin": "Bilal Haddad", "staff": "Dr Mei Chen"}.get(kind, "")
    request.actor = SimpleNamespace(kind=kind, name=name, role="GP") if kind else None
    request.user = AnonymousUser()
    site = SimpleNamespace(
        crisis=SimpleNamespace(emergency="112", talk="116 123", talk_name="the night line", text={}),
        say=lambda words, language="": "",
    )
    return render_to_string(template, {"clinic": site, **context}, request)


@pytest.fixture(autouse=True)
def no_site(monkeypatch: pytest.MonkeyPatch) -> None:
    """The look is tested without the site's settings, which stand in a database."""
    monkeypatch.setattr(context._Source, "read", None)
    monkeypatch.setattr(context._Source, "last", None)
