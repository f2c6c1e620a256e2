"""Programs that show who they are by a key of their own (SMART Backend Services, `private_key_jwt`).

The site keeps the public half, given with `rapport client add --jwks FILE`. A program signs a short-lived
statement with the other half (RS384 or ES384), which is good once. No address is ever asked for keys.
"""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64decode
from collections.abc import Collection
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384
from django.core.cache import cache

from rapport.fhir.outcomes import Refused
from rapport.people.models import Client
from rapport.people.tokens import digest

Json = dict[str, Any]

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ("RS384", "ES384")
#: How far ahead a statement may end, and how far two clocks may differ; seconds.
LONGEST, SKEW = 300, 10
_FIX = "Give a JWK Set with an RSA key (2048 bits or more) or a P-384 key, each with a kid."
_PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "k", "oth"}


class Wrong(Exception):
    """A statement that is not taken; its text says why, as far as whoever made it may know."""


def read_keys(text: str) -> str:
    """The usable keys of a JWK Set, as they are kept. Refused("invalid") for none, or for a private one."""
    try:
        keys = json.loads(text)["keys"]
        kept = [key for key in keys if isinstance(key, dict) and _usable(key)]
    except (ValueError, TypeError, KeyError, RecursionError) as broken:
        raise Refused("invalid", "The keys can't be read.", _FIX) from broken
    if any(_PRIVATE & set(key) for key in keys if isinstance(key, dict)):
        raise Refused("invalid", "This holds a private key, which nobody else should have.", "Leave it out.")
    if not kept or len({key["kid"] for key in kept}) < len(kept):
        raise Refused("invalid", "There is no key here that can be used, or two have one kid.", _FIX)
    return json.dumps({"keys": kept})


def _usable(key: Json) -> bool:
    if not isinstance(key.get("kid"), str) or not key["kid"] or key.get("use", "sig") != "sig":
        return False
    try:
        _public(key)
    except (ValueError, TypeError, KeyError):
        return False
    return True


def _public(key: Json) -> tuple[str, rsa.RSAPublicKey | ec.EllipticCurvePublicKey]:
    """The algorithm and the key of a JWK; raises for one that is not for us."""
    found: rsa.RSAPublicKey | ec.EllipticCurvePublicKey
    if key["kty"] == "RSA":
        alg, found = "RS384", rsa.RSAPublicNumbers(_number(key["e"]), _number(key["n"])).public_key()
        if found.key_size < 2048:
            raise ValueError("too short")
    elif key["kty"] == "EC" and key["crv"] == "P-384":
        point = ec.EllipticCurvePublicNumbers(_number(key["x"]), _number(key["y"]), ec.SECP384R1())
        alg, found = "ES384", point.public_key()
    else:
        raise ValueError("unknown kind")
    if key.get("alg", alg) != alg:
        raise ValueError("unknown algorithm")
    return alg, found


def client_of(assertion: str, audiences: Collection[str]) -> Client:
    """The client that made this statement for one of these addresses. Raises `Wrong`."""
    header, claims, signed, signature = _opened(assertion)
    if header.get("alg") not in ALGORITHMS:
        raise Wrong("alg is none of " + ", ".join(ALGORITHMS))
    if "jku" in header or "crit" in header:
        raise Wrong("jku and crit are not taken: keys are registered here")
    _check(claims, audiences)
    client = Client.objects.filter(pk=claims["iss"], is_active=True).exclude(jwks="").first()
    keys = json.loads(client.jwks)["keys"] if client else []
    key = next((one for one in keys if one["kid"] == header.get("kid")), None)
    if client is None or key is None or not _signed(key, header["alg"], signed, signature):
        raise Wrong("no key that is registered for this client signed it")
    mark = "jti:" + digest(f"{client.pk}\n{claims['jti']}")
    if not cache.add(mark, 1, timeout=int(claims["exp"] - time.time()) + 2 * SKEW):
        raise Wrong("jti was used before")
    return client


def _opened(assertion: str) -> tuple[Json, Json, bytes, bytes]:
    try:
        head, body, tail = assertion.split(".")
        header, claims = json.loads(_bytes(head)), json.loads(_bytes(body))
        if not isinstance(header, dict) or not isinstance(claims, dict) or len(assertion) > 8000:
            raise ValueError("no objects")
        return header, claims, f"{head}.{body}".encode("ascii"), _bytes(tail)
    except (ValueError, RecursionError) as broken:
        raise Wrong("it is not a signed JWT") from broken


def _check(claims: Json, audiences: Collection[str]) -> None:
    """What a statement must say of itself."""
    now = time.time()
    for name in ("iss", "sub", "jti"):
        value = claims.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= 255 or "\x00" in value:
            raise Wrong(f"{name} is missing or is not text")
    if claims["iss"] != claims["sub"]:
        raise Wrong("iss and sub are not the same")
    named = claims.get("aud")
    if not any(
        one in audiences for one in (named if isinstance(named, list) else [named]) if isinstance(one, str)
    ):
        raise Wrong("aud is not the address of this token endpoint")
    ends = _time(claims.get("exp"))
    if ends is None or ends <= now - SKEW or ends > now + LONGEST + SKEW:
        raise Wrong("exp is past, or more than five minutes ahead")
    for name in ("iat", "nbf"):
        begins = _time(claims.get(name, now))
        if begins is None or begins > now + SKEW:
            raise Wrong(f"{name} lies ahead")


def _time(value: Any) -> float | None:
    """Seconds since 1970, None for what is no time."""
    good = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e11
    return float(value) if good else None


def _signed(key: Json, alg: str, signed: bytes, signature: bytes) -> bool:
    kind, public = _public(key)
    try:
        if kind != alg:
            return False
        if isinstance(public, rsa.RSAPublicKey):
            public.verify(signature, signed, padding.PKCS1v15(), SHA384())
            return True
        if len(signature) != 96:
            return False
        halves = (int.from_bytes(signature[:48], "big"), int.from_bytes(signature[48:], "big"))
        public.verify(encode_dss_signature(*halves), signed, ec.ECDSA(SHA384()))
    except InvalidSignature:
        return False
    return True


def _bytes(text: str) -> bytes:
    """base64url without its padding, and nothing else."""
    if not text.replace("-", "a").replace("_", "a").isalnum() or not text.isascii():
        raise ValueError("not base64url")
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _number(text: str) -> int:
    return int.from_bytes(_bytes(text), "big")
