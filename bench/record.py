"""The record over HTTP: import, the peer's workloads at several sizes, the floor and the profile."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from bench.service import ROOT, Service, place, rapport

#: What is larger takes long to make.
LARGE = 50_000


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Import into a fresh place, then each size in a place of its own (kept, if `--keep` says so)."""
    peers = options.shared / "bench" / "peers.md"
    found: dict[str, Any] = {"peers": peers.read_text() if peers.exists() else "", "sizes": {}}
    found |= {"rounds": options.repeat, "round": options.seconds}
    with place() as data:
        load = os.getloadavg()[0]
        found["import"] = imported(options.shared, data) | {"load": load}
    for size in options.resources:
        large = options.keep if size > LARGE else None  # a small one is made anew: it grows by being measured
        kept = large and large.resolve() / f"record-{size}" / "data"
        with place(kept) as data:
            if not data.exists():
                imported(options.shared, data)
            found["sizes"][str(size)] = of_size(options, data, size)
    return found


def imported(shared: Path, data: Path) -> dict[str, Any]:
    """`rapport import` of Synthea into an empty place: counts and seconds."""
    rapport("migrate", data=data)
    with Started(data):  # as it is for whoever imports into a site that runs
        began = time.perf_counter()
        done = rapport("import", str(shared / "data" / "synthea"), "--json", data=data)
        spent = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    counts = json.loads(done.stdout)
    return {name: counts[name] for name in ("stored", "unchanged", "refused", "seconds")} | {"wall": spent}


class Started:
    """The database of a place, running."""

    def __init__(self, data: Path) -> None:
        from rapport.serving.postgres import Embedded

        self.server = Embedded(data)

    def __enter__(self) -> str:
        return self.server.start().url

    def __exit__(self, *_: object) -> None:
        self.server.stop()


def of_size(options: argparse.Namespace, data: Path, size: int) -> dict[str, Any]:
    """The workloads with so many resources stored, then the floor and the profile."""
    words = [sys.executable, "-m", "bench.seed", str(size), str(data)]
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    added = rapport("client", "add", "Bench", "--scope", "system/*.cruds", "--json", data=data)
    if added.returncode:
        raise SystemExit(added.stderr)
    credentials = json.loads(added.stdout)
    warm(data)
    service = Service(data)
    service.start()
    try:
        credentials["token_url"] = f"{service.url}/oauth/token"
        driver = options.shared / "bench" / "fhir_load.py"
        with Memory(service) as memory:
            load = service.load(driver, credentials, options.seconds, options.repeat)
    finally:
        service.stop()
    words = [sys.executable, "-m", "bench.floor", str(data), str(driver), str(service.state)]
    floor = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return {
        "stored": json.loads(done.stdout),
        "median": load["median"],
        "preflight": load.get("preflight", {}),
        "memory": memory.most,
        "floor": json.loads(floor.stdout),
    }


def warm(data: Path) -> None:
    """Read the files of the database once: a site that has been running has them in the system's cache."""
    for file in (data / "postgres" / "data" / "base").rglob("*"):
        if file.is_file():
            with file.open("rb") as stream:
                while stream.read(1 << 22):
                    pass


class Memory:
    """Looks now and then how much memory all processes of a service take; `most` in megabytes."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._over = threading.Event()
        self._looking = threading.Thread(target=self._look)
        self.most = 0.0

    def __enter__(self) -> Memory:
        self._looking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._looking.join()

    def _look(self) -> None:
        while not self._over.wait(5):
            self.most = max(self.most, self._service.memory())
