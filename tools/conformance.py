"""Write docs/conformance.md: what US Core 6.1 asks of a server, the test that shows it, its last result.

    make conformance                     runs the tests, then this
    python tools/conformance.py          from the results of the last runs (build/conformance.json)

The requirements lie beside the repository: in RAPPORT_SHARED or ../shared, below data/conformance. Their
first words are quoted so that a row can be found again. Exit codes: 0 written, 1 not, with the reason.
"""

from __future__ import annotations

import csv
import json
import os
import re
import sys
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("RAPPORT_SHARED") or ROOT.parent / "shared") / "data" / "conformance"
REQUIREMENTS = SHARED / "requirements" / "us-core.csv"
SEARCHES = ROOT / "tests" / "clients" / "us_core" / "searches.csv"
RESULTS = ROOT / "build" / "conformance.json"
REASONS = ROOT / "tools" / "conformance.toml"
PAGE = ROOT / "docs" / "conformance.md"
GUIDE = "hl7.fhir.us.core_6.1.0"
WORDS = 14


@dataclass(frozen=True)
class Row:
    """A requirement: its id, first words and address, which tests show it, and how it stands."""

    id: str
    words: str
    tests: str
    state: str

    def line(self) -> str:
        """As a row of a table."""
        return f"| {self.id} | {self.words} | {self.tests} | {self.state} |"


class Results:
    """What the tests showed: per requirement, their names and whether all of them passed."""

    def __init__(self, text: str) -> None:
        self.tests = json.loads(text)
        self.shown: dict[str, list[str]] = {}
        for name, test in self.tests.items():
            for one in test["shows"]:
                self.shown.setdefault(one, []).append(name)
        self.last = max(test["on"] for test in self.tests.values())

    def names(self, one: str) -> str:
        """The tests of a requirement, cases of one test together."""
        counts = Counter(name.partition("[")[0].removeprefix("tests/") for name in self.shown.get(one, ()))
        return "<br>".join(
            f"`{name}`" + (f" ×{count}" if count > 1 else "") for name, count in sorted(counts.items())
        )

    def state(self, one: str) -> str:
        """The last result: passed only if every test of it passed; "" where there is none."""
        found = {self.tests[name]["result"] for name in self.shown.get(one, ())}
        if not found:
            return ""
        return "**failed**" if "failed" in found else "not run" if "skipped" in found else "passed"


def reasons() -> dict[str, tuple[str, str]]:
    """Requirement → (outside or unmet, why)."""
    found = {}
    for kind, groups in tomllib.loads(REASONS.read_text()).items():
        for group in groups:
            for number in group["ids"]:
                found[f"us-core@{number}"] = (kind, group["why"])
    return found


def first_words(text: str) -> str:
    """The beginning of a requirement, without its marks."""
    plain = re.sub(r"\]\s*\([^)]*\)", "]", text)
    words = re.sub(r"[\[\]*|`#]|\s+", " ", plain).split()
    return " ".join(words[:WORDS]) + (" …" if len(words) > WORDS else "")


def requirements() -> tuple[list[dict[str, str]], Counter[str]]:
    """The server's SHALL and SHALL NOT of the guide, and how many others were left out, by why."""
    kept, left = [], Counter[str]()
    with REQUIREMENTS.open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            if row["Req Set"] != GUIDE:
                left["of US Core 7 and 8"] += 1
            elif "Server" not in row["Actors"]:
                left["of clients"] += 1
            elif not row["Conformance"].startswith("SHALL"):
                left["SHOULD, MAY or deprecated"] += 1
            else:
                kept.append(row)
    return kept, left


def judged(row: dict[str, str], results: Results, why: dict[str, tuple[str, str]]) -> Row:
    """A requirement as it stands."""
    one = f"us-core@{row['ID']}"
    state = results.state(one)
    if not state:
        kind, said = why.get(one, ("unmet", "No test shows it."))
        state = f"{'does not apply' if kind == 'outside' else '**not met**'}: {said}"
    elif one in why:
        raise SystemExit(f"{one} has a test and a reason in {REASONS.name}: take one of them away.")
    return Row(
        f"[{row['ID']}]({row['URL'].partition(',')[0]})",
        first_words(row["Requirement"]),
        results.names(one),
        state,
    )


def searched(results: Results) -> list[Row]:
    """The searches as they stand."""
    found = []
    with SEARCHES.open() as file:
        for row in csv.DictReader(file):
            one = f"{row['profile']}?{row['parameters'].replace(' ', '+')}"
            asked = f"{row['type']}?{'&'.join(f'{name}=' for name in row['parameters'].split())}"
            state = results.state(one) or "**not met**: No test shows it."
            found.append(Row(row["profile"], f"`{asked}`", results.names(one), state))
    return found


def counted(rows: list[Row]) -> str:
    """How many stand how."""
    counts = Counter(row.state.partition(":")[0].strip("*") for row in rows)
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())


def page(results: Results, rows: list[Row], searches: list[Row], left: Counter[str]) -> str:
    """The whole text."""
    out = "; ".join(f"{count:,} {why}" for why, count in left.most_common())
    head = f"""# Conformance: US Core 6.1

Made by `make conformance` from the requirement list of the official test kit and from what the tests
showed (last on {results.last}). Only the reasons in `tools/conformance.toml` are by hand. "Passed" means that
every test named beside it passed, over HTTP, against Rapport's own processes.

| | of | how they stand |
|---|---|---|
| searches that a server SHALL offer | {len(searches)} | {counted(searches)} |
| SHALL and SHALL NOT of a server | {len(rows)} | {counted(rows)} |

Left out of the list, {left.total():,} rows: {out}.

A requirement about what a profile's resources hold counts as met when such resources are kept and found
whole. Where the guide forbids a content, it is met only if Rapport refuses what claims the profile and breaks
it, with the guide installed ([how](how-to/hold-records-to-profiles.md)).
"""
    parts = [head, "## Requirements\n", "| id | begins | shown by | last result |", "|---|---|---|---|"]
    parts += [row.line() for row in rows]
    parts += [
        "\n## Searches\n",
        "Each by GET and by POST, with resources that miss by one parameter alone.\n",
    ]
    parts += ["| profile | search | shown by | last result |", "|---|---|---|---|"]
    return "\n".join([*parts, *(row.line() for row in searches)]) + "\n"


def main() -> None:
    """Write the page, or say why not."""
    if not REQUIREMENTS.exists():
        raise SystemExit(
            f"The requirements are not at {REQUIREMENTS}: set RAPPORT_SHARED to the folder that holds data/. "
            f"{PAGE.relative_to(ROOT)} is left as it was."
        )
    if not RESULTS.exists():
        raise SystemExit(f"There is no {RESULTS.relative_to(ROOT)}: run `make conformance`.")
    results = Results(RESULTS.read_text())
    kept, left = requirements()
    why = reasons()
    rows = [judged(row, results, why) for row in kept]
    searches = searched(results)
    PAGE.write_text(page(results, rows, searches, left))
    print(f"{PAGE.relative_to(ROOT)}: requirements {counted(rows)}; searches {counted(searches)}")
    if any("failed" in row.state for row in (*rows, *searches)):
        sys.exit(1)


if __name__ == "__main__":
    main()
