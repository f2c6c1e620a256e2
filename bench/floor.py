"""Where a request's time goes, and the floor: what PostgreSQL alone costs for its statements.

    python -m bench.floor DATA_DIR DRIVER STATE [REQUESTS]

The requests of the load driver are answered in this process, one after the other, without a web server. CPU
time is read at the edges of each part; what PostgreSQL uses is read from /proc. Prints JSON: for each
workload, µs a request by part, how many statements it takes, and the CPU of PostgreSQL and libpq for them.
"""

from __future__ import annotations

import importlib.util
import io
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bench.service import cpu_of

#: What is measured by itself: the function (module, name) and the part it belongs to.
PARTS = (
    ("rapport.store.wire", "_Line.ask", "libpq"),
    ("rapport.store.wire", "_Line.ask_all", "libpq"),
    ("rapport.store.wire", "_Line._made", "values to and from binary"),
    ("rapport.store.wire", "_Line._rows", "values to and from binary"),
    ("rapport.fhir_api.pool", "_admission", "token"),
    ("rapport.fhir_api.resources", "parsed", "reading JSON"),
    ("rapport.gate.bundles", "parsed", "reading JSON"),
    ("rapport.gate.packages", "errors", "validation"),
    ("rapport.store.writing", "ready", "index rows and splicing"),
    ("rapport.fhir.search", "parse", "search: reading the query"),
    ("rapport.store.searching", "_plan", "search: making the statement"),
    ("rapport.fhir_api.searches", "bundle", "search: joining the bundle"),
    ("rapport.store.writing", "store", "writing: making the statement"),
    ("rapport.gate.audit", "Witness.row", "audit row"),
    ("rapport.gate.audit", "Witness.of", "audit row"),
    ("rapport.gate.audit", "Witness.noting_found", "audit row"),
)
REST = "HTTP, door, the rest"


class Clock:
    """CPU time by part; a part within a part counts for the inner one alone."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self._inner = [0]

    def wrap(self, act: Callable[..., Any], part: str) -> Callable[..., Any]:
        """The same function, timed."""

        def timed(*args: Any, **named: Any) -> Any:
            self._inner.append(0)
            began = time.thread_time_ns()
            try:
                return act(*args, **named)
            finally:
                whole = time.thread_time_ns() - began
                self.spent[part] += whole - self._inner.pop()
                self.calls[part] += 1
                self._inner[-1] += whole

        return timed

    def install(self) -> None:
        """Time all of PARTS from now on."""
        for module, name, part in PARTS:
            owner: Any = importlib.import_module(module)
            *within, last = name.split(".")
            for word in within:
                owner = getattr(owner, word)
            setattr(owner, last, self.wrap(getattr(owner, last), part))


def environ_of(raw: bytes) -> dict[str, Any]:
    """A request of the driver as WSGI has it."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    path, _, query = target.partition("?")
    found: dict[str, Any] = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query}
    for line in lines:
        name, _, value = line.partition(": ")
        key = name.upper().replace("-", "_")
        found[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    return found | {"wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body)}


def driver_of(path: Path) -> Any:
    """The load driver as a module."""
    spec = importlib.util.spec_from_file_location("load_driver", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Office:
    """The application in this process, with a token that may do all."""

    def __init__(self, driver: Any, state: dict[str, Any]) -> None:
        from rapport.config.wsgi import application
        from rapport.people import tokens

        client, _ = tokens.add_client("Floor", "system/*.cruds", "bench")
        bearer = tokens.issue_to_client(client, "system/*.cruds")
        arguments = SimpleNamespace(prefer=None, seed=1, no_if_match=False)
        headers = {"Authorization": f"Bearer {bearer}", "Accept": "application/fhir+json"}
        self.application = application
        self.state = state
        self.maker = driver.Maker("http://127.0.0.1/fhir", headers, state, arguments)
        self.maker.rng = random.Random(1)

    def ask(self, raw: bytes) -> tuple[int, bytes]:
        """Answer one request; its status and body."""
        said: list[str] = []
        body = b"".join(self.application(environ_of(raw), lambda status, headers, *_: said.append(status)))
        return int(said[0][:3]), body

    def tasks(self) -> list[list[Any]]:
        """Tasks to update, with their present versions."""
        found = []
        for one in self.state["tasks"][-50:]:
            _, body = self.ask(self.maker.get(f"Task/{one['id']}"))
            task = json.loads(body)
            found.append([task, task.pop("meta")["versionId"]])
        return found

    def work(self, workload: str, count: int, tasks: list[list[Any]]) -> None:
        """So many requests of a workload; every one must be answered well."""
        for _ in range(count):
            asked = self.maker.next(workload, tasks)
            status, body = self.ask(asked.data)
            if status != asked.ok:
                raise SystemExit(f"{asked.kind}: {status} {body[:300]!r}")
            if asked.task is not None:
                asked.task[1] = json.loads(body)["meta"]["versionId"]


def measure(office: Office, clock: Clock, database: int, workload: str, count: int) -> dict[str, Any]:
    """One workload: µs a request, by part."""
    tasks = office.tasks() if workload == "w4" else []
    office.work(workload, max(count // 10, 20), tasks)
    clock.spent.clear()
    clock.calls.clear()
    ours, theirs = time.process_time(), cpu_of(database)
    office.work(workload, count, tasks)
    ours, theirs = time.process_time() - ours, cpu_of(database) - theirs
    parts = {part: spent / 1e3 / count for part, spent in clock.spent.items()}
    parts[REST] = ours * 1e6 / count - sum(parts.values())
    return {
        "parts": parts,
        "postgresql": theirs * 1e6 / count,
        "statements": clock.calls["libpq"] / count,
        "requests": count,
    }


def main(data: Path, driver: Path, state: Path, count: int) -> None:
    """Measure every workload; print JSON."""
    from rapport.serving.postgres import Embedded

    with Embedded(data) as server:
        os.environ |= {"DATABASE_URL": server.url, "RAPPORT_DATA_DIR": str(data), "RAPPORT_FHIR_RATE": "0"}
        os.environ.setdefault("RAPPORT_SECRET_KEY", "x" * 50)
        os.environ["DJANGO_SETTINGS_MODULE"] = "rapport.config.settings"
        import django

        django.setup()
        office = Office(driver_of(driver), json.loads(state.read_text()))
        clock = Clock()
        clock.install()
        database = int((data / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
        counts = {"w1": count, "w2": count, "w3": count, "w4": count, "w5": count // 10}
        found = {name: measure(office, clock, database, name, many) for name, many in counts.items()}
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int((sys.argv[4:] or ["3000"])[0]))
