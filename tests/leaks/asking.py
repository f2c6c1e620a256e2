"""Asking as a browser or a program does, in this process: a question and its whole answer."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import orjson
from django.test import Client


@dataclass(frozen=True)
class Said:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def whole(self) -> bytes:
        """Headers and body."""
        return (
            "\n".join(f"{name}: {value}" for name, value in self.headers.items()).encode() + b"\n" + self.body
        )

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return orjson.loads(self.body)


@dataclass(frozen=True)
class Asked:
    """One request to `/fhir`. `way` is what it is one of: "read", "chain"."""

    way: str
    method: str
    path: str
    body: bytes = b""
    media: str = "application/fhir+json"
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def whole(self) -> bytes:
        """All that was said in it."""
        return self.path.encode() + b" " + self.body


def ask(asked: Asked, token: str) -> Said:
    """Put a request to `/fhir` as a server would."""
    from rapport.fhir_api import app

    where, _, query = asked.path.partition("?")
    environ = {
        "REQUEST_METHOD": asked.method,
        "PATH_INFO": f"/fhir/{where}" if where else "/fhir",
        "QUERY_STRING": query,
        "HTTP_HOST": "testserver",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(asked.body),
        "CONTENT_LENGTH": str(len(asked.body)),
        "CONTENT_TYPE": asked.media if asked.body else "",
    }
    if token:
        environ["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    environ.update({f"HTTP_{name.upper().replace('-', '_')}": value for name, value in asked.headers})
    told: dict[str, Any] = {}

    def start(status: str, given: list[tuple[str, str]]) -> None:
        told.update(status=int(status[:3]), headers=dict(given))

    return Said(body=b"".join(app.application(environ, start)), **told)


def open_page(browser: Client, asked: Asked) -> Said:
    """Ask for a page as a browser does; with all that comes, files too."""
    answer: Any = browser.generic(asked.method, asked.path)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return Said(answer.status_code, dict(answer.headers), body)
