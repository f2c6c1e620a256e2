"""The one WSGI callable: `/fhir` to the record's API, `/health` to itself, everything else to Django."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rapport.config.settings")
pages = get_wsgi_application()

from rapport.config import health, threads  # noqa: E402 - these need Django set up
from rapport.fhir_api.app import application as record  # noqa: E402

threads.keep_by_thread()

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer one request."""
    path = environ["PATH_INFO"]
    if path.startswith("/fhir") and path[5:6] in ("", "/"):
        return record(environ, start_response)
    if path == "/health":
        return health.answer(environ, start_response)
    return pages(environ, start_response)
