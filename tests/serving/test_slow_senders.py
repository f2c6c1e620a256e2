"""Senders that drip their bytes, and sizes that nobody means, against a running Rapport."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.serving.processes import descendants
from tests.serving.running import Running

pytestmark = pytest.mark.slow
#: Where the slow ones come from: another address of this machine than everybody else's.
SLOW = "127.0.0.2"
PATIENT = b'{"resourceType":"Patient"}'


class Site:
    """A running Rapport of one web process, and the token of a program."""

    def __init__(self, running: Running, token: str) -> None:
        self.running, self.token = running, token

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, float, Any]:
        """The status of a request, how long it took, and its headers."""
        line = http.client.HTTPConnection("127.0.0.1", self.running.port, timeout=20)
        sent = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/fhir+json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        began = time.monotonic()
        line.request(method, f"/fhir/{path}", body, sent)
        answer = line.getresponse()
        answer.read()
        line.close()
        return answer.status, time.monotonic() - began, answer.headers

    def drip(self, stack: ExitStack, head: str, count: int) -> list[socket.socket]:
        """So many connections that send a beginning, and then a byte now and then."""
        lines = []
        for _ in range(count):
            line = socket.create_connection(
                ("127.0.0.1", self.running.port), timeout=20, source_address=(SLOW, 0)
            )
            stack.callback(line.close)
            line.sendall(head.replace("\n", "\r\n").encode())
            lines.append(line)
        ended = threading.Event()
        stack.callback(ended.set)

        def go_on() -> None:
            while not ended.wait(0.5):
                for line in lines:
                    try:
                        line.send(b" ")
                    except OSError:
                        continue

        threading.Thread(target=go_on, daemon=True).start()
        return lines

    def memory(self) -> int:
        """Megabytes that are this Rapport's own."""
        assert self.running.process is not None
        total = 0
        for pid in descendants(self.running.process.pid):
            try:
                lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            except OSError:
                continue
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return total // 1024


@pytest.fixture
def site(own_place: Path) -> Iterator[Site]:
    running = Running(own_place, RAPPORT_WEB_PROCESSES="1").start(60)
    words = ["client", "add", "tests", "--scope", "system/*.cruds", "--data-dir", str(own_place)]
    made = subprocess.run(
        [sys.executable, "-m", "rapport.serving.cli", *words],
        env=running.environment,
        capture_output=True,
        check=True,
    )
    program = json.loads(made.stdout)
    secret = base64.b64encode(f"{program['client_id']}:{program['client_secret']}".encode()).decode()
    asked = urllib.request.Request(
        f"{running.url}/oauth/token",
        b"grant_type=client_credentials",
        {"Authorization": f"Basic {secret}"},
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:
        site = Site(running, json.load(answer)["access_token"])
    try:
        yield site
    finally:
        running.stop()


def heads(site: Site) -> dict[str, str]:
    post = f"POST {{}} HTTP/1.1\nHost: 127.0.0.1:{site.running.port}\nContent-Length: 5000\n"
    return {
        "a body with a token": post.format("/fhir/Patient") + f"Authorization: Bearer {site.token}\n\n{{",
        "a body without": post.format("/fhir/Patient") + "\n{",
        "a form": post.format("/oauth/token") + "Content-Type: application/x-www-form-urlencoded\n\ng",
        "headers": "GET /fhir/Patient HTTP/1.1\nHost: x\nX-Slow: ",
    }


def test_slow_senders_keep_nobody_waiting(site: Site) -> None:
    assert site.ask("GET", "Patient")[0] == 200
    for kind, head in heads(site).items():
        with ExitStack() as stack:
            site.drip(stack, head, 60)
            time.sleep(3)  # those that are too many have been told so
            asked = [site.ask("GET", "Patient?_count=1") for _ in range(20)]
            asked += [site.ask("POST", "Patient", PATIENT) for _ in range(20)]
            assert {status for status, _, _ in asked} <= {200, 201}, kind
            assert sorted(seconds for _, seconds, _ in asked)[-3] < 2.0, kind


def test_who_sends_too_many_slowly_is_told(site: Site) -> None:
    site.ask("GET", "Patient")
    with ExitStack() as stack:
        lines = site.drip(stack, heads(site)["a body with a token"], 12)
        refused = 0
        for line in lines[::-1]:
            line.settimeout(1.0)
            try:
                refused += b" 503 " in line.recv(100).split(b"\r\n")[0] + b" "
            except TimeoutError:
                continue
        assert refused == 4
    # A slow one that comes to its end is served like everybody else.
    with socket.create_connection(("127.0.0.1", site.running.port), timeout=20) as line:
        head = heads(site)["a body with a token"].replace("5000", str(len(PATIENT) + 3000))
        line.sendall(head.replace("\n", "\r\n").encode())
        time.sleep(1.5)
        line.sendall(PATIENT[1:] + b" " * 3000)
        assert line.recv(100).startswith(b"HTTP/1.1 201")


def test_sizes_that_nobody_means(site: Site) -> None:
    site.ask("POST", "Patient", PATIENT)
    before = site.memory()
    bomb = gzip.compress(b" " * (200 << 20))
    for status, took, _ in (
        site.ask("POST", "Patient", bomb, Content_Encoding="gzip"),
        site.ask("POST", "$import", bomb, Content_Encoding="gzip", Content_Type="application/fhir+ndjson"),
        site.ask("POST", "Patient", b'{"resourceType":"Patient","contained":[' * 3000),
        site.ask("POST", "Patient", b"[" * 1_000_000),
        site.ask(
            "POST", "", b'{"resourceType":"Bundle","type":"batch","entry":[' + b"{}," * 999_999 + b"{}]}"
        ),
        site.ask("POST", "Patient", b'{"resourceType":"Patient","name":[' + b"{}," * 999_999 + b"{}]}"),
        site.ask("POST", "Observation", b'{"resourceType":"Observation","valueInteger":1e400000}'),
        site.ask("POST", "Patient", b'{"resourceType":"Patient","active":true,"active":false}'),
        site.ask("POST", "Patient", b'{"resourceType":"Patient","language":"\xff"}'),
        site.ask("GET", "Patient?name=" + "a" * 1_000_000),
        site.ask("GET", "Patient", **{f"X_{number}": "a" for number in range(5000)}),
        site.ask("GET", "Patient/" + "%00" * 1000),
    ):
        assert 400 <= status < 500 and took < 5.0, (status, took)
    with socket.create_connection(("127.0.0.1", site.running.port), timeout=20) as line:
        head = heads(site)["a body with a token"].replace("5000", str(1 << 40))
        line.sendall(head.replace("\n", "\r\n").encode())
        assert line.recv(100).startswith(b"HTTP/1.1 413")
    assert site.ask("GET", "Patient?_count=1")[0] == 200
    assert site.memory() - before < 200
