"""`make bench`: measure Rapport on this machine and write docs/performance.md.

    python -m bench [starts] [fhir] [pages] [coach] [--keep DIR] [--shared ../shared]

starts   first and later starts, idle memory
fhir     Synthea into the record; then the record over HTTP, by the peer-neutral load driver of `--shared`,
         with so many `--resources` stored; the floor below it, and where its time goes (`make bench-fhir`)
pages    server time of pages, with so many `--messages` stored
coach    server time of the hints beside an answer

Without a part, all of them. What was measured is kept in build/bench.json, so that a part can be done again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench import record, report
from bench.service import ROOT, Service, place

RESULTS = ROOT / "build" / "bench.json"
PARTS = ("starts", "fhir", "pages", "coach")


def main() -> int:
    """Measure the parts asked for; write the report."""
    parser = argparse.ArgumentParser(prog="bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"some of: {', '.join(PARTS)}")
    parser.add_argument("--messages", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--resources", type=int, nargs="+", default=[16_000, 1_000_000])
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--keep", type=Path, help="keep the databases here, for the next time")
    parser.add_argument("--seconds", type=int, default=15, help="of each workload of the load driver")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    found: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for part in options.parts or PARTS:
        print(f"== {part}", file=sys.stderr)
        load = os.getloadavg()[0]  # of the last minute: what others do, not what the part before did
        found[part] = {"starts": starts, "fhir": record.measure, "pages": pages, "coach": coach}[part](
            options
        )
        found[part] |= {"on": time.strftime("%Y-%m-%d"), "load": load}
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(found, indent=1))
    (ROOT / "docs" / "performance.md").write_text(report.text(found))
    print(report.text(found))
    return 0


def starts(_options: argparse.Namespace) -> dict[str, Any]:
    """Seconds of a first start of the demo and of later ones; idle memory."""
    with place() as data:
        service = Service(data, "demo")
        first = service.start()
        time.sleep(5)
        memory = service.memory()
        service.stop()
        later = []
        for _ in range(3):
            later.append(service.start())
            service.stop()
    return {"first": first, "later": min(later), "memory": memory}


def pages(options: argparse.Namespace) -> dict[str, Any]:
    """Pages, each size in a process and a database of its own."""
    found: dict[str, Any] = {}
    for messages in options.messages:
        with place(options.keep and options.keep.resolve() / str(messages)) as data:
            words = [sys.executable, "-m", "bench.pages", str(messages), str(data)]
            done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
            found[str(messages)] = json.loads(done.stdout)
    return found


def coach(_options: argparse.Namespace) -> dict[str, Any]:
    """The hints beside an answer, in a process and a database of its own."""
    with place() as data:
        words = [sys.executable, "-m", "bench.coach", str(data)]
        done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return {"sizes": json.loads(done.stdout)}


if __name__ == "__main__":
    sys.exit(main())
