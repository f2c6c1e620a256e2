"""One line for each request: verb, kind of page, outcome, time. No id, no query, no word of anyone's."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from django.urls import Resolver404, resolve

from rapport.people import standings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("rapport.access")


def shape(path: str) -> str:
    """The kind of page a path leads to: `messages/<str:rid>/`, `fhir/Patient/*`; never an id."""
    if path.startswith("/fhir"):
        words = path.strip("/").split("/")
        return "/".join(
            word if place < 2 or word[:1] in "_$" else "*" for place, word in enumerate(words[:5])
        )
    if path == "/health":
        return "health"
    rid, path = standings.split(path)
    if rid:
        return f"for/*/{shape(path)}"
    try:
        return resolve(path).route
    except Resolver404:
        return "-"


def logged(application: WSGIApplication) -> WSGIApplication:
    """The same application, with a line in the log for each request (RAPPORT_ACCESS_LOG=0: as it is)."""
    if os.environ.get("RAPPORT_ACCESS_LOG") == "0":
        return application

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        began = time.perf_counter()
        found = ["-"]

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Callable[[bytes], object]:
            found[0] = status[:3]
            return start_response(status, headers, *rest)

        body = application(environ, start)
        milliseconds = (time.perf_counter() - began) * 1000
        log.info(
            "%s %s %s %.0f ms", environ["REQUEST_METHOD"], shape(environ["PATH_INFO"]), *found, milliseconds
        )
        return body

    return answer
