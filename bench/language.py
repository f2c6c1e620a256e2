"""How fast the FHIR language is, in one process, on the Synthea resources: `python bench/language.py [DATA]`.

Prints a table of CPU microseconds per resource, by type: reading JSON, validation, index rows, splicing.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from rapport.fhir import index, text, validation  # noqa: E402 - the path comes first

ROUNDS = 3


def raws(path: Path) -> dict[str, list[bytes]]:
    """Resources as text, by type."""
    found: dict[str, list[bytes]] = defaultdict(list)
    with tarfile.open(path) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(".json") else None
            for entry in orjson.loads(file.read())["entry"] if file else ():
                found[entry["resource"]["resourceType"]].append(orjson.dumps(entry["resource"]))
    return found


def micros(act: Callable[[Any], object], items: list[Any]) -> float:
    """CPU microseconds an item, best of a few rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        for item in items:
            act(item)
        best = min(best, time.process_time() - start)
    return best / len(items) * 1e6


def main() -> None:
    """Measure and print."""
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data"
    start = "import time; t = time.perf_counter(); import rapport.fhir.validation, rapport.fhir.index;"
    told = "print(round((time.perf_counter() - t) * 1000))"
    loaded = subprocess.run(
        [sys.executable, "-c", start + told], cwd=ROOT, capture_output=True, text=True, check=True
    )
    print(f"import: {loaded.stdout.strip()} ms")
    at = datetime.now(UTC)
    print(f"{'type':24}{'n':>7}{'bytes':>7}{'read':>7}{'check':>7}{'rows':>7}{'splice':>7}  CPU µs each")
    groups = sorted(raws(data / "synthea" / "synthea-small.tar.gz").items(), key=lambda item: -len(item[1]))
    groups.append(("all", [raw for _, items in groups for raw in items]))
    for rtype, items in groups:
        bodies = [orjson.loads(raw) for raw in items]
        size = sum(map(len, items)) // len(items)
        times = (
            micros(text.loads, items),
            micros(validation.check, bodies),
            micros(index.rows, bodies),
            micros(lambda raw: text.splice(raw, "id", 1, at), items),
        )
        print(f"{rtype:24}{len(items):>7}{size:>7}" + "".join(f"{took:>7.0f}" for took in times))


if __name__ == "__main__":
    main()
