"""Transaction and batch at the base."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

from rapport.fhir.outcomes import Refused
from rapport.gate.entries import Asked

from .http import REASONS, Answer, Request
from .visit import Visit

_KEPT = ("HTTP_HOST", "HTTP_X_FORWARDED_PROTO", "wsgi.url_scheme")


def process(visit: Visit) -> Answer:
    """POST [base]"""
    request = visit.request
    request.check_content()

    def get(asked: Asked) -> tuple[str, str, bytes]:
        inner = _inner(request, asked)
        answer: Answer = visit.route(inner)(replace(visit, request=inner))
        return f"{answer.status} {REASONS[answer.status]}", dict(answer.headers).get("ETag", ""), answer.body

    wanted = request.prefer("return") == "representation"
    return Answer(200, visit.strictly().bundle(request.resource(), get=get, representation=wanted))


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
