"""The one WSGI callable: `/fhir` to the record's API, everything else to Django."""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from django.core.wsgi import get_wsgi_application

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rapport.config.settings")
pages = get_wsgi_application()
record: Any = None
if find_spec("rapport.fhir_api.app") is not None:
    from rapport.fhir_api.app import application as record


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer one request."""
    path = environ.get("PATH_INFO", "")
    if record is not None and (path == "/fhir" or path.startswith("/fhir/")):
        answer: Iterable[bytes] = record(environ, start_response)
        return answer
    return pages(environ, start_response)
