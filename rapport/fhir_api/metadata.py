"""What this server says of itself. Made from the same tables that answer, so that it stays true."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import orjson

from rapport import __version__
from rapport.fhir.definitions import TYPE_NUMBERS, search_params

from . import patching
from .http import Answer, Request

_RELEASED = "2026-11-22"
_SECURITY = "http://terminology.hl7.org/CodeSystem/restful-security-service"
_OAUTH = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"


def capability(request: Request) -> Answer:
    """GET metadata"""
    return Answer(200, _capability(request.base))


def smart(request: Request) -> Answer:
    """GET .well-known/smart-configuration"""
    site = request.base.removesuffix("/fhir")
    return Answer(
        200,
        orjson.dumps(
            {
                "token_endpoint": f"{site}/oauth/token",
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "grant_types_supported": ["client_credentials"],
                "scopes_supported": ["system/*.cruds", "system/*.rs"],
                "capabilities": ["permission-v2"],
            }
        ),
        media="application/json",
    )


@cache
def _resources() -> list[dict[str, Any]]:
    codes = ["read", "vread", "update", "delete", "history-instance"]
    codes += ["history-type", "create", "search-type", "patch"]
    return [
        {
            "type": rtype,
            "interaction": [{"code": code} for code in codes],
            "versioning": "versioned-update",
            "readHistory": True,
            "updateCreate": True,
            "conditionalCreate": True,
            "conditionalRead": "not-match",
            "conditionalUpdate": True,
            "conditionalDelete": "single",
            "searchParam": [
                {"name": param.code, "type": param.type} for _, param in sorted(search_params(rtype).items())
            ],
        }
        for rtype in sorted(TYPE_NUMBERS)
    ]


@lru_cache(maxsize=8)
def _capability(base: str) -> bytes:
    site = base.removesuffix("/fhir")
    uris = {"url": _OAUTH, "extension": [{"url": "token", "valueUri": f"{site}/oauth/token"}]}
    rest = {
        "mode": "server",
        "documentation": "What a token reaches is decided by the gate. What is not shared is not found.",
        "security": {
            "extension": [uris],
            "service": [
                {"coding": [{"system": _SECURITY, "code": "SMART-on-FHIR"}], "text": "Bearer tokens"}
            ],
        },
        "resource": _resources(),
        "interaction": [{"code": code} for code in ("transaction", "batch", "history-system")],
    }
    return orjson.dumps(
        {
            "resourceType": "CapabilityStatement",
            "status": "active",
            "date": _RELEASED,
            "kind": "instance",
            "software": {"name": "Rapport", "version": __version__},
            "implementation": {"description": "Rapport", "url": base},
            "fhirVersion": "4.0.1",
            "format": ["application/fhir+json", "json"],
            "patchFormat": [patching.MEDIA],
            "rest": [rest],
        }
    )
