"""A Rapport that runs on a port of its own, with programs that may use `/fhir`, for real clients to talk to.

`service` starts the product's own processes on a database of their own. The programs are added as a site
would add them, by `rapport client add`:

whole     everything, by secret
signing   everything, by a key of its own (`private_key_jwt`)
narrow    patients to read, and nothing else
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.serving.running import Running

HERE = Path(__file__).parent
SCOPES = {"whole": "system/*.cruds", "signing": "system/*.cruds", "narrow": "system/Patient.rs"}
Json = dict[str, Any]


class Service:
    """A running Rapport. `base` of its record; `programs` by name; `key` with which `signing` signs."""

    def __init__(self, running: Running) -> None:
        self.running, self.base = running, f"{running.url}/fhir"
        self.key = ec.generate_private_key(ec.SECP384R1())
        self.programs: dict[str, Json] = {}
        self._tokens: dict[str, str] = {}

    def add(self, name: str) -> None:
        """`rapport client add`, with its scopes and maybe a public key."""
        words = ["client", "add", name, "--scope", SCOPES[name]]
        if name == "signing":
            (self.running.place / "jwks.json").write_text(json.dumps({"keys": [self.public()]}))
            words += ["--jwks", str(self.running.place / "jwks.json")]
        self.programs[name] = json.loads(self.command(*words))

    def command(self, *words: str) -> str:
        """A `rapport` command beside the running one; what it says."""
        done = subprocess.run(
            [sys.executable, "-m", "rapport.serving.cli", *words, "--data-dir", str(self.running.place)],
            env=self.running.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def token_url(self) -> str:
        """Where tokens are given, as the server itself says."""
        with urllib.request.urlopen(f"{self.base}/.well-known/smart-configuration", timeout=5) as answer:
            found: Json = json.load(answer)
        return str(found["token_endpoint"])

    def token(self, name: str = "whole") -> str:
        """A bearer token of a program that has a secret."""
        if name not in self._tokens:
            program = self.programs[name]
            secret = f"{program['client_id']}:{program['client_secret']}".encode()
            asked = urllib.request.Request(
                self.token_url,
                b"grant_type=client_credentials",
                {"Authorization": "Basic " + base64.b64encode(secret).decode()},
            )
            with urllib.request.urlopen(asked, timeout=5) as answer:
                self._tokens[name] = json.load(answer)["access_token"]
        return self._tokens[name]

    def public(self) -> Json:
        """The public half of the key, as a JWK."""
        numbers = self.key.public_key().public_numbers()
        x, y = (
            base64.urlsafe_b64encode(number.to_bytes(48, "big")).rstrip(b"=").decode()
            for number in (numbers.x, numbers.y)
        )
        return {"kty": "EC", "crv": "P-384", "x": x, "y": y, "kid": "tests", "use": "sig", "alg": "ES384"}

    def pem(self) -> str:
        """The private half, as a program keeps it."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture(scope="session")
def service(postgres: Any, django_db_setup: None) -> Iterator[Service]:
    """The one that every client talks to; each keeps to patients of its own."""
    place = Path(tempfile.mkdtemp(prefix="rapport-clients-"))
    place.chmod(0o711)
    name = f"rapport_{uuid.uuid4().hex[:12]}"
    running = Running(place, DATABASE_URL=postgres.create(name), RAPPORT_ACCESS_LOG="0")
    running.environment["RAPPORT_BASE_URL"] = running.url
    try:
        running.start(60)
        found = Service(running)
        for program in SCOPES:
            found.add(program)
        yield found
    finally:
        if not running.ended():
            running.stop(signal.SIGTERM)
        postgres.drop(name)
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def family() -> str:
    """A family name that nobody else has, so that tests keep out of each other's way."""
    return f"Marsh{uuid.uuid4().hex[:10]}"


@pytest.fixture(scope="session")
def node() -> str:
    """Node, with what `package-lock.json` names. Fails with what to do, never leaves anything out."""
    done = subprocess.run([HERE.parents[1] / ".ci" / "need-node"], capture_output=True, text=True)
    if done.returncode:
        pytest.fail(done.stderr[-3000:], pytrace=False)
    return str(shutil.which("node"))


def environment_of(service: Service, family: str) -> dict[str, str]:
    """What a script in another language needs to know."""
    whole, narrow = service.programs["whole"], service.programs["narrow"]
    return os.environ | {
        "FHIR": service.base,
        "FAMILY": family,
        "CLIENT_ID": whole["client_id"],
        "CLIENT_SECRET": whole["client_secret"],
        "NARROW_ID": narrow["client_id"],
        "NARROW_SECRET": narrow["client_secret"],
        "SIGNING_ID": service.programs["signing"]["client_id"],
        "SIGNING_KEY": service.pem(),
    }
