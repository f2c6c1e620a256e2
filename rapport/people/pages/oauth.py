"""`/oauth/token`: a program shows who it is and gets a bearer token (RFC 6749 §4.4).

By its secret, or by a statement that its key signed (RFC 7523, SMART Backend Services).
"""

from __future__ import annotations

from base64 import b64decode
from urllib.parse import unquote_plus

from allauth.core.internal import ratelimit
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from rapport.fhir.outcomes import Refused
from rapport.gate import scopes
from rapport.people import assertions, events, site, tokens
from rapport.people.models import Client

_RATES = {"token_failed": "30/m/ip"}


@csrf_exempt
@login_not_required
def token(request: HttpRequest) -> JsonResponse:
    """Answer a token request; errors are named as the standard names them."""
    if request.method != "POST":
        return _wrong("invalid_request", "Send a POST.", 405)
    if "grant_type" not in request.POST:
        return _wrong("invalid_request", "There is no grant_type. Send the fields as a form, not as JSON.")
    if request.POST["grant_type"] != "client_credentials":
        return _wrong("unsupported_grant_type", "Only client_credentials is known here.")
    if not _may_try(request, dry_run=True):
        return _wrong("slow_down", "Too many wrong tries. Wait a minute.", 429)
    try:
        client = _by_key(request) if "client_assertion" in request.POST else _by_secret(request)
    except assertions.Wrong as wrong:
        _may_try(request)
        events.note("client-refused", person=_named(request), why=str(wrong), request=request)
        return _wrong("invalid_client", f"The client was not recognised: {wrong}.", 401)
    try:
        granted = scopes.narrowed(request.POST.get("scope", ""), client.scopes)
    except Refused as wrong:
        return _wrong("invalid_scope", wrong.text)
    answer = {
        "access_token": tokens.issue_to_client(client, granted),
        "token_type": "bearer",
        "expires_in": tokens.CLIENT_SECONDS,
        "scope": granted,
    }
    return JsonResponse(answer, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


def _by_secret(request: HttpRequest) -> Client:
    client = tokens.client_of(*_credentials(request))
    if client is None:
        raise assertions.Wrong("the client or its secret is not right")
    return client


def _by_key(request: HttpRequest) -> Client:
    if request.POST.get("client_assertion_type") != assertions.TYPE:
        raise assertions.Wrong(f"client_assertion_type is not {assertions.TYPE}")
    if "Authorization" in request.headers or "client_secret" in request.POST:
        raise assertions.Wrong("it shows who it is in two ways")
    here = {f"{site.current().base_url}/oauth/token", request.build_absolute_uri(request.path)}
    client = assertions.client_of(request.POST["client_assertion"], here)
    if request.POST.get("client_id", client.pk) != client.pk:
        raise assertions.Wrong("client_id is not iss")
    return client


def _named(request: HttpRequest) -> str:
    """The client that a request says it is from; it need not be true."""
    return f"Device/{_credentials(request)[0]}"


def _may_try(request: HttpRequest, *, dry_run: bool = False) -> bool:
    return bool(
        ratelimit.consume(request, app="people", action="token_failed", config=_RATES, dry_run=dry_run)
    )


def _credentials(request: HttpRequest) -> tuple[str, str]:
    """Id and secret, from the Authorization header (form-encoded, as the standard wants) or from the form."""
    scheme, _space, rest = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            ident, _colon, secret = b64decode(rest, validate=True).decode().partition(":")
        except ValueError:
            return "", ""
        return unquote_plus(ident), unquote_plus(secret)
    return request.POST.get("client_id", ""), request.POST.get("client_secret", "")


def _wrong(error: str, words: str, status: int = 400) -> JsonResponse:
    headers = {"Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="rapport"'
    if status == 429:
        headers["Retry-After"] = "60"
    if status == 405:
        headers["Allow"] = "POST"
    return JsonResponse({"error": error, "error_description": words}, status=status, headers=headers)
