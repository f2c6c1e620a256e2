"""The record over HTTP: one WSGI callable beside Django, with a connection pool of its own.

Bearer tokens only; cookies are never looked at. Whatever a client sends, it gets an OperationOutcome.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

import psycopg

from rapport.fhir.outcomes import Refused

from . import export_files, metadata
from .http import REASONS, Answer, Request, laid_out, refusal
from .pool import admitted, request_of
from .routes import route
from .visit import Visit

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger("rapport.fhir_api")

_OPEN = {("metadata",): metadata.capability, (".well-known", "smart-configuration"): metadata.smart}


def answer(request: Request) -> Answer:
    """The answer to a request; every refusal becomes an OperationOutcome."""
    try:
        request.check_accept()
        known = _OPEN.get(request.path)
        if known is not None and request.method in ("GET", "HEAD"):
            return known(request)
        return admitted(request, lambda door: route(request)(Visit(request, door, route)))
    except Refused as refused:
        return refusal(refused)
    except (
        psycopg.errors.SerializationFailure,
        psycopg.errors.DeadlockDetected,
        psycopg.OperationalError,
        psycopg.IntegrityError,  # two that wrote the same at once: the second may well find it done
    ) as busy:
        log.warning("database: %s", type(busy).__name__)
        return refusal(Refused("busy", "The record is busy.", "Try again in a moment."))
    except psycopg.DataError as odd:
        log.warning("data: %s", type(odd).__name__)
        return refusal(Refused("invalid", "The record cannot hold such a value.", "Mend the value."))
    except Exception as broken:
        # The last resort says where it broke and nothing of what was sent.
        frame = broken.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        where = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else "?"
        log.error("%s %s: %s at %s", request.method, len(request.path), type(broken).__name__, where)
        return Answer(500, _BROKEN)


_BROKEN = (
    b'{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"exception",'
    b'"diagnostics":"Something went wrong here. It is written down. Try again."}]}'
)
_ALWAYS = [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """WSGI: answer one request."""
    request = request_of(environ)
    begun = time.perf_counter()
    found = laid_out(request, answer(request))
    headers = [*_ALWAYS, *found.headers]
    body = found.body
    if found.status not in (204, 304):
        headers.append(("Content-Length", str(found.size if found.file else len(body))))
        if body or found.file:
            headers.append(("Content-Type", found.media))
    start_response(f"{found.status} {REASONS[found.status]}", headers)
    log.debug("%s %d %.1f ms", request.method, found.status, (time.perf_counter() - begun) * 1e3)
    if request.method == "HEAD" or found.status in (204, 304):
        return []
    return export_files.blocks(found.file, found.size) if found.file else [body]
