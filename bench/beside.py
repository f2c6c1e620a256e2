"""Two programs, or one at two sizes, side by side: what a machine that others use too can still tell.

    python -m bench.beside DRIVER ROOT:DATA ROOT:DATA [w1,w3,w4,w5,w6] [ROUNDS]

ROOT is a tree of Rapport, DATA a record as `make bench-fhir KEEP=` leaves it, with the driver's
`load-state.json` beside it. Each answers the load driver's requests in a process of its own, without a web
server, a few at a time and in turn, so that both have the same neighbours. Prints CPU ms a request of each,
its own and PostgreSQL's: the median of the rounds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

#: Requests of a round: some 50 ms of work.
MANY = {"w1": 100, "w2": 60, "w3": 60, "w4": 60, "w5": 8, "w6": 80}
Spent = tuple[float, float]  # CPU ms a request: of Python, of PostgreSQL


class Side:
    """One of those compared; `share`: which half of the tasks it changes, out of the other's way."""

    def __init__(self, driver: str, place: str, share: int) -> None:
        self.root, _, self.data = place.partition(":")
        words = [sys.executable, "-P", __file__, "serve", driver, self.data, str(share)]
        self.process = subprocess.Popen(
            words,
            cwd=self.root,
            env=os.environ | {"PYTHONPATH": self.root},  # its own program, and not the one that stands here
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, workload: str, count: int) -> Spent:
        """Let it answer so many requests."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{workload} {count}\n")
        self.process.stdin.flush()
        ours, theirs = json.loads(self.process.stdout.readline())
        return ours, theirs


def run_time(root: int) -> float:
    """CPU seconds of a process and those below it, exact to the nanosecond; those that ended do not count."""
    from bench.service import _tree

    spent = 0
    for pid in _tree(root):
        try:
            spent += int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
        except OSError:
            continue
    return spent / 1e9


def served(driver: Path, data: Path, share: int) -> None:
    """Answer what is asked for on standard input; rubbish is collected as in `rapport.serving.web`."""
    import gc
    import time

    from bench import floor
    from rapport.serving.postgres import Embedded

    with Embedded(data) as server:
        os.environ |= {"DATABASE_URL": server.url, "RAPPORT_DATA_DIR": str(data), "RAPPORT_FHIR_RATE": "0"}
        os.environ.setdefault("RAPPORT_SECRET_KEY", "x" * 50)
        os.environ["DJANGO_SETTINGS_MODULE"] = "rapport.config.settings"
        import django

        django.setup()
        state = json.loads((data.parent / "load-state.json").read_text())
        office = floor.Office(floor.driver_of(driver), state)
        tasks = office.tasks()[share::2]
        database = int((data / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
        gc.collect()
        gc.freeze()
        gc.set_threshold(2_000, 50, 20)
        for line in sys.stdin:
            workload, count = line.split()[0], int(line.split()[1])
            ours, theirs = time.process_time(), run_time(database)
            office.work(workload, count, tasks if workload in ("w4", "w6") else [])
            spent = time.process_time() - ours, run_time(database) - theirs
            print(json.dumps([each * 1e3 / count for each in spent]), flush=True)


def rounds(sides: Sequence[Side], workload: str, count: int) -> Iterator[list[Spent]]:
    """What each spent in each round, after a first one that does not count."""
    for number in range(count + 1):
        turn = range(len(sides)) if number % 2 else reversed(range(len(sides)))
        spent = {at: sides[at].ask(workload, MANY[workload]) for at in turn}
        if number:
            yield [spent[at] for at in range(len(sides))]


def main(driver: str, places: Sequence[str], workloads: Sequence[str], count: int) -> None:
    """Compare; print a line for each workload and side."""
    sides = [Side(driver, place, share) for share, place in enumerate(places)]
    for workload in workloads:
        found = list(rounds(sides, workload, count))
        for side, spent in zip(sides, zip(*found, strict=True), strict=True):
            ours, theirs, both = (
                median(some) for some in zip(*((a, b, a + b) for a, b in spent), strict=True)
            )
            print(f"{workload} {both:7.3f} = {ours:.3f} + {theirs:.3f}  {side.root} {side.data}", flush=True)
    for side in sides:
        side.process.communicate()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        served(Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
    else:
        given = sys.argv[2:]
        pair = [word for word in given if ":" in word]
        rest = [word for word in given if ":" not in word]
        main(sys.argv[1], pair, (rest or ["w1,w3,w4,w5,w6"])[0].split(","), int((rest[1:] or ["40"])[0]))
