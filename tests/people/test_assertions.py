"""Programs that sign for their tokens: what is taken, and all that is not."""

from __future__ import annotations

import json
import time
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from django.core.management import CommandError, call_command
from django.test import Client as Browser

from rapport.fhir.outcomes import Refused
from rapport.people import asking, assertions, tokens

from .conftest import Accounts

HERE = "http://testserver/oauth/token"
RSA, SHORT = (rsa.generate_private_key(65537, size) for size in (2048, 1024))
CURVE, OTHER_CURVE = ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP256R1())


def words(number: int, size: int = 0) -> str:
    return encoded(number.to_bytes(size or (number.bit_length() + 7) // 8, "big"))


def encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def jwk(key: Any, kid: str, **more: str) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    if isinstance(key, rsa.RSAPrivateKey):
        return {"kty": "RSA", "kid": kid, "n": words(numbers.n), "e": words(numbers.e), **more}
    size = (key.curve.key_size + 7) // 8
    name = {"secp384r1": "P-384", "secp256r1": "P-256"}[key.curve.name]
    return {
        "kty": "EC",
        "kid": kid,
        "crv": name,
        "x": words(numbers.x, size),
        "y": words(numbers.y, size),
        **more,
    }


KEYS = {"keys": [jwk(RSA, "r1", alg="RS384"), jwk(CURVE, "e1", use="sig"), jwk(OTHER_CURVE, "e2")]}


def statement(client: str, alg: str = "RS384", *, head: Any = None, key: Any = None, **claims: Any) -> str:
    """A signed statement; claims given as None are left out."""
    kid = "r1" if alg == "RS384" else "e1"
    header = {"alg": alg, "kid": kid, "typ": "JWT"} | (head or {})
    body = {
        "iss": client,
        "sub": client,
        "aud": HERE,
        "exp": int(time.time()) + 240,
        "jti": str(uuid.uuid4()),
    }
    body = {name: value for name, value in (body | claims).items() if value is not None}
    signed = f"{encoded(json.dumps(header).encode())}.{encoded(json.dumps(body).encode())}"
    key = key or (RSA if alg == "RS384" else CURVE)
    if isinstance(key, rsa.RSAPrivateKey):
        mark = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA384())
    else:
        r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA384())))
        mark = r.to_bytes(48, "big") + s.to_bytes(48, "big")
    return f"{signed}.{encoded(mark)}"


def ask(assertion: str, **form: str) -> Any:
    given = {
        "grant_type": "client_credentials",
        "client_assertion_type": assertions.TYPE,
        "client_assertion": assertion,
        "scope": "system/Patient.rs",
    }
    return Browser(enforce_csrf_checks=True).post("/oauth/token", {**given, **form})


@pytest.fixture
def client(people: Accounts) -> str:
    kept = assertions.read_keys(json.dumps(KEYS))
    made, secret = tokens.add_client("Bulk", "system/*.rs", "tests", jwks=kept)
    assert secret == "" and made.secret == ""
    return made.pk


@pytest.mark.parametrize("alg", ["RS384", "ES384"])
def test_a_signed_statement_gets_a_token_once(client: str, alg: str) -> None:
    signed = statement(client, alg)
    said = ask(signed)
    assert said.status_code == 200, said.json()
    actor = tokens.actor_of_bearer(asking.conn(), said.json()["access_token"])
    assert actor is not None and actor.ref == f"Device/{client}"
    assert said.json()["scope"] == "system/Patient.rs" and said.json()["expires_in"] <= 3600
    again = ask(signed)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")
    assert "jti" in again.json()["error_description"]
    assert ask(statement(client, alg, aud=[HERE, "https://elsewhere.org"])).status_code == 200


def later(seconds: float) -> int:
    return int(time.time() + seconds)


WRONG: dict[str, dict[str, Any]] = {
    "signed by another key": {"key": rsa.generate_private_key(65537, 2048)},
    "another kid": {"head": {"kid": "r9"}},
    "no kid": {"head": {"kid": None}},
    "the kid of another kind of key": {"head": {"kid": "e1"}},
    "alg none": {"head": {"alg": "none"}},
    "alg HS256": {"head": {"alg": "HS256"}},
    "alg RS256": {"head": {"alg": "RS256"}},
    "alg is a list": {"head": {"alg": ["RS384"]}},
    "jku": {"head": {"jku": "https://attacker.example/keys"}},
    "crit": {"head": {"crit": ["exp"]}},
    "another audience": {"aud": "https://elsewhere.org/oauth/token"},
    "no audience": {"aud": None},
    "the audience is an object": {"aud": {"a": 1}},
    "over": {"exp": later(-60)},
    "too long": {"exp": later(86_400)},
    "no end": {"exp": None},
    "the end is text": {"exp": "soon"},
    "the end is endless": {"exp": 1e400},
    "not yet": {"nbf": later(86_400)},
    "from the future": {"iat": later(86_400)},
    "no jti": {"jti": None},
    "an empty jti": {"jti": ""},
    "a huge jti": {"jti": "x" * 256},
    "another subject": {"sub": "somebody-else"},
    "another issuer": {"iss": "nobody", "sub": "nobody"},
    "an issuer with NUL": {"iss": "a\x00", "sub": "a\x00"},
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_refused(client: str, name: str) -> None:
    said = ask(statement(client, **WRONG[name]))
    assert (said.status_code, said.json()["error"]) == (401, "invalid_client"), name
    assert "access_token" not in said.json()


def test_odd_forms_are_refused(client: str) -> None:
    good = statement(client)
    head, body, mark = good.split(".")
    for text in (
        "",
        "a",
        "a.b.c",
        f"{head}.{body}.",
        f"{head}.{body}",
        good + ".x",
        f"{head}.{body}.é",
        "x" * 9000,
    ):
        assert ask(text).status_code == 401, text
    swapped = body[:-4] + ("AAAA" if body[-4:] != "AAAA" else "BBBB")
    assert ask(f"{head}.{swapped}.{mark}").status_code == 401
    assert ask(f"{encoded(b'[]')}.{body}.{mark}").status_code == 401
    assert ask(good, client_assertion_type="x").status_code == 401
    assert ask(good, client_secret="x").status_code == 401
    assert ask(statement(client), client_id="other").status_code == 401
    assert ask(statement(client), scope="system/Patient.cruds").json()["error"] == "invalid_scope"


def test_a_key_is_no_secret_and_a_closed_client_is_out(client: str) -> None:
    form = {"grant_type": "client_credentials", "client_id": client, "client_secret": ""}
    assert Browser().post("/oauth/token", form).status_code == 401
    secretive, secret = tokens.add_client("Secretive", "system/*.rs", "tests")
    assert ask(statement(secretive.pk)).status_code == 401 and secret
    tokens.remove_client(client, "tests")
    assert ask(statement(client)).status_code == 401


def test_keys_that_are_no_good_are_refused() -> None:
    private = {**jwk(RSA, "r1"), "d": words(RSA.private_numbers().d)}
    for keys in (
        [],
        [jwk(SHORT, "s")],
        [jwk(OTHER_CURVE, "e2")],
        [{**jwk(RSA, "r1"), "kid": ""}],
        [jwk(RSA, "r1", use="enc")],
        [jwk(RSA, "r1", alg="RS256")],
        [jwk(RSA, "r1"), jwk(CURVE, "r1")],
        [jwk(RSA, "r1"), private],
        [{"kty": "oct", "kid": "k", "k": "AAAA"}],
        [{**jwk(CURVE, "e1"), "x": words(1, 48)}],
        [1],
    ):
        with pytest.raises(Refused):
            assertions.read_keys(json.dumps({"keys": keys}))
    for text in ("", "[]", "{}", '{"keys": 5}'):
        with pytest.raises(Refused):
            assertions.read_keys(text)


def test_the_commands(people: Accounts, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [jwk(RSA, "r1")]}))
    call_command("client", "add", "Bulk", "--scope", "system/*.rs", "--jwks", str(file))
    made = json.loads(capsys.readouterr().out)
    assert set(made) == {"client_id", "token_url"}
    assert ask(statement(made["client_id"])).status_code == 200
    file.write_text(json.dumps({"keys": [jwk(CURVE, "e1")]}))
    call_command("client", "keys", made["client_id"], "--jwks", str(file))
    assert ask(statement(made["client_id"])).status_code == 401
    assert ask(statement(made["client_id"], "ES384")).status_code == 200
    for words_ in (["add", "B", "--scope", "system/*.rs"], ["keys", "nobody"]):
        with pytest.raises(CommandError):
            call_command("client", *words_, "--jwks", str(tmp_path / "none.json"))
    with pytest.raises(CommandError):
        call_command("client", "keys", "nobody", "--jwks", str(file))
