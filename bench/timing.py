"""Does the time of an answer tell "not yours" from "does not exist"?

    python -m bench.timing DATA_DIR [--samples N]

A patient reads resources of others and ids that never were, in turns, through /fhir in this process, on the
records of `bench.gate`. The two-sample Kolmogorov-Smirnov test compares the times by the clock: p > 0.01 is
asked for with 200 samples of each. The same test between two halves of one kind says what chance does here.
`--patients`: of so many others. What PostgreSQL has not in memory it has to fetch, and that tells.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from bench import gate


def apart(one: Sequence[float], other: Sequence[float]) -> tuple[float, float]:
    """Kolmogorov-Smirnov: the widest distance of two distributions, and p by its limit for many samples."""
    where = sorted([*((value, 0) for value in one), *((value, 1) for value in other)])
    steps, widest, seen = (1 / len(one), -1 / len(other)), 0.0, 0.0
    for at, (value, which) in enumerate(where):
        seen += steps[which]
        if at + 1 == len(where) or where[at + 1][0] != value:
            widest = max(widest, abs(seen))
    much = len(one) * len(other) / (len(one) + len(other))
    z = (math.sqrt(much) + 0.12 + 0.11 / math.sqrt(much)) * widest
    p = 2 * sum((-1) ** (k - 1) * math.exp(-2 * k * k * z * z) for k in range(1, 101)) if z > 0.2 else 1.0
    return widest, min(1.0, max(0.0, p))


def ways(number: int) -> dict[str, tuple[str, str]]:
    """Of each way of asking: for what somebody else has, and for what nobody has."""
    there, never = f"o{number}-3", f"x{number}-3"
    other, nobody = f"p{number}", f"q{number}"
    return {
        "read": (f"Observation/{there}", f"Observation/{never}"),
        "history": (f"Observation/{there}/_history", f"Observation/{never}/_history"),
        "search by id": (f"Observation?_id={there}", f"Observation?_id={never}"),
        "search in a patient": (f"Observation?patient={other}", f"Observation?patient={nobody}"),
        "chain": (f"Observation?subject:Patient._id={other}", f"Observation?subject:Patient._id={nobody}"),
    }


def timed(side: gate.Side, samples: int, patients: int) -> dict[str, tuple[list[float], list[float]]]:
    """Milliseconds of each kind, by way; both kinds in turns, in a new order each time."""
    chance, found = random.Random(11), dict[str, tuple[list[float], list[float]]]()
    side.stand()
    for turn in range(-patients, samples):
        for way, pair in ways(turn % patients + 1).items():
            kinds = [0, 1]
            chance.shuffle(kinds)
            for kind in kinds:
                begun = time.perf_counter()
                side.ask("patient", pair[kind])
                spent = (time.perf_counter() - begun) * 1000
                if turn >= 0:  # the first time they are fetched
                    found.setdefault(way, ([], []))[kind].append(spent)
    return found


def main() -> None:
    """Ask, compare, tell."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("data", type=Path)
    words.add_argument("--samples", type=int, default=200)
    words.add_argument("--patients", type=int, default=40)
    options = words.parse_args()
    with gate.records(options.data) as sides:
        found = timed(sides["belt"], options.samples, options.patients)
    print("| asked | not yours, ms | not there, ms | distance | p | p of two halves of one kind |")
    print("|---|---|---|---|---|---|")
    for way, (yours, there) in found.items():
        distance, p = apart(yours, there)
        medians = f"{statistics.median(yours):.3f} | {statistics.median(there):.3f}"
        print(f"| {way} | {medians} | {distance:.3f} | {p:.3f} | {apart(there[::2], there[1::2])[1]:.3f} |")


if __name__ == "__main__":
    main()
