"""Transaction and batch at the base."""

from __future__ import annotations

import time
from dataclasses import replace
from io import BytesIO

from rapport.fhir.outcomes import Refused
from rapport.gate.entries import Asked

from .http import REASONS, Answer, Request
from .visit import Visit

#: What the reading entries of one bundle may bring together, in bytes, and the seconds a bundle may take.
MOST, LONGEST = 32 * 1024 * 1024, 20.0
#: Bytes of stored text that one bundle may change.
CHANGED = 16 * 1024 * 1024
_KEPT = ("HTTP_HOST", "HTTP_X_FORWARDED_PROTO", "wsgi.url_scheme")


def process(visit: Visit) -> Answer:
    """POST [base]"""
    request = visit.request
    request.check_content()

    until, left = time.monotonic() + LONGEST, MOST

    def get(asked: Asked) -> tuple[str, str, bytes]:
        nonlocal left
        if left < 0 or time.monotonic() > until:
            raise Refused("too-large", "This bundle asks for too much at once.", "Ask in smaller parts.")
        inner = _inner(request, asked)
        answer: Answer = visit.route(inner)(replace(visit, request=inner))
        left -= len(answer.body)
        return f"{answer.status} {REASONS[answer.status]}", dict(answer.headers).get("ETag", ""), answer.body

    wanted = request.prefer("return") == "representation"
    door = visit.strictly()
    door.until, door.most = until, CHANGED
    return Answer(200, door.bundle(request.resource(), get=get, representation=wanted))


def _inner(request: Request, asked: Asked) -> Request:
    """The request that an entry which reads stands for."""
    path, _, query = asked.url.partition("?")
    environ = {name: request.environ[name] for name in _KEPT if name in request.environ}
    environ |= {"REQUEST_METHOD": "GET", "PATH_INFO": f"/fhir/{path}", "QUERY_STRING": query}
    environ["wsgi.input"] = BytesIO()
    environ["HTTP_ACCEPT"] = "application/fhir+json"
    environ["HTTP_IF_NONE_MATCH"] = asked.if_none_match or ""
    environ["HTTP_IF_MODIFIED_SINCE"] = asked.if_modified_since or ""
    inner = Request(environ, request.trusted_hosts, request.own_base, request.proxied)
    if not inner.path:
        raise Refused("invalid", f"{asked.url!r} cannot be read in a bundle.", "Name a resource or a search.")
    return inner
