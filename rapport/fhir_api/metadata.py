"""What this server says of itself. Made from the same tables that answer, so that it stays true."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import orjson

from rapport import __version__
from rapport.fhir import patches
from rapport.fhir import search as grammar
from rapport.fhir.definitions import TYPE_NUMBERS, search_params
from rapport.gate import packages
from rapport.people import assertions

from . import routes
from .http import Answer, Request

Json = dict[str, Any]

_RELEASED = "2026-11-22"
_SECURITY = "http://terminology.hl7.org/CodeSystem/restful-security-service"
_OAUTH = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_DEFINED = "http://hl7.org/fhir/OperationDefinition/"
_US_CORE = "http://hl7.org/fhir/us/core/"
_BULK = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/"
#: What defines each operation that the address table knows: (type or "Resource" or "", name).
_OPERATIONS = {
    ("Resource", "$validate"): _DEFINED + "Resource-validate",
    ("Resource", "$meta"): _DEFINED + "Resource-meta",
    ("DocumentReference", "$docref"): _US_CORE + "OperationDefinition/docref",
    ("Resource", "$why"): "urn:rapport:operation:why",
    ("Patient", "$everything"): _DEFINED + "Patient-everything",
    ("PlanDefinition", "$apply"): _DEFINED + "PlanDefinition-apply",
    ("ValueSet", "$expand"): _DEFINED + "ValueSet-expand",
    ("ValueSet", "$validate-code"): _DEFINED + "ValueSet-validate-code",
    ("", "$export"): _BULK + "export",
    ("", "$import"): "urn:rapport:operation:import",
    ("Patient", "$export"): _BULK + "patient-export",
    ("Group", "$export"): _BULK + "group-export",
}
#: What is offered whole once its guide is installed: the package's name and version, and the statement.
_CLAIMS = {"hl7.fhir.us.core 6.1.": _US_CORE + "CapabilityStatement/us-core-server"}
_DOCUMENTATION = (
    "What a token reaches is decided by the gate. What is not shared is not found. Every search parameter"
    " takes the modifiers R4 gives its type; :in, :not-in, :below and :above on codes know the value sets"
    " that R4 binds as required, and the value sets and code systems that are stored here. An unknown"
    " parameter, modifier or value is refused, unless handling=lenient is preferred."
)
_SYSTEM = ("transaction", "batch", "history-system", "search-system")
_INTERACTIONS = (
    "read",
    "vread",
    "update",
    "patch",
    "delete",
    "history-instance",
    "history-type",
    "create",
    "search-type",
)


def capability(request: Request) -> Answer:
    """GET metadata"""
    return Answer(200, _capability(request.base, packages.installed().names))


def smart(request: Request) -> Answer:
    """GET .well-known/smart-configuration"""
    site = request.base.removesuffix("/fhir")
    said = {
        "token_endpoint": f"{site}/oauth/token",
        "token_endpoint_auth_methods_supported": [
            "client_secret_basic",
            "client_secret_post",
            "private_key_jwt",
        ],
        "token_endpoint_auth_signing_alg_values_supported": list(assertions.ALGORITHMS),
        "grant_types_supported": ["client_credentials"],
        "scopes_supported": [
            "system/*.cruds",
            "system/*.rs",
            "system/*.read",
            "system/*.write",
            "system/*.*",
        ],
        "code_challenge_methods_supported": [
            "S256"
        ],  # the standard wants it said, although no codes are given
        "capabilities": [
            "client-confidential-asymmetric",
            "client-confidential-symmetric",
            "permission-v1",
            "permission-v2",
        ],
    }
    return Answer(200, orjson.dumps(said), media="application/json")


def _operations(names: Iterable[tuple[str, str]]) -> list[Json]:
    """Operations of `_OPERATIONS`, each once."""
    return [
        {"name": name.removeprefix("$"), "definition": _OPERATIONS[rtype, name]}
        for rtype, name in sorted(set(names))
    ]


def _profiles() -> dict[str, list[str]]:
    """Installed profiles by the type that they are about."""
    found: dict[str, list[str]] = {}
    for profile in packages.installed().values():
        found.setdefault(profile.type, []).append(profile.url)
    return found


def _pointed() -> dict[str, list[str]]:
    """What `_revinclude` can bring to a type; references to anything go without saying."""
    found: dict[str, list[str]] = {}
    for source in sorted(TYPE_NUMBERS):
        for code, param in sorted(search_params(source).items()):
            targets = grammar.pointing(param) if param.type == "reference" else ()
            for rtype in targets if len(targets) < 100 else ():
                found.setdefault(rtype, []).append(f"{source}:{code}")
    return found


@lru_cache(maxsize=2)
def _resources(_names: tuple[str, ...]) -> list[Json]:
    claimed, pointed = _profiles(), _pointed()
    found = []
    for rtype in sorted(TYPE_NUMBERS):
        one: Json = {
            "type": rtype,
            "interaction": [{"code": code} for code in _INTERACTIONS],
            "versioning": "versioned-update",
            "readHistory": True,
            "updateCreate": True,
            "conditionalCreate": True,
            "conditionalRead": "full-support",
            "conditionalUpdate": True,
            "conditionalDelete": "single",
            "searchParam": [
                {"name": param.code, "type": param.type} for _, param in sorted(search_params(rtype).items())
            ]
            + [{"name": "_list", "type": "reference"}],
        }
        if rtype in claimed:
            one["supportedProfile"] = sorted(claimed[rtype])
        pointing = [
            f"{rtype}:{param.code}" for param in search_params(rtype).values() if param.type == "reference"
        ]
        if pointing:
            one["searchInclude"] = sorted(pointing)
        if rtype in pointed:
            one["searchRevInclude"] = pointed[rtype]
        own = [names for names in (*routes.OF_TYPE, *routes.OF_ONE) if names[0] == rtype]
        if own:
            one["operation"] = _operations(own)
        found.append(one)
    return found


@lru_cache(maxsize=8)
def _capability(base: str, names: tuple[str, ...]) -> bytes:
    """`names`: the packages that are installed."""
    site = base.removesuffix("/fhir")
    uris = {"url": _OAUTH, "extension": [{"url": "token", "valueUri": f"{site}/oauth/token"}]}
    shared = [("Resource", name) for rtype, name in (*routes.OF_TYPE, *routes.OF_ONE) if rtype == "*"]
    rest = {
        "mode": "server",
        "documentation": _DOCUMENTATION,
        "security": {
            "cors": False,  # programs call it, not pages of other sites
            "extension": [uris],
            "service": [
                {"coding": [{"system": _SECURITY, "code": "SMART-on-FHIR"}], "text": "Bearer tokens"}
            ],
        },
        "resource": _resources(names),
        "interaction": [
            {"code": code} for code in ("transaction", "batch", "history-system", "search-system")
        ],
        "operation": _operations([*shared, *(("", name) for name in routes.SYSTEM)]),
        "compartment": ["http://hl7.org/fhir/CompartmentDefinition/patient"],
    }
    claimed = [url for begins, url in _CLAIMS.items() if any(name.startswith(begins) for name in names)]
    return orjson.dumps(
        ({"instantiates": claimed} if claimed else {})
        | {
            "resourceType": "CapabilityStatement",
            "status": "active",
            "date": _RELEASED,
            "kind": "instance",
            "software": {"name": "Rapport", "version": __version__},
            "implementation": {"description": "Rapport", "url": base},
            "fhirVersion": "4.0.1",
            "format": ["application/fhir+json", "json"],
            "patchFormat": sorted(patches.MEDIA),
            "rest": [rest],
        }
    )
